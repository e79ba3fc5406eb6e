// One simulated CPE with its IO: sessions, transfers, timers.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cwmp/auth.h"
#include "cwmp/udp_connection_request.h"
#include "tests/tools/cpe_sim/cpe.h"
#include "tests/tools/cpe_sim/http_client.h"
#include "tests/tools/cpe_sim/journal.h"
#include "tests/tools/cpe_sim/stun_client.h"
#include "tests/tools/cpe_sim/udp_port.h"
#include "tests/tools/cpe_sim/xmpp_link.h"

namespace cpe_sim {

/// How a device's STUN client reaches the world.
struct UdpOptions {
  std::string address = "127.0.0.1";  ///< to bind
  bool nat = false;
  double time_scale = 1;
  std::uint64_t seed = 1;
};

/// Owned by a shared_ptr; everything runs on its strand. Public members are thread-safe.
class Device : public std::enable_shared_from_this<Device> {
 public:
  /// `strand` is for this device alone. `journal` outlives it.
  Device(boost::asio::any_io_executor strand, std::unique_ptr<Cpe> cpe, ClientOptions client,
         UdpOptions udp, Journal& journal);

  /// Powers on after `delay`.
  void start(std::chrono::milliseconds delay);

  /// `done` gets the line (see command.h), on any thread.
  void command(std::string verb, std::string rest, std::function<void(std::string)> done);

  /// A connection request with what it is to show, a fresh nonce if that is Digest: 200 when the
  /// credentials are the device's, 401 when not, 0 when it is down.
  boost::asio::awaitable<unsigned> on_connection_request(cwmp::Credentials credentials);

  bool is_down() const { return down_; }
  /// Basic instead of Digest for connection requests.
  bool wants_basic() const { return wants_basic_; }
  const std::string& serial_number() const { return serial_number_; }

 private:
  boost::asio::awaitable<void> run(std::chrono::milliseconds delay);
  boost::asio::awaitable<void> run_one_session();
  boost::asio::awaitable<void> run_transfer(Transfer transfer);
  boost::asio::awaitable<unsigned> check_connection_request(cwmp::Credentials credentials);
  boost::asio::awaitable<void> wait();
  boost::asio::awaitable<void> run_udp();
  boost::asio::awaitable<UdpPort::Endpoint> look_up(std::string host, std::uint16_t port);
  StunSettings stun_settings() const;
  void open_udp();
  void on_datagram(const std::string& bytes);
  void poke();
  boost::asio::awaitable<void> run_xmpp();
  void note_boot();

  boost::asio::any_io_executor strand_;
  std::unique_ptr<Cpe> cpe_;
  const std::string serial_number_;
  ClientOptions client_;
  Journal& journal_;
  boost::asio::steady_timer timer_;
  const UdpOptions udp_options_;
  boost::asio::steady_timer udp_timer_;
  StunClient stun_;
  cwmp::UdpConnectionRequestCheck udp_check_;
  std::shared_ptr<UdpPort> udp_;    ///< while STUN is enabled
  std::unique_ptr<XmppLink> xmpp_;  ///< where the model has it
  std::atomic<bool> down_{true};
  std::atomic<bool> wants_basic_{false};
  bool was_down_ = true;
};

}  // namespace cpe_sim
