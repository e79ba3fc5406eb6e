#include "cwmp/stun_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace cwmp {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Udp = asio::ip::udp;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
/// Datagrams taken in one go before others on the strand have their turn.
constexpr int kBurst = 64;
/// What a fleet sends at once after a power cut waits here, not in the void.
constexpr int kReceiveBufferBytes = 4 << 20;

union Control {
  char bytes[CMSG_SPACE(sizeof(in6_pktinfo))];
  cmsghdr align;
};

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

StunAddress from_native(const SocketAddress& address) {
  if (address.any.sa_family == AF_INET) {
    std::array<std::uint8_t, 4> ip{};
    std::memcpy(ip.data(), &address.v4.sin_addr, ip.size());
    return StunAddress::v4(ip, ntohs(address.v4.sin_port));
  }
  std::array<std::uint8_t, 16> ip{};
  std::memcpy(ip.data(), &address.v6.sin6_addr, ip.size());
  return StunAddress::v6(ip, ntohs(address.v6.sin6_port));
}

in6_addr to_v6(const StunAddress& address) {
  in6_addr out{};
  if (address.is_v6) {
    std::memcpy(&out, address.ip.data(), sizeof(out));
  } else {
    out.s6_addr[10] = 0xff;
    out.s6_addr[11] = 0xff;
    std::memcpy(out.s6_addr + 12, address.ip.data(), 4);
  }
  return out;
}

socklen_t to_native(const StunAddress& address, bool v6_socket, SocketAddress& out) {
  std::memset(&out, 0, sizeof(out));
  if (v6_socket) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(address.port);
    out.v6.sin6_addr = to_v6(address);
    return sizeof(out.v6);
  }
  out.v4.sin_family = AF_INET;
  out.v4.sin_port = htons(address.port);
  std::memcpy(&out.v4.sin_addr, address.ip.data(), 4);
  return sizeof(out.v4);
}

/// The address of this host that a datagram came to.
std::optional<StunAddress> local_address(msghdr& header, std::uint16_t port) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(each), sizeof(info));
      std::array<std::uint8_t, 4> ip{};
      std::memcpy(ip.data(), &info.ipi_spec_dst, ip.size());
      return StunAddress::v4(ip, port);
    }
    if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(each), sizeof(info));
      std::array<std::uint8_t, 16> ip{};
      std::memcpy(ip.data(), &info.ipi6_addr, ip.size());
      return StunAddress::v6(ip, port);
    }
  }
  return std::nullopt;
}

/// Lets a datagram leave from `local`: on a host with several addresses the kernel may choose
/// another one, which no NAT would let in.
void set_source(msghdr& header, Control& control, const StunAddress& local, bool v6_socket) {
  std::memset(&control, 0, sizeof(control));
  header.msg_control = control.bytes;
  cmsghdr* message = &control.align;
  if (v6_socket) {
    in6_pktinfo info{};
    info.ipi6_addr = to_v6(local);
    message->cmsg_level = IPPROTO_IPV6;
    message->cmsg_type = IPV6_PKTINFO;
    message->cmsg_len = CMSG_LEN(sizeof(info));
    std::memcpy(CMSG_DATA(message), &info, sizeof(info));
    header.msg_controllen = CMSG_SPACE(sizeof(info));
  } else {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.ip.data(), 4);
    message->cmsg_level = IPPROTO_IP;
    message->cmsg_type = IP_PKTINFO;
    message->cmsg_len = CMSG_LEN(sizeof(info));
    std::memcpy(CMSG_DATA(message), &info, sizeof(info));
    header.msg_controllen = CMSG_SPACE(sizeof(info));
  }
}

Udp::endpoint endpoint_of(const std::string& address, std::uint16_t port) {
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) throw std::invalid_argument("not an IP address: " + address);
  return {ip, port};
}

}  // namespace

// Socket, responder and counters belong to the strand.
class StunServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(const asio::any_io_executor& executor, StunServerOptions options, StunHandler& handler)
      : strand_(asio::make_strand(executor)),
        options_(std::move(options)),
        handler_(handler),
        socket_(strand_),
        responder_(options_.responder) {
    open(endpoint_of(options_.address, options_.port));
  }

  void start() {
    auto reading = read(shared_from_this());
    asio::co_spawn(strand_, std::move(reading), asio::detached);
  }
  void stop() {
    asio::dispatch(strand_, [self = shared_from_this()] {
      error_code ignored;
      self->socket_.close(ignored);
    });
  }
  std::uint16_t port() const { return port_; }
  const asio::any_io_executor& strand() const { return strand_; }

  error_code send(const StunAddress& to, std::string_view bytes,
                  const std::optional<StunAddress>& local);

 private:
  void open(const Udp::endpoint& endpoint);
  static asio::awaitable<void> read(std::shared_ptr<Impl> self);
  bool receive_one();
  void on_datagram(std::string_view bytes, const StunAddress& from,
                   const std::optional<StunAddress>& local);
  static asio::awaitable<void> look_up(std::shared_ptr<Impl> self, StunPending pending);
  void deliver(const StunAnswer& answer, const std::optional<StunAddress>& local);
  void count(std::string_view outcome) const {
    if (options_.on_request) options_.on_request(outcome);
  }

  asio::any_io_executor strand_;
  const StunServerOptions options_;
  StunHandler& handler_;
  Udp::socket socket_;
  StunResponder responder_;
  bool v6_ = false;
  std::uint16_t port_ = 0;
  std::size_t lookups_ = 0;
  // One byte more than a message may have, so that a longer one is known as such.
  std::array<char, kMaxStunBytes + 1> buffer_{};
};

