#include "bridge/wake_http.h"

#include <utility>

#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/runtime.h"
#include "cwmp/connection_request/http.h"

namespace bridge {

namespace asio = boost::asio;

bool HttpWake::usable(const Device& device) const {
  return !device.row().connection_request_url.empty();
}

std::string HttpWake::why_not(const Device& device) const {
  static_cast<void>(device);
  return "it has told no ConnectionRequestURL";
}

asio::awaitable<WakeAttempt> HttpWake::ask(std::shared_ptr<Device> device) {
  const DeviceRow& row = device->row();
  cwmp::HttpConnectionRequest request;
  request.url = row.connection_request_url;
  request.username = row.connection_request_username;
  request.password = row.connection_request_password;
  request.allowed = [this](const asio::ip::address& address) {
    return allowed_.get()->contains(address);
  };
  request.timeout = runtime_.config.cwmp.connection_request.timeout;
  request.allow_basic = device->learned().preset.basic_connection_request;
  auto asking = cwmp::request_connection(std::move(request));
  const cwmp::ConnectionRequestOutcome outcome = co_await std::move(asking);
  co_return to_attempt(outcome);
}

}  // namespace bridge
