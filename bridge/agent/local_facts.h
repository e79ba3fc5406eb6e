// Parameters of bridge-owned objects whose value is a fact of the moment.
#pragma once

#include <string>
#include <string_view>

#include "bridge/agent/agent_facts.h"

namespace bridge {

/// `supported_path`: "Device.LocalAgent.MTP.{i}."; for every parameter with LocalSource::kFact.
std::string fact_text(std::string_view supported_path, std::string_view name,
                      const AgentFacts& facts);

/// Of Device.LocalAgent.Controller.{i}.E2ESession.
std::string session_fact_text(std::string_view name, const SessionFacts& facts);

}  // namespace bridge
