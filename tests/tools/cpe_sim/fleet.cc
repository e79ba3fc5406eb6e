#include "tests/tools/cpe_sim/fleet.h"

#include <atomic>
#include <boost/asio/strand.hpp>

namespace cpe_sim {

namespace asio = boost::asio;

namespace {

/// Counts the answers of many devices; the first error wins.
struct Tally {
  explicit Tally(std::size_t devices) : left(devices), all(devices) {}
  std::mutex mutex;
  std::size_t left;
  const std::size_t all;
  std::string error;

  /// The line for the operator once the last one has answered.
  std::optional<std::string> add(const std::string& answer) {
    const std::lock_guard lock(mutex);
    if (error.empty() && answer.starts_with("error")) error = answer;
    if (--left > 0) return std::nullopt;
    return error.empty() ? "ok " + std::to_string(all) : error;
  }
};

}  // namespace

Fleet::Fleet(asio::io_context& io, const Settings& settings, Journal& journal)
    : start_rate_(settings.start_rate) {
  const auto model = load_model(settings);
  const ClientOptions client = client_options(settings);
  if (!settings.no_connection_request && !settings.nat) {
    listener_ =
        std::make_unique<Listener>(io.get_executor(), settings.listen, settings.listen_port);
  }
  const std::string host = settings.public_host.empty() ? settings.listen : settings.public_host;
  devices_.reserve(settings.devices);
  for (std::size_t i = 0; i < settings.devices; ++i) {
    auto cpe = make_cpe(settings, model, i, settings.devices);
    const std::string path = "/" + random_token();
    std::string url;
    if (listener_) {
      Url place;
      place.host = host;
      place.port = std::to_string(listener_->port());
      url = "http://" + place.authority() + path;
    }
    cpe->set_own("ManagementServer.ConnectionRequestURL", url);
    UdpOptions udp{settings.listen, settings.nat, settings.time_scale, i + 1};
    auto device =
        std::make_shared<Device>(asio::make_strand(io), std::move(cpe), client, udp, journal);
    if (listener_) listener_->add(path, device);
    by_serial_[device->serial_number()] = device;
    devices_.push_back(std::move(device));
  }
}

void Fleet::start() {
  if (listener_) listener_->start();
  double at = 0;
  for (const auto& device : devices_) {
    device->start(milliseconds(static_cast<std::int64_t>(at)));
    at += 1000 / start_rate_;
  }
}

bool Fleet::command(const std::string& line, std::function<void(std::string)> answer) {
  std::string_view rest = line;
  const auto take_word = [&rest] {
    const auto end = std::min(rest.find(' '), rest.size());
    std::string word(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
  };
  const std::string verb = take_word();
  if (verb == "quit") {
    answer("ok");
    return false;
  }
  if (verb == "list") {
    std::string names = "ok";
    for (const auto& device : devices_) names += " " + device->serial_number();
    answer(std::move(names));
    return true;
  }
  const std::string serial = take_word();
  if (serial == "*") {
    command_all(verb, std::string(rest), std::move(answer));
    return true;
  }
  const auto device = by_serial_.find(serial);
  if (device == by_serial_.end()) {
    answer("error no such device: " + serial);
    return true;
  }
  device->second->command(verb, std::string(rest), std::move(answer));
  return true;
}

void Fleet::command_all(const std::string& verb, const std::string& rest,
                        std::function<void(std::string)> answer) {
  auto tally = std::make_shared<Tally>(devices_.size());
  for (const auto& device : devices_) {
    device->command(verb, rest, [tally, answer](const std::string& each) {
      if (auto all = tally->add(each)) answer(*std::move(all));
    });
  }
}

}  // namespace cpe_sim
