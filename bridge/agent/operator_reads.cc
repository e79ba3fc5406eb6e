// Reads that only the control API offers: from the device on demand, and in the device's own names.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "bridge/agent/standard_model.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/runtime.h"
#include "bridge/task/first_contact.h"

namespace bridge {

namespace asio = boost::asio;
using control::Backend;
using std::chrono::milliseconds;

namespace {

/// What the device is asked for, to have these shown paths read: objects whose rows may have come
/// or gone, and the parameters that are known.
std::set<std::string> native_paths(Device& device, const std::vector<std::string>& shown) {
  std::set<std::string> out;
  DeviceModel& model = device.model();
  auto add_parameter = [&](std::string_view path) {
    for (std::string& name : model.sources(path)) out.insert(std::move(name));
  };
  for (const std::string& path : shown) {
    if (!path.ends_with('.')) {
      add_parameter(path);
      continue;
    }
    for (std::string& object : model.tables_below(path)) out.insert(std::move(object));
    for (const Node& node : model.shown().subtree(path)) {
      if (!node.is_object()) add_parameter(node.path());
    }
  }
  return out;
}

/// Without those that another one covers.
std::vector<std::string> outermost(const std::set<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {  // an object comes before what is below it
    const bool covered = !out.empty() && out.back().ends_with('.') && path.starts_with(out.back());
    if (!covered) out.push_back(path);
  }
  return out;
}

template <class Take>
void for_each_parameter(const Tree& tree, const std::vector<std::string>& paths, Take take) {
  for (const std::string& path : paths) {
    if (!path.ends_with('.')) {
      if (const Node* node = tree.find(path); node != nullptr) take(*node);
      continue;
    }
    for (const Node& node : tree.subtree(path)) {
      if (!node.is_object()) take(node);
    }
  }
}

}  // namespace

asio::awaitable<Result<Backend::Refreshed>> VirtualAgent::refresh(Backend::Refresh what,
                                                                  milliseconds timeout) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded) co_return tl::unexpected(loaded.error());
  if (!device_.onboarded()) co_return fail(ErrorKind::kBusy, "the device's agent is not up yet");
  std::set<std::string> wanted(what.paths.begin(), what.paths.end());
  if (!what.native) wanted = native_paths(device_, what.paths);
  const std::vector<std::string> paths = outermost(wanted);
  Backend::Refreshed out;
  if (paths.empty()) {
    out.error_code = static_cast<std::uint32_t>(usp::ErrorCode::kInvalidPath);
    out.error_text = "nothing of the device is there";
    co_return out;
  }
  if (timeout == milliseconds(0)) timeout = device_.runtime().config.device.operation_deadline;
  auto work = std::make_shared<Work>();
  work->task = std::make_shared<task::Refresh>(paths, task::Refresh::What::kNamesAndValues);
  work->deadline = std::chrono::steady_clock::now() + timeout;
  const std::int64_t began = now_ms();
  const WorkEnd end = co_await device_.run(work);
  const auto failed = failure_of(end, *work->task, FaultContext::kGet);
  if (failed) {
    out.error_code = static_cast<std::uint32_t>(failed->code);
    out.error_text = failed->text;
  }
  for_each_parameter(device_.tree(), paths, [&](const Node& node) {
    if (node.state() == NodeState::kKnown && node.updated_ms() >= began) ++out.values;
  });
  co_return out;
}

asio::awaitable<Result<std::vector<Backend::NativeValue>>> VirtualAgent::native_values(
    std::vector<std::string> paths) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded) co_return tl::unexpected(loaded.error());
  std::map<std::string, Backend::NativeValue> found;
  for_each_parameter(device_.tree(), paths, [&](const Node& node) {
    if (!node.has_value()) return;
    std::string path(node.path());
    // As everywhere: passwords are not for reading.
    const bool secret = StandardModel::get().is_secret(path.substr(path.rfind('.') + 1));
    const std::string_view value = secret ? std::string_view{} : node.value();
    found.try_emplace(path, Backend::NativeValue{path, std::string(value), node.updated_ms()});
  });
  std::vector<Backend::NativeValue> out;
  for (auto& [path, value] : found) out.push_back(std::move(value));
  co_return out;
}

}  // namespace bridge
