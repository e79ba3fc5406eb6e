// usp-bridgectl credentials import | list | delete | rotate
#pragma once

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace bridge::ctl {

class CredentialCommands {
 public:
  /// Adds its commands to `app`, which outlives it.
  explicit CredentialCommands(CLI::App& app);

  /// One of them was given.
  bool chosen() const { return commands_->parsed(); }

  /// Does it; each call may take `timeout_s`. The exit status: 0 done, 1 the bridge said no, 2 the
  /// file is no good.
  int run(const std::shared_ptr<grpc::Channel>& channel, double timeout_s) const;

 private:
  CLI::App* commands_ = nullptr;
  CLI::App* import_ = nullptr;
  CLI::App* list_ = nullptr;
  CLI::App* delete_ = nullptr;
  CLI::App* rotate_ = nullptr;
  std::string argument_;
};

}  // namespace bridge::ctl
