// What a device must be told so that it can be woken over XMPP (TR-069 Annex K, TR-181
// ManagementServer. and XMPP.; TR-098 has the same below its root). Sans-IO, plain functions.
//
// The device is brought there step by step: next_xmpp_step() looks at the tree and says the one
// thing to do; when that is done and the tree knows of it, it is asked again, until it says
// XmppReady. So a session that breaks off in between leaves nothing to be undone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/result.h"
#include "bridge/task/set_values.h"
#include "bridge/tree.h"
#include "cwmp/message.h"
#include "cwmp/xmpp/jid.h"

namespace bridge {

/// Entries of ConnReqAllowedJabberIDs (TR-181).
inline constexpr std::size_t kMaxAllowedJabberIds = 32;

struct XmppProvisioning {
  std::string domain;  ///< of the devices' accounts
  /// Where devices connect to; empty: they look the domain up (DNS-SRV).
  std::string server;
  std::uint16_t port = 5222;
  /// The bridge's own account. Its bare JID is let in: the resource changes with each connection.
  cwmp::xmpp::Jid acs;
  std::string resource = "cwmp";  ///< what the devices are to propose
  bool use_tls = true;            ///< Annex K sends credentials in the clear inside the stream
  /// Seconds; -1: the device's own choice.
  std::int64_t keep_alive_s = -1;

  enum class Credentials {
    kShared,   ///< one password for all accounts
    kDerived,  ///< a password per account, from a key that the XMPP server may know, too
  };
  Credentials credentials = Credentials::kDerived;
  std::string secret;  ///< the shared password, or the key
};

/// kInvalid: what a configuration lacks or has too long for the devices' parameters (TR-181: domain
/// and resource 64, server, user name and password 256 characters).
Result<void> check(const XmppProvisioning& wanted);

/// The account of a device: OUI-ProductClass-SerialNumber, or OUI-SerialNumber, where each
/// character but letters, digits and '_' is "=XX" (hex) in each part, all in lower case. Accounts
/// compare without regard to case, so where there were capitals, "." and the first 8 hex digits of
/// the SHA-256 of the text before it was lowered follow: no two devices share an account.
/// Example: "00d09e-gateway-s1.f78719db".
std::string xmpp_username(const cwmp::DeviceId& device);

/// 52 lower case letters and digits: base 32 of HMAC-SHA-256(secret, "username@domain"); with
/// kShared the secret itself. Whoever keeps the accounts of the XMPP server can compute the same.
std::string xmpp_password(const XmppProvisioning& wanted, std::string_view username);

/// What the caller knows and the tree does not.
struct XmppFacts {
  cwmp::DeviceId device;
  /// The password was written by this function's advice and the device was not reset since. It
  /// cannot be read back, so it is set again while this is false.
  bool password_written = false;
};

/// The device cannot be woken over XMPP, or not by us.
struct XmppUnsupported {
  std::string why;  ///< safe to log
};
/// List the names below `object` (ends in '.'), and read the values. When it comes again, the
/// device does not let itself be read: give up for now.
struct XmppRead {
  std::string object;
};
/// A row is missing.
struct XmppAdd {
  std::string table;  ///< ends in '.'
};
/// To be set with one SetParameterValues.
struct XmppSet {
  std::vector<task::Assignment> assignments;
  bool has_password = false;  ///< once it is done, XmppFacts::password_written is true
};
/// All is as it should be.
struct XmppReady {
  /// Where the device is to be asked; nullopt: it is not (or no longer) logged in.
  std::optional<cwmp::xmpp::Jid> jid;
  std::string status;  ///< XMPP.Connection.{i}.Status, for the log: "Error_AuthenticationFailure"
};
using XmppStep = std::variant<XmppUnsupported, XmppRead, XmppAdd, XmppSet, XmppReady>;

/// A connection of the device to another domain is left as it is, and one to ours is added beside
/// it; ConnReqXMPPConnection then points to ours. A row of ours that is left over from a session
/// that broke off is used again. Other entries of ConnReqAllowedJabberIDs stay; an empty list,
/// which lets everybody in, becomes one of us alone.
XmppStep next_xmpp_step(const Tree& tree, const XmppProvisioning& wanted, const XmppFacts& facts);

/// The device's own address, from ConnReqJabberID, else from the JabberID of the connection that is
/// referred to. It is the device's word: nullopt unless it is a full JID of `domain`, so that no
/// device can make the bridge send its credentials to strangers.
std::optional<cwmp::xmpp::Jid> device_jid(const Tree& tree, std::string_view domain);

/// Parameters whose change the bridge wants to hear of at once (active notification). TR-181 has
/// that for ConnReqJabberID anyway; not all devices do.
std::vector<std::string> xmpp_notified_names(std::string_view root);

}  // namespace bridge
