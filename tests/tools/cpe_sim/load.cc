#include "tests/tools/cpe_sim/load.h"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <thread>

#include "tests/tools/cpe_sim/session.h"

namespace cpe_sim {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
/// Sessions a device gets to become known: an ACS may spread first contact over several.
constexpr int kMostWarmUps = 20;
constexpr milliseconds kWarmUpPause{50};

/// Shared by all workers.
struct Plan {
  const LoadSettings& load;
  LinkOptions link;
  Journal& journal;
  Steady::time_point begun{};
  std::atomic<std::size_t> next{0};
};

/// One connection at a time, with its own share of the devices. Runs on its own strand.
struct Worker {
  std::vector<std::unique_ptr<Cpe>> cpes;
  LoadResult result;
  std::size_t turn = 0;
};

LinkOptions link_of(const Cpe& cpe, const Plan& plan) {
  LinkOptions options = plan.link;
  options.username = cpe.management("Username");
  options.password = cpe.management("Password");
  return options;
}

asio::awaitable<void> warm_up(asio::any_io_executor strand, Worker& worker, Plan& plan) {
  for (const auto& cpe : worker.cpes) {
    cpe->boot(now());
    bool known = false;
    for (int i = 0; i < kMostWarmUps && !known; ++i) {
      if (i > 0) {
        cpe->raise(kPeriodic);
        asio::steady_timer pause(strand, kWarmUpPause);
        co_await pause.async_wait(kNoThrow);
      }
      AcsLink link(strand, link_of(*cpe, plan));
      SessionResult session = co_await run_session(*cpe, link, plan.journal);
      ++worker.result.warm_up_sessions;
      worker.result.warm_up_rpcs += session.rpcs;
      known = session.complete && session.rpcs == 0;
    }
    if (!known) worker.result.warmed_up = false;
  }
}

bool over(const Plan& plan, std::size_t index) {
  if (plan.load.seconds <= 0) return index >= plan.load.sessions;
  return std::chrono::duration<double>(Steady::now() - plan.begun).count() >= plan.load.seconds;
}

asio::awaitable<void> measure(asio::any_io_executor strand, Worker& worker, Plan& plan) {
  asio::steady_timer timer(strand);
  for (;;) {
    const auto index = plan.next++;
    if (worker.cpes.empty() || over(plan, index)) co_return;
    auto began = Steady::now();
    if (plan.load.rate > 0) {
      // Counted from when it was due, so that a slow ACS does not hide its own delay.
      began = plan.begun +
              std::chrono::duration_cast<Steady::duration>(
                  std::chrono::duration<double>(static_cast<double>(index) / plan.load.rate));
      timer.expires_at(began);
      co_await timer.async_wait(kNoThrow);
    }
    Cpe& cpe = *worker.cpes[worker.turn++ % worker.cpes.size()];
    cpe.raise(kPeriodic);
    if (!plan.load.change.empty()) {
      cpe.change(cpe.root() + plan.load.change, "load-" + std::to_string(index));
    }
    AcsLink link(strand, link_of(cpe, plan));
    SessionResult session = co_await run_session(cpe, link, plan.journal);
    link.close();
    worker.result.rpcs += session.rpcs;
    if (!session.complete) {
      ++worker.result.failures[session.why];
      continue;
    }
    ++worker.result.complete;
    const std::chrono::duration<float, std::milli> took = Steady::now() - began;
    worker.result.latencies_ms.push_back(took.count());
  }
}

using Step = asio::awaitable<void> (*)(asio::any_io_executor, Worker&, Plan&);

double run_all(std::vector<Worker>& workers, Plan& plan, unsigned threads, Step step) {
  asio::io_context io;
  plan.begun = Steady::now();
  for (Worker& worker : workers) {
    auto strand = asio::make_strand(io);
    auto running = step(strand, worker, plan);
    asio::co_spawn(strand, std::move(running), asio::detached);
  }
  std::vector<std::thread> pool;
  for (unsigned i = 1; i < threads; ++i) pool.emplace_back([&io] { io.run(); });
  io.run();
  for (std::thread& thread : pool) thread.join();
  return std::chrono::duration<double>(Steady::now() - plan.begun).count();
}

}  // namespace

LoadResult run_load(const Settings& settings, const LoadSettings& load) {
  const auto model = load_model(settings);
  const auto url = parse_url(settings.acs);
  if (!url) throw std::runtime_error("not a URL: " + settings.acs);
  Journal silent(false);
  Plan plan{load, {}, silent};
  plan.link.url = *url;
  plan.link.client = client_options(settings);
  std::vector<Worker> workers(std::max<std::size_t>(load.connections, 1));
  for (std::size_t i = 0; i < load.population; ++i) {
    auto cpe = make_cpe(settings, model, i, std::max<std::size_t>(load.population, 2));
    if (!load.change.empty() && !cpe->value(cpe->root() + load.change, now())) {
      throw std::runtime_error("no parameter " + load.change + " to change");
    }
    workers[i % workers.size()].cpes.push_back(std::move(cpe));
  }
  LoadResult total;
  if (!load.no_warm_up) {
    total.warm_up_seconds = run_all(workers, plan, settings.threads, warm_up);
  } else {
    for (Worker& worker : workers) {
      for (const auto& cpe : worker.cpes) cpe->boot(now());
    }
  }
  if (load.on_start) load.on_start();
  total.seconds = run_all(workers, plan, settings.threads, measure);
  for (const Worker& worker : workers) {
    const LoadResult& part = worker.result;
    total.complete += part.complete;
    total.rpcs += part.rpcs;
    total.warm_up_sessions += part.warm_up_sessions;
    total.warm_up_rpcs += part.warm_up_rpcs;
    total.warmed_up = total.warmed_up && part.warmed_up;
    for (const auto& [why, count] : part.failures) total.failures[why] += count;
    total.latencies_ms.insert(total.latencies_ms.end(), part.latencies_ms.begin(),
                              part.latencies_ms.end());
  }
  return total;
}

}  // namespace cpe_sim
