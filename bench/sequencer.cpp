// What the hop to a namespace's home shard costs: shards in this process publish to one namespace
// through their brokers and mailboxes, with no network around them. Prints JSON.
//
// Usage: eventsd_sequencer [--shards N] [--publishes N] [--in-flight N] [--home-only 1]
//        [--deliver 1]. Every shard but the home publishes, each with --in-flight under way;
//        --home-only: only the home shard does, which is the same work without the hop.
//        --deliver 1: every shard has a subscription.
#include <time.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "cluster/local_broker.hpp"

namespace {

using namespace eventsd;

struct Options {
  std::size_t shards = 2;
  std::size_t publishes = 1'000'000;  // of each publishing shard
  std::size_t in_flight = 256;
  bool home_only = false;
  bool deliver = false;
};

double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Shard {
 public:
  boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  cluster::Mailbox mailbox{io};
  std::unique_ptr<cluster::ShardBroker> broker;
  std::size_t delivered = 0;
  double cpu = 0;

  // Publishes on its thread, and calls `done` when all are answered.
  void publish(const Options& options, ChannelNamespacePtr to, std::function<void()> done) {
    total_ = options.publishes;
    done_ = std::move(done);
    to_ = std::move(to);
    for (std::size_t i = 0; i < options.in_flight; ++i) tasks_.spawn(run(*this));
  }

 private:
  static Task<void> run(Shard& self) {
    while (self.started_ < self.total_) {
      ++self.started_;
      auto batch = make_event_batch();
      batch->channel_namespace = self.to_;
      batch->channel = "/bench/one";
      batch->events.push_back({std::string(36, 'x'), {}, PooledText(110, 'x')});
      batch->bytes = 300;
      Completion<Result<Position>> accepted;
      self.broker->publish(std::move(batch), accepted);
      // A publish that is answered at once must not turn this into a loop without others.
      const bool at_once = accepted.await_ready();
      const Result<Position> position = co_await accepted;
      if (!position) throw std::runtime_error("refused");
      if (at_once) {
        Completion<Done> turn;
        boost::asio::post(self.io, [&turn] { turn.complete({}); });
        co_await turn;
      }
      if (++self.answered_ == self.total_) self.done_();
    }
  }

  std::size_t total_ = 0, started_ = 0, answered_ = 0;
  ChannelNamespacePtr to_;
  std::function<void()> done_;
  TaskGroup tasks_{[](std::exception_ptr failure) { std::rethrow_exception(failure); }};
};

void run(const Options& options) {
  auto to = std::make_shared<ChannelNamespace>();
  to->key = 1;
  to->name = "bench";
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<cluster::Mailbox*> mailboxes;
  cluster::QueueCaps caps;
  for (std::size_t i = 0; i < options.shards; ++i) {
    mailboxes.push_back(&shards.emplace_back(std::make_unique<Shard>())->mailbox);
  }
  std::vector<Completion<Done>> joins(options.shards);
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    Shard& shard = *shards[i];
    shard.broker = cluster::make_local_broker(
        i, mailboxes, nullptr, caps, [&shard](const SequencedBatch&) { ++shard.delivered; });
    shard.mailbox.set_reader([&shard](std::vector<cluster::Message>& messages) {
      for (cluster::Message& message : messages) shard.broker->handle(message);
    });
    if (options.deliver) shard.broker->join(*to, joins[i]);
  }
  for (int round = 0; round < 3; ++round) {
    for (auto& shard : shards) {
      shard->io.restart();
      shard->io.poll();
    }
  }

  const std::uint32_t home = cluster::home_shard(to->key, options.shards);
  std::size_t publishers = 0;
  std::atomic<std::size_t> finished{0};
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    if ((i == home) == options.home_only) ++publishers;
  }
  const auto stop_all = [&] {
    if (++finished < publishers) return;
    for (auto& shard : shards) shard->mailbox.push(cluster::Call([&shard] { shard->io.stop(); }));
  };
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    threads.emplace_back([&, i] {
      Shard& shard = *shards[i];
      const auto work = boost::asio::make_work_guard(shard.io);
      shard.io.restart();
      if ((i == home) == options.home_only) {
        boost::asio::post(shard.io, [&] { shard.publish(options, to, stop_all); });
      }
      shard.mailbox.set_reader([&shard](std::vector<cluster::Message>& messages) {
        for (cluster::Message& message : messages) {
          if (auto* call = std::get_if<cluster::Call>(&message)) {
            (*call)();
          } else {
            shard.broker->handle(message);
          }
        }
      });
      shard.io.run();
      shard.cpu = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto total = static_cast<double>(publishers * options.publishes);
  double cpu = 0;
  for (const auto& shard : shards) cpu += shard->cpu;
  printf(
      "{\"shards\":%zu,\"publishers\":%zu,\"in_flight\":%zu,\"publishes_per_second\":%.0f,"
      "\"cpu_us_per_publish\":%.3f,\"home_cpu_us_per_publish\":%.3f}\n",
      options.shards, publishers, options.in_flight, total / wall, cpu / total * 1e6,
      shards[home]->cpu / total * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::size_t> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = std::strtoull(argv[i + 1], nullptr, 10);
  Options options;
  const auto take = [&given](const char* name, std::size_t fallback) {
    const auto found = given.find(name);
    return found == given.end() ? fallback : found->second;
  };
  options.shards = take("--shards", options.shards);
  options.publishes = take("--publishes", options.publishes);
  options.in_flight = take("--in-flight", options.in_flight);
  options.home_only = take("--home-only", 0) != 0;
  options.deliver = take("--deliver", 0) != 0;
  if (options.shards < 1 || options.publishes < 1 || options.in_flight < 1 ||
      (options.shards == 1 && !options.home_only)) {
    fputs("eventsd_sequencer: two shards at least, or one with --home-only 1\n", stderr);
    return 2;
  }
  run(options);
  return 0;
}
