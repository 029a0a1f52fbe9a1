#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "client.hpp"
#include "scenario.hpp"

namespace stress {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kBacklogEvent = 20'000;  // bytes
constexpr std::size_t kReaders = 12;
constexpr const char* kNamespace = "kept1";

class ReplayRun {
 public:
  ReplayRun(const StressOptions& options, Verdict& verdict)
      : options_(options),
        verdict_(verdict),
        random_(options.seed),
        publisher_(loop_, world_, options.target, 0),
        observer_(loop_, world_, options.target, 1) {
    for (const char* path : {"/a", "/a/b", "/c"}) {
      world_.channels.push_back({kNamespace, std::string("/") + kNamespace + path});
    }
  }

  void run() {
    if (start() && fill_backlog()) {
      read_back();
      finish();
    }
    check_violations(verdict_, world_);
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool wait(const char* what, auto done) {
    return verdict_.check(turn_until(loop_, options_.patience, done), what);
  }
  const SubscriptionRecord& observed() const { return world_.subscriptions.front(); }

  // The observer is subscribed, with a cursor from before the first event.
  bool start() {
    publisher_.connect();
    observer_.connect();
    if (!wait("nobody gets online", [&] { return publisher_.online() && observer_.online(); })) {
      return false;
    }
    observer_.subscribe(kNamespace, std::string("/") + kNamespace + "/*",
                        {.kind = Replay::Kind::last, .last = 0});
    if (!wait("the observer cannot subscribe", [&] { return observed().success != 0; })) {
      return false;
    }
    return verdict_.check(!observed().first_cursor.empty(),
                          "subscribe_success of a replay has no cursor");
  }

  bool fill_backlog() {
    std::size_t left =
        static_cast<std::size_t>(options_.backlog_mebibytes) * 1'048'576 / kBacklogEvent;
    const std::size_t all = left;
    // The observer must keep up: it is no slow reader.
    return wait("the backlog cannot be published", [&] {
      while (left > 0 && publisher_.outstanding_publishes() < 4 &&
             world_.events.size() - observed().received.size() < 8) {
        publisher_.publish(static_cast<std::uint32_t>(below(3)), 1, kBacklogEvent);
        --left;
      }
      return observed().received.size() == all;
    });
  }

  // Readers resume from everywhere while small events go on; half of them read in sips.
  void read_back() {
    for (std::size_t i = 0; i < kReaders; ++i) {
      readers_.push_back(std::make_unique<Client>(
          loop_, world_, options_.target, 2 + i, Temper{.receive_buffer = i % 2 == 0 ? 0 : 16384}));
      readers_.back()->connect();
    }
    if (!wait("the readers do not get online",
              [&] { return std::ranges::all_of(readers_, [](auto& c) { return c->online(); }); })) {
      return;
    }
    for (std::size_t i = 0; i < kReaders; ++i)
      readers_[i]->subscribe(kNamespace, pattern(i), replay(i));
    std::vector<SteadyClock::time_point> pause_end(kReaders);
    auto next_publish = SteadyClock::now();
    const bool caught_up = turn_until(loop_, options_.patience * 2, [&] {
      const auto now = SteadyClock::now();
      for (std::size_t i = 1; i < kReaders; i += 2) {
        if (now < pause_end[i]) continue;
        const bool sip = below(3) == 0;
        readers_[i]->set_reading(!sip);
        if (sip) pause_end[i] = now + std::chrono::milliseconds(5);
      }
      if (now >= next_publish && publisher_.outstanding_publishes() < 2) {
        publisher_.publish(static_cast<std::uint32_t>(below(3)), 1 + below(3), 100 + below(900));
        next_publish = now + std::chrono::milliseconds(5);
      }
      return all_live();
    });
    verdict_.check(caught_up, "a replay did not reach the live events in time");
  }

  std::string pattern(std::size_t reader) const {
    return reader % 3 == 0 ? world_.channels[0].path : std::string("/") + kNamespace + "/*";
  }

  Replay replay(std::size_t reader) {
    if (reader < 4) {
      return {.kind = Replay::Kind::after, .cursor = observed().first_cursor, .from_start = true};
    }
    if (reader < 6) {  // the newest event: nothing to replay but what arrives meanwhile
      return {.kind = Replay::Kind::after,
              .cursor = observed().last_cursor,
              .after = observed().received.back()};
    }
    return {.kind = Replay::Kind::last, .last = static_cast<std::uint32_t>(1 + below(1000))};
  }

  // Every reader got an event sent after all of them had subscribed: its replay is over.
  bool all_live() const {
    Tick subscribed = 0;
    for (const SubscriptionRecord& s : world_.subscriptions) {
      if (s.success == 0) return false;
      subscribed = std::max(subscribed, s.success);
    }
    return std::ranges::all_of(world_.subscriptions, [&](auto& s) {
      return s.end != SubscriptionRecord::End::open ||
             (!s.received.empty() && world_.event(s.received.back()).sent > subscribed);
    });
  }

  void finish() {
    for (auto& reader : readers_) {
      if (!reader->offline()) reader->set_reading(true);
    }
    wait("the publisher is not answered", [&] { return publisher_.outstanding_publishes() == 0; });
    const Label last = static_cast<Label>(world_.events.size());
    publisher_.publish(0, 1, 10);  // on the channel that every pattern matches
    wait("the last event does not arrive", [&] {
      return std::ranges::all_of(world_.subscriptions, [&](auto& s) {
        return s.end != SubscriptionRecord::End::open ||
               (!s.received.empty() && s.received.back() >= last);
      });
    });
    const Order order = read_history(options_.target, std::string("/") + kNamespace + "/*");
    check_order(verdict_, world_, kNamespace, order);
    check_subscriptions(verdict_, world_, kNamespace, order, options_.tail);
    verdict_.check(std::ranges::all_of(world_.subscriptions, &SubscriptionRecord::recovered),
                   "a replay said recovered: false though nothing was removed");
  }

  const StressOptions& options_;
  Verdict& verdict_;
  std::mt19937_64 random_;
  bench::Loop loop_;
  World world_;
  Client publisher_;
  Client observer_;
  std::vector<std::unique_ptr<Client>> readers_;
};

}  // namespace

void run_replay(const StressOptions& options, Verdict& verdict) {
  ReplayRun(options, verdict).run();
}

}  // namespace stress
