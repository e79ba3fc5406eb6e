#include "tests/tools/cpe_sim/udp_port.h"

#include <utility>

namespace cpe_sim {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

/// What every home has.
const cwmp::StunAddress kPrivate = cwmp::StunAddress::v4({192, 168, 1, 1}, 7547);

}  // namespace

UdpPort::UdpPort(asio::any_io_executor strand, const std::string& address, bool nat)
    : strand_(std::move(strand)), address_(asio::ip::make_address(address)), nat_(nat) {
  open();
}

void UdpPort::open() {
  auto fresh = std::make_unique<udp::socket>(strand_, udp::endpoint(address_, 0));
  std::swap(socket_, fresh);  // the old one closes after, so the port is another
  sent_to_.clear();
}

void UdpPort::start(Receive receive) {
  receive_ = std::move(receive);
  read();
}

void UdpPort::read() {
  auto done = [self = shared_from_this(), socket = socket_.get()](boost::system::error_code error,
                                                                  std::size_t size) {
    if (socket != self->socket_.get() || error == asio::error::operation_aborted) return;
    const bool let_in = !self->nat_ || self->sent_to_.contains(self->from_);
    if (!error && let_in) self->receive_(std::string(self->buffer_.data(), size));
    // It may have been closed or replaced by what came.
    if (socket == self->socket_.get()) self->read();
  };
  socket_->async_receive_from(asio::buffer(buffer_), from_, std::move(done));
}

void UdpPort::send(const std::string& bytes, const Endpoint& to) {
  sent_to_.insert(to);
  boost::system::error_code ignored;
  socket_->send_to(asio::buffer(bytes), to, 0, ignored);
}

cwmp::StunAddress UdpPort::local() const {
  if (nat_) return kPrivate;
  const auto here = socket_->local_endpoint();
  if (here.address().is_v6()) {
    return cwmp::StunAddress::v6(here.address().to_v6().to_bytes(), here.port());
  }
  return cwmp::StunAddress::v4(here.address().to_v4().to_bytes(), here.port());
}

void UdpPort::rebind() {
  open();
  read();
}

void UdpPort::close() { socket_.reset(); }

}  // namespace cpe_sim
