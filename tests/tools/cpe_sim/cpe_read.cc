#include "tests/tools/cpe_sim/cpe_rpcs.h"

namespace cpe_sim {
namespace {

using cwmp::FaultCode;

/// True if `path` is `parent` plus one more name.
bool is_child(const std::string& path, const std::string& parent) {
  const auto dot = path.find('.', parent.size());
  return path.size() > parent.size() && (dot == std::string::npos || dot + 1 == path.size());
}

}  // namespace

/// Of a parameter, or of an object by its partial path; empty is the top of the tree.
bool Cpe::Rpcs::is_known(const std::string& name) const {
  const Param* param = cpe.tree_.find(name);
  return name.empty() || (param != nullptr && param->is_object() == is_object_path(name));
}

// TR-069 A.3.2.2
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::GetParameterValues& rpc) const {
  if (cpe.quirks.max_names > 0 && rpc.names.size() > cpe.quirks.max_names) {
    return fault(FaultCode::kResourcesExceeded, "too many names at once");
  }
  cwmp::GetParameterValuesResponse response;
  for (const std::string& name : rpc.names) {
    const bool partial = name.empty() || is_object_path(name);
    if (partial && cpe.quirks.no_partial_path) {
      return fault(FaultCode::kInternalError, "partial path");
    }
    if (!is_known(name)) {
      if (cpe.quirks.leave_unknown_out) continue;
      return fault(FaultCode::kInvalidParameterName, "Invalid parameter name");
    }
    cpe.tree_.visit(name, [&](const std::string& path, const Param& param) {
      if (!param.is_object()) {
        response.parameters.push_back(
            {path, cpe.present(param, now), std::string(to_string(param.type->kind))});
      }
      return partial;
    });
  }
  return response;
}

// TR-069 A.3.2.3
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::GetParameterNames& rpc) const {
  const bool partial = rpc.path.empty() || is_object_path(rpc.path);
  if (!is_known(rpc.path)) return fault(FaultCode::kInvalidParameterName, "Invalid parameter name");
  if (rpc.next_level && !partial) {
    return fault(FaultCode::kInvalidArguments, "NextLevel of a parameter");
  }
  if (!rpc.next_level && partial && cpe.quirks.no_full_walk) {
    return fault(FaultCode::kInvalidArguments, "only one level at a time");
  }
  cwmp::GetParameterNamesResponse response;
  cpe.tree_.visit(rpc.path, [&](const std::string& path, const Param& param) {
    if (!rpc.next_level || is_child(path, rpc.path)) {
      const bool lies = cpe.quirks.read_only_flags && !param.is_object();
      response.parameters.push_back({path, param.writable && !lies});
    }
    return partial;
  });
  return response;
}

// TR-069 A.3.2.5
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::GetParameterAttributes& rpc) const {
  cwmp::GetParameterAttributesResponse response;
  for (const std::string& name : rpc.names) {
    if (!is_known(name)) return fault(FaultCode::kInvalidParameterName, "Invalid parameter name");
    cpe.tree_.visit(name, [&](const std::string& path, const Param& param) {
      if (!param.is_object()) {
        cwmp::ParameterAttribute attribute;
        attribute.name = path;
        attribute.notification = param.notification;
        const auto list = cpe.access_lists_.find(path);
        if (list == cpe.access_lists_.end()) {
          attribute.access_list.emplace_back("Subscriber");
        } else {
          attribute.access_list = list->second;
        }
        response.parameters.push_back(std::move(attribute));
      }
      return name.empty() || is_object_path(name);
    });
  }
  return response;
}

}  // namespace cpe_sim
