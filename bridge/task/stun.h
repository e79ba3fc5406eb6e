// Tells a device to keep its NAT open to our STUN server (TR-069 Annex G), if it can.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/task/first_contact.h"
#include "bridge/tree.h"

namespace bridge::task {

/// Does the device have a STUN client, by the names it has listed? `root`: "Device." or
/// "InternetGatewayDevice.".
bool has_stun(const Tree& tree, std::string_view root);

/// Has the device all of it, as far as it shows? Passwords it does not.
bool is_provisioned(const Tree& tree, std::string_view root, const StunProvisioning& wanted);

/// Sets what of it the device has, all in one SetParameterValues, then asks for active notification
/// of the address and of NATDetected. Nothing is sent to a device whose tree has no STUNEnable;
/// one that only listens (UDPConnectionRequestAddress) gets the notification.
class ProvisionStun : public Sequence {
 public:
  ProvisionStun(const std::string& root, const StunProvisioning& provisioning);
};

}  // namespace bridge::task
