// What of Diagnose is read from files and the system. Blocks.
#pragma once

#include <vector>

#include "bridge/diagnosis.h"

namespace bridge {

struct Config;

/// Every PEM file that the configuration names, as it is on the disk now.
std::vector<CertificateFacts> read_certificates(const Config& config);

ClockFacts read_clock();

}  // namespace bridge
