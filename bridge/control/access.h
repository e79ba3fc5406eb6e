// Who may call the control API, and what they may do with it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/config.h"
#include "bridge/control/filter.h"

namespace bridge::control {

/// Who calls. Immutable.
struct Client {
  std::string name;                  ///< empty: nobody has to say who they are
  std::string requester = "grpc";    ///< of its operations: "grpc:{name}"
  std::vector<std::string> methods;  ///< patterns of "Service/Method"
  Filter devices;                    ///< the only ones it may see and touch

  bool may(std::string_view method) const;
};
using ClientPtr = std::shared_ptr<const Client>;

/// What a call shows of who makes it.
struct Shown {
  std::string authorization;         ///< the header of that name; empty: none
  std::vector<std::string> subject;  ///< names in its certificate, which was verified
};

enum class Stranger {
  kNothingShown,  ///< neither a token nor a certificate
  kUnknown,       ///< one that nobody here has
};

/// The clients of the configuration. Immutable, so thread-safe.
class AccessRules {
 public:
  /// Reads the token files. The error names the one that cannot be used.
  static tl::expected<AccessRules, std::string> load(const GrpcConfig& config);

  tl::expected<ClientPtr, Stranger> recognise(const Shown& shown) const;

  /// May a client of older rules do that by these? By its name.
  bool still_lets(const Client& client, std::string_view method) const;

  /// Are clients told apart?
  bool asks() const { return !rules_.empty(); }

 private:
  struct Rule {
    std::vector<std::string> token_hashes;  ///< SHA-256, 32 bytes each
    std::string certificate;                ///< empty: none is good for it
    ClientPtr client;
  };

  std::vector<Rule> rules_;
  ClientPtr anybody_;  ///< where there are no rules
};

/// The methods of a built-in role, "viewer", "operator" or "admin"; empty: there is none.
std::vector<std::string> built_in_role(std::string_view name);

/// Does a call of it change nothing? By its name: Get..., List..., Watch...
bool only_reads(std::string_view method);

}  // namespace bridge::control
