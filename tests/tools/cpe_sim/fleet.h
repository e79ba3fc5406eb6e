// The devices of the process and what an operator tells them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/tools/cpe_sim/device.h"
#include "tests/tools/cpe_sim/journal.h"
#include "tests/tools/cpe_sim/listener.h"
#include "tests/tools/cpe_sim/settings.h"

namespace cpe_sim {

class Fleet {
 public:
  /// Makes all devices, off, and listens for connection requests. Throws for settings that cannot
  /// be met. `io` and `journal` outlive the fleet.
  Fleet(boost::asio::io_context& io, const Settings& settings, Journal& journal);

  /// Powers the devices on, at the start rate.
  void start();

  /// One line in; `answer` gets one line (for `list` one line of several names), on any thread.
  /// False: it was `quit`.
  bool command(const std::string& line, std::function<void(std::string)> answer);

  std::size_t size() const { return devices_.size(); }
  /// 0: it does not listen.
  std::uint16_t port() const { return listener_ ? listener_->port() : std::uint16_t{0}; }

 private:
  void command_all(const std::string& verb, const std::string& rest,
                   std::function<void(std::string)> answer);

  double start_rate_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::shared_ptr<Device>> devices_;
  std::map<std::string, std::shared_ptr<Device>, std::less<>> by_serial_;
};

}  // namespace cpe_sim
