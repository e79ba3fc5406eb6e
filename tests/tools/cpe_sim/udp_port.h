// The UDP port on which a simulated CPE listens, as it is or behind a NAT.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "cwmp/stun.h"

namespace cpe_sim {

/// Owned by a shared_ptr; belongs to its device's strand.
///
/// Behind a NAT the socket is the NAT's outside: datagrams come through only from an address and
/// port that the device has sent to since the NAT has the mapping, and the device itself believes
/// to be at a private address.
class UdpPort : public std::enable_shared_from_this<UdpPort> {
 public:
  using Endpoint = boost::asio::ip::udp::endpoint;
  using Receive = std::function<void(const std::string& bytes)>;

  /// Throws boost::system::system_error.
  UdpPort(boost::asio::any_io_executor strand, const std::string& address, bool nat);

  void start(Receive receive);
  void send(const std::string& bytes, const Endpoint& to);
  /// The address that the device itself knows.
  cwmp::StunAddress local() const;
  /// The NAT forgets: another mapped port, and nobody is let in.
  void rebind();
  void close();

 private:
  void open();
  void read();

  boost::asio::any_io_executor strand_;
  const boost::asio::ip::address address_;
  const bool nat_;
  Receive receive_;
  std::unique_ptr<boost::asio::ip::udp::socket> socket_;
  std::set<Endpoint> sent_to_;
  Endpoint from_;
  std::array<char, 2048> buffer_{};
};

}  // namespace cpe_sim