void StunServer::Impl::open(const Udp::endpoint& endpoint) {
  v6_ = endpoint.address().is_v6();
  socket_.open(endpoint.protocol());
  if (v6_) socket_.set_option(asio::ip::v6_only(false));
  socket_.bind(endpoint);
  socket_.non_blocking(true);
  port_ = socket_.local_endpoint().port();
  error_code ignored;
  socket_.set_option(asio::socket_base::receive_buffer_size(kReceiveBufferBytes), ignored);
  const int on = 1;
  const int done =
      v6_ ? ::setsockopt(socket_.native_handle(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on))
          : ::setsockopt(socket_.native_handle(), IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
  if (done != 0)
    throw boost::system::system_error({errno, boost::system::system_category()}, "IP_PKTINFO");
}

asio::awaitable<void> StunServer::Impl::read(std::shared_ptr<Impl> self) {
  for (;;) {
    auto [error] = co_await self->socket_.async_wait(Udp::socket::wait_read, kNoThrow);
    if (error || !self->socket_.is_open()) co_return;
    for (int i = 0; i < kBurst && self->receive_one(); ++i) {
    }
  }
}

bool StunServer::Impl::receive_one() {
  SocketAddress from{};
  Control control{};
  iovec part{buffer_.data(), buffer_.size()};
  msghdr header{};
  header.msg_name = &from;
  header.msg_namelen = sizeof(from);
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof(control.bytes);
  const ssize_t size = ::recvmsg(socket_.native_handle(), &header, MSG_DONTWAIT);
  if (size < 0) {
    // An ICMP error of an earlier answer; the next datagram may wait behind it.
    return errno != EAGAIN && errno != EWOULDBLOCK && errno != EBADF;
  }
  const auto local = local_address(header, port_);
  on_datagram(std::string_view(buffer_.data(), static_cast<std::size_t>(size)), from_native(from),
              local);
  return true;
}

void StunServer::Impl::on_datagram(std::string_view bytes, const StunAddress& from,
                                   const std::optional<StunAddress>& local) {
  auto received = responder_.receive(bytes, from, local, std::chrono::steady_clock::now());
  if (const auto* why = std::get_if<StunIgnored>(&received)) return count(to_string(*why));
  if (const auto* answer = std::get_if<StunAnswer>(&received)) return deliver(*answer, local);
  if (lookups_ >= options_.max_lookups) return count("busy");
  ++lookups_;
  auto looking_up = look_up(shared_from_this(), std::get<StunPending>(std::move(received)));
  asio::co_spawn(strand_, std::move(looking_up), asio::detached);
}

asio::awaitable<void> StunServer::Impl::look_up(std::shared_ptr<Impl> self, StunPending pending) {
  auto asking = self->handler_.stun_password(pending.username());
  std::optional<std::string> password = co_await std::move(asking);
  --self->lookups_;
  if (!self->socket_.is_open()) co_return;
  const StunAnswer answer = self->responder_.finish(pending, password);
  self->deliver(answer, pending.local);
}

void StunServer::Impl::deliver(const StunAnswer& answer, const std::optional<StunAddress>& local) {
  const error_code error = send(answer.to, answer.bytes, local);
  if (error) {
    count("unsent");
  } else if (answer.error) {
    count(std::to_string(static_cast<int>(*answer.error)));
  } else {
    count("ok");
  }
  if (answer.binding) handler_.on_binding(*answer.binding);
}

error_code StunServer::Impl::send(const StunAddress& to, std::string_view bytes,
                                  const std::optional<StunAddress>& local) {
  if (!socket_.is_open()) return asio::error::bad_descriptor;
  if (to.is_v6 && !v6_) return asio::error::address_family_not_supported;
  SocketAddress target{};
  Control control{};
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_name = &target;
  header.msg_namelen = to_native(to, v6_, target);
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (local) set_source(header, control, *local, v6_);
  if (::sendmsg(socket_.native_handle(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return {};
  return {errno, boost::system::system_category()};
}

StunServer::StunServer(asio::any_io_executor executor, StunServerOptions options,
                       StunHandler& handler)
    : impl_(std::make_shared<Impl>(executor, std::move(options), handler)) {}

StunServer::~StunServer() { stop(); }

void StunServer::start() { impl_->start(); }
void StunServer::stop() { impl_->stop(); }
std::uint16_t StunServer::port() const { return impl_->port(); }

asio::awaitable<error_code> StunServer::send(StunAddress to, std::string datagram) {
  auto sending = [](std::shared_ptr<Impl> impl, StunAddress target,
                    std::string bytes) -> asio::awaitable<error_code> {
    co_return impl->send(target, bytes, std::nullopt);
  };
  auto work = sending(impl_, to, std::move(datagram));
  error_code error = co_await asio::co_spawn(impl_->strand(), std::move(work), asio::use_awaitable);
  co_return error;
}

}  // namespace cwmp
