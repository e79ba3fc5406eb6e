// A simulated CPE with its IO: sessions as an HTTP client, the connection request listener, timers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cwmp/message.h"
#include "tests/tools/cpe_sim/cpe.h"
#include "tests/tools/cpe_sim/http_session.h"

namespace cpe_sim {

struct DeviceOptions {
  AcsAddress acs;
  bool connection_request = true;    ///< listen for connection requests
  double time_scale = 1.0;           ///< waits are multiplied by it: back-off, reboot, diagnostics
  std::uint16_t listen_port = 0;     ///< 0: any free one
  unsigned periodic_interval_s = 0;  ///< kept whatever the ACS sets; 0: as the ACS sets it
  std::function<void(const std::string& json)> on_event;  ///< a line without line end; may be empty
};

/// Owned by a shared_ptr; everything runs on its strand.
class SimulatedDevice : public std::enable_shared_from_this<SimulatedDevice> {
 public:
  SimulatedDevice(boost::asio::any_io_executor executor, std::shared_ptr<const Model> model,
                  cwmp::DeviceId id, DeviceOptions options);

  /// Powers on: the first Inform says 0 BOOTSTRAP and 1 BOOT.
  void start();

  /// Runs on the strand; the result is one line for the operator.
  void command(std::string line, std::function<void(std::string)> done);

  const std::string& serial() const { return serial_; }

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> session();
  boost::asio::awaitable<bool> converse(HttpSession& http);
  boost::asio::awaitable<void> listen();
  boost::asio::awaitable<void> answer_connection_request(boost::asio::ip::tcp::socket socket);
  boost::asio::awaitable<void> act(Effects effects);
  boost::asio::awaitable<void> do_transfer(std::string url, std::string command_key, bool download,
                                           std::string file_type);
  std::string execute(const std::string& line);
  void wake();
  void open_listener();
  void emit(const std::string& event, const std::string& more = {});
  std::chrono::milliseconds scaled(double seconds) const;

  boost::asio::strand<boost::asio::any_io_executor> strand_;
  Cpe cpe_;
  const std::string serial_;
  DeviceOptions options_;
  boost::asio::steady_timer timer_;  ///< until the next session
  std::unique_ptr<boost::asio::ip::tcp::acceptor> acceptor_;
  std::string listen_path_;
  bool wanted_ = false;  ///< a session is to be opened now
  bool asleep_ = false;  ///< neither informs nor can be woken
  unsigned retries_ = 0;
};

/// Text as a JSON string.
std::string json_text(std::string_view text);

}  // namespace cpe_sim
