// The grpc and brakes parts of the configuration. Used by config.cc.
#pragma once

#include "bridge/config.h"
#include "bridge/config_reader.h"

namespace bridge {

/// Without `tls`, which config.cc reads as it does those of other servers.
void read_grpc(ConfigSection& s, GrpcConfig& grpc, const TextCheck& check_address);
void check_grpc(ConfigSection& s, const GrpcConfig& grpc);

void read_brakes(ConfigSection& s, BrakesConfig& brakes);

}  // namespace bridge
