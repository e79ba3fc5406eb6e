#include "tests/tools/cpe_sim/settings.h"

#include <boost/asio/ssl/context.hpp>
#include <stdexcept>

#include "cwmp/value.h"
#include "tests/tools/cpe_sim/session.h"

namespace cpe_sim {
namespace {

std::pair<std::string, std::string> split(const std::string& text, char mark, const char* form) {
  const auto at = text.find(mark);
  if (at == std::string::npos || at == 0) {
    throw std::runtime_error("expected " + std::string(form) + ", got " + text);
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

/// "SERIAL:rest" applies to that device only.
std::optional<std::string_view> for_device(std::string_view text, std::string_view serial) {
  const auto colon = text.find(':');
  // A colon behind '=' belongs to the action.
  if (colon == std::string_view::npos || colon > text.find('=')) return text;
  if (text.substr(0, colon) != serial) return std::nullopt;
  return text.substr(colon + 1);
}

std::string with_serial(std::string text, const std::string& serial) {
  constexpr std::string_view kMark = "{serial}";
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), serial);
    at += serial.size();
  }
  return text;
}

CpeOptions cpe_options(const Settings& settings, const std::string& serial, std::size_t index) {
  CpeOptions options;
  const auto put = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) options.values[name] = with_serial(value, serial);
  };
  options.values["DeviceInfo.SerialNumber"] = serial;
  put("DeviceInfo.Manufacturer", settings.manufacturer);
  put("DeviceInfo.ManufacturerOUI", settings.oui);
  put("DeviceInfo.ProductClass", settings.product_class);
  put("ManagementServer.URL", settings.acs);
  put("ManagementServer.Username", settings.username);
  put("ManagementServer.Password", settings.password);
  for (const std::string& text : settings.values) {
    auto [name, value] = split(text, '=', "NAME=VALUE");
    options.values[name] = with_serial(value, serial);
  }
  options.time_scale = settings.time_scale;
  options.reboot_time = milliseconds(settings.reboot_ms);
  options.diagnostics_time = milliseconds(settings.diagnostics_ms);
  options.periodic_s = settings.periodic;
  options.cwmp_namespace = "urn:dslforum-org:cwmp-" + settings.cwmp;
  options.seed = index + 1;
  return options;
}

void misbehave(Cpe& cpe, const Settings& settings, const std::string& serial) {
  for (const std::string& text : settings.faults) {
    const auto mine = for_device(text, serial);
    if (!mine) continue;
    auto rule = parse_fault_rule(*mine);
    if (!rule) throw std::runtime_error(rule.error());
    cpe.faults.add(*std::move(rule));
  }
  for (const std::string& text : settings.quirks) {
    const auto mine = for_device(text, serial);
    if (!mine) continue;
    const auto done = set_quirk(cpe.quirks, *mine);
    if (!done) throw std::runtime_error(done.error());
  }
}

}  // namespace

std::string serial_of(const Settings& settings, std::size_t index, std::size_t devices) {
  if (devices == 1) return settings.serial;
  return settings.serial + "-" + std::to_string(index + 1);
}

std::shared_ptr<const Model> load_model(const Settings& settings) {
  Model::Rows rows;
  for (const std::string& text : settings.rows) {
    const auto [table, number] = split(text, '=', "TABLE=N");
    const auto count = cwmp::parse_unsigned(number, kMaxParameters);
    if (!count) throw std::runtime_error("not a number of rows: " + text);
    rows[table] = *count;
  }
  auto model = Model::load(settings.model, rows);
  if (!model) throw std::runtime_error(model.error());
  return *model;
}

ClientOptions client_options(const Settings& settings) {
  namespace ssl = boost::asio::ssl;
  ClientOptions options;
  auto tls = std::make_shared<ssl::context>(ssl::context::tls_client);
  tls->set_verify_mode(settings.insecure ? ssl::verify_none : ssl::verify_peer);
  if (settings.ca.empty()) {
    tls->set_default_verify_paths();
  } else {
    tls->load_verify_file(settings.ca);
  }
  if (!settings.certificate.empty()) {
    tls->use_certificate_chain_file(settings.certificate);
    tls->use_private_key_file(settings.key.empty() ? settings.certificate : settings.key,
                              ssl::context::pem);
  }
  options.tls = std::move(tls);
  return options;
}

std::unique_ptr<Cpe> make_cpe(const Settings& settings, const std::shared_ptr<const Model>& model,
                              std::size_t index, std::size_t devices) {
  const std::string serial = serial_of(settings, index, devices);
  auto cpe = std::make_unique<Cpe>(model, cpe_options(settings, serial, index));
  misbehave(*cpe, settings, serial);
  for (const std::string& text : settings.changes) {
    const auto [path, when] = split(text, '=', "PATH=every:SECONDS");
    const auto every = cwmp::parse_unsigned(
        when.starts_with("every:") ? std::string_view(when).substr(6) : std::string_view());
    if (!every || *every == 0 || !cpe->value(path, now())) {
      throw std::runtime_error("expected PATH=every:SECONDS of a parameter, got " + text);
    }
    cpe->change_regularly(path, seconds(*every), now());
  }
  return cpe;
}

}  // namespace cpe_sim
