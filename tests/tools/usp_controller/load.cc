#include "tests/tools/usp_controller/load.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>
#include <sstream>

namespace usp_controller {
namespace {

using Clock = std::chrono::steady_clock;

// Keeps `outstanding` requests under way until `count` were answered. `send(index)` starts one.
class Window {
 public:
  Window(std::size_t outstanding, std::size_t count) : outstanding_(outstanding), count_(count) {}

  LoadResult run(const std::function<bool(std::size_t)>& send, Milliseconds limit) {
    begin_ = Clock::now();
    started_.resize(count_);
    std::unique_lock lock(mutex_);
    while (done_ < count_) {
      while (sent_ < count_ && sent_ - done_ < outstanding_) {
        const std::size_t index = sent_++;
        started_[index] = Clock::now();
        lock.unlock();
        const bool accepted = send(index);
        lock.lock();
        if (accepted) continue;
        ++done_;
        ++result_.missing;
      }
      const std::size_t seen = done_;
      const bool progress =
          seen == count_ || changed_.wait_for(lock, limit, [&] { return done_ != seen; });
      if (!progress) break;
    }
    result_.missing += sent_ - done_;
    result_.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_);
    std::sort(result_.times.begin(), result_.times.end());
    return result_;
  }

  void answered(std::size_t index, bool good) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    ++done_;
    ++result_.answered;
    if (!good) ++result_.failed;
    result_.times.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(now - started_[index]));
    changed_.notify_one();
  }

 private:
  const std::size_t outstanding_;
  const std::size_t count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t sent_ = 0;
  std::size_t done_ = 0;
  Clock::time_point begin_;
  std::vector<Clock::time_point> started_;
  LoadResult result_;
};

class EchoEnd : public usp::mtp::TransportHandler {
 public:
  explicit EchoEnd(usp::mtp::MqttOptions options, std::function<void(usp::mtp::InboundMessage)> got)
      : got_(std::move(got)), transport_(std::move(options)) {}
  ~EchoEnd() override { transport_.stop(Milliseconds(0)); }

  bool connect(Milliseconds limit) {
    transport_.start(*this);
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return connected_; });
  }
  bool send(const std::string& topic, std::string payload, const std::string& reply) {
    usp::mtp::OutboundMessage message;
    message.topic = topic;
    message.payload = std::move(payload);
    message.response_topic = reply;
    return !transport_.send(std::move(message));
  }

 private:
  void on_message(usp::mtp::InboundMessage message) override { got_(std::move(message)); }
  void on_overload(const usp::mtp::InboundMessage&) override {}
  void on_connected(const usp::mtp::ConnectionInfo&) override {
    const std::lock_guard lock(mutex_);
    connected_ = true;
    changed_.notify_all();
  }
  void on_disconnected(const usp::mtp::DisconnectInfo&) override {}

  std::function<void(usp::mtp::InboundMessage)> got_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool connected_ = false;
  usp::mtp::MqttTransport transport_;
};

}  // namespace

double LoadResult::per_second() const {
  return took.count() == 0
             ? 0
             : static_cast<double>(answered) * 1e6 / static_cast<double>(took.count());
}

std::chrono::microseconds LoadResult::percentile(double share) const {
  if (times.empty()) return {};
  const auto index = static_cast<std::size_t>(share * static_cast<double>(times.size()));
  return times[std::min(index, times.size() - 1)];
}

LoadResult run_gets(Controller& controller, const LoadOptions& options) {
  // Shared: late answers may come after the run gave up.
  const auto window = std::make_shared<Window>(options.outstanding, options.count);
  const usp_msg::Msg request = get(options.paths);
  const auto send = [&, window](std::size_t index) {
    const std::string& agent = options.agents[index % options.agents.size()];
    const auto sent = controller.send(agent, request, [window, index](const usp_msg::Msg& answer) {
      window->answered(index, failures_of(answer).empty());
    });
    return sent.has_value();
  };
  return window->run(send, options.limit);
}

LoadResult run_echo(const usp::mtp::MqttOptions& mqtt, const EchoOptions& options) {
  const auto window = std::make_shared<Window>(options.outstanding, options.count);
  usp::mtp::MqttOptions there = mqtt;
  there.client_id.clear();
  usp::mtp::MqttOptions here = there;
  there.subscriptions = {"usp-controller/echo"};
  here.subscriptions = {"usp-controller/echo/answer"};
  EchoEnd* answering = nullptr;
  EchoEnd echo(there, [&answering](usp::mtp::InboundMessage message) {
    answering->send(message.response_topic.value_or(""), std::move(message.payload),
                    "usp-controller/echo");
  });
  answering = &echo;
  EchoEnd requester(here, [window](const usp::mtp::InboundMessage& message) {
    std::size_t index = 0;
    std::memcpy(&index, message.payload.data(), sizeof index);
    window->answered(index, true);
  });
  if (!echo.connect(options.limit) || !requester.connect(options.limit)) {
    LoadResult failed;
    failed.missing = options.count;
    return failed;
  }
  const auto send = [&](std::size_t index) {
    std::string payload(std::max(options.payload_bytes, sizeof index), 'x');
    std::memcpy(payload.data(), &index, sizeof index);
    return requester.send("usp-controller/echo", std::move(payload), "usp-controller/echo/answer");
  };
  return window->run(send, options.limit);
}

std::string to_text(const LoadResult& result) {
  std::ostringstream out;
  out << result.answered << " answers in " << static_cast<double>(result.took.count()) / 1e6
      << " s: " << static_cast<std::uint64_t>(result.per_second()) << "/s, " << result.failed
      << " with errors, " << result.missing << " missing\n"
      << "latency ms: p50 " << static_cast<double>(result.percentile(0.5).count()) / 1000
      << "  p90 " << static_cast<double>(result.percentile(0.9).count()) / 1000 << "  p99 "
      << static_cast<double>(result.percentile(0.99).count()) / 1000 << "  max "
      << static_cast<double>(result.percentile(1).count()) / 1000 << "\n";
  return out.str();
}

std::string to_json(const LoadResult& result, const std::string& command) {
  std::ostringstream out;
  out << "{\"command\":\"" << command << "\",\"answered\":" << result.answered
      << ",\"failed\":" << result.failed << ",\"missing\":" << result.missing
      << ",\"seconds\":" << static_cast<double>(result.took.count()) / 1e6
      << ",\"per_second\":" << result.per_second()
      << ",\"p50_us\":" << result.percentile(0.5).count()
      << ",\"p90_us\":" << result.percentile(0.9).count()
      << ",\"p99_us\":" << result.percentile(0.99).count()
      << ",\"max_us\":" << result.percentile(1).count() << "}";
  return out.str();
}

}  // namespace usp_controller
