#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "client.hpp"
#include "scenario.hpp"

namespace stress {
namespace {

using SteadyClock = std::chrono::steady_clock;

const std::vector<std::string> kNamespaces = {"live1", "live2", "kept1", "kept2", "flood"};
constexpr std::size_t kFlood = 4;
constexpr std::size_t kClients = 48, kSlowClients = 8, kFlooders = 2, kHttpPublishers = 6;
// Publishes a client may have under way: enough to overlap, few enough that a client which reads
// cannot overflow its queue.
constexpr std::size_t kUnderWay = 2;
constexpr std::size_t kSubscriptions = 6;

struct Pause {
  bool stopped = false;
  SteadyClock::time_point until{};  // reading again at, or not stopping again before
};

class Mixed {
 public:
  Mixed(const StressOptions& options, Verdict& verdict)
      : options_(options), verdict_(verdict), random_(options.seed) {
    for (const std::string& name : kNamespaces) {
      for (const char* path : {"/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/x", "/d", "/d/e", "/f"}) {
        world_.channels.push_back({name, "/" + name + path});
      }
    }
  }

  void run() {
    if (!start()) return;
    const auto end = SteadyClock::now() + std::chrono::seconds(options_.seconds);
    while (SteadyClock::now() < end) {
      loop_.turn(std::chrono::milliseconds(1));
      act();
    }
    finish();
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  // Everybody online; one observer a namespace sees it from its first event.
  bool start() {
    std::size_t number = 0;
    for (std::size_t i = 0; i < kNamespaces.size(); ++i) {
      observers_.push_back(std::make_unique<Client>(loop_, world_, options_.target, number++));
    }
    for (std::size_t i = 0; i < kClients; ++i) {
      const bool slow = i < kSlowClients;
      clients_.push_back(
          std::make_unique<Client>(loop_, world_, options_.target, number++,
                                   slow ? Temper{.slow = true, .receive_buffer = 8192} : Temper{}));
      pauses_.emplace_back();
    }
    for (std::size_t i = 0; i < kHttpPublishers; ++i) {
      http_.push_back(std::make_unique<HttpPublisher>(loop_, world_, options_.target, number++));
      http_.back()->connect();
    }
    for (auto* group : {&observers_, &clients_}) {
      for (auto& client : *group) client->connect();
    }
    const auto all_online = [&] {
      return std::ranges::all_of(observers_, [](auto& c) { return c->online(); }) &&
             std::ranges::all_of(clients_, [](auto& c) { return c->online(); });
    };
    if (!verdict_.check(turn_until(loop_, options_.patience, all_online), "nobody gets online")) {
      check_violations(verdict_, world_);
      return false;
    }
    for (std::size_t i = 0; i < kNamespaces.size(); ++i) {
      observers_[i]->subscribe(kNamespaces[i], "/" + kNamespaces[i] + "/*");
    }
    return verdict_.check(turn_until(loop_, options_.patience,
                                     [&] {
                                       return std::ranges::all_of(
                                           world_.subscriptions,
                                           [](auto& s) { return s.success != 0; });
                                     }),
                          "the observers cannot subscribe");
  }

  void act() {
    const auto now = SteadyClock::now();
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (one_in(3)) act(i, now);
    }
    for (auto& http : http_) {
      if (http->offline()) {
        http->connect();
      } else if (http->idle() && one_in(2)) {
        http->publish(any_channel(kFlood), 1 + below(5), 10 + below(200));
      }
    }
  }

  void act(std::size_t number, SteadyClock::time_point now) {
    Client& client = *clients_[number];
    if (client.offline()) {
      client.connect();
      pauses_[number] = {};
    } else if (client.online() && client.temper().slow) {
      act_slow(client, pauses_[number], now);
    } else if (client.online() && number < kSlowClients + kFlooders) {
      flood(client);
    } else if (client.online()) {
      act_well_behaved(client);
    }
  }

  // Stops reading for up to 1.2 s: long enough to overflow its queue, short enough to be there when
  // the server says 1013 (it waits two seconds before it cuts a reader off).
  void act_slow(Client& client, Pause& pause, SteadyClock::time_point now) {
    if (pause.stopped) {
      if (now < pause.until) return;
      client.set_reading(true);
      pause = {.stopped = false, .until = now + std::chrono::milliseconds(800)};
    } else if (client.live().size() < 3) {
      client.subscribe("flood", any_pattern(kFlood));
    } else if (now >= pause.until && one_in(50)) {
      client.set_reading(false);
      pause = {.stopped = true, .until = now + std::chrono::milliseconds(100 + below(1100))};
    }
  }

  // Large events, as fast as the flood's observer reads them.
  void flood(Client& client) {
    const std::size_t seen = world_.subscriptions[kFlood].received.size();
    if (client.outstanding_publishes() > 0 || flooded_ > seen + 8 || one_in(2)) return;
    const std::size_t count = 1 + below(2);
    flooded_ += count;
    client.publish(channel_of(kFlood), count, 4000 + below(30000));
  }

  void act_well_behaved(Client& client) {
    const std::size_t dice = below(1000);
    if (dice < 3) {
      client.disconnect(one_in(2));
    } else if (dice < 40) {
      if (client.live().size() < kSubscriptions) subscribe(client);
    } else if (dice < 60) {
      if (!client.live().empty()) client.unsubscribe(below(client.live().size()));
    } else if (client.outstanding_publishes() < kUnderWay) {
      client.publish(any_channel(kFlood), 1 + below(5), one_in(50) ? 5000 : 10 + below(200));
    }
  }

  void subscribe(Client& client) {
    const std::size_t name_space = below(kFlood);
    Replay replay;
    if (kNamespaces[name_space].starts_with("kept")) {
      const std::size_t dice = below(4);
      if (dice == 0) {
        replay.kind = Replay::Kind::last;
        replay.last = one_in(4) ? 0 : static_cast<std::uint32_t>(below(200));
      } else if (dice == 1) {
        replay = resume(kNamespaces[name_space]);
      }
    }
    client.subscribe(kNamespaces[name_space], any_pattern(name_space), replay);
  }

  // A replay after a random event that some subscription of the namespace has a cursor for.
  Replay resume(const std::string& name_space) {
    for (int tries = 0; tries < 20; ++tries) {
      const SubscriptionRecord& record = world_.subscriptions[below(world_.subscriptions.size())];
      if (record.name_space == name_space && !record.last_cursor.empty()) {
        return {.kind = Replay::Kind::after,
                .cursor = record.last_cursor,
                .after = record.received.back()};
      }
    }
    return {};
  }

  std::uint32_t channel_of(std::size_t name_space) {
    return static_cast<std::uint32_t>(name_space * 8 + below(8));
  }
  std::uint32_t any_channel(std::size_t namespaces) { return channel_of(below(namespaces)); }

  std::string any_pattern(std::size_t name_space) {
    if (one_in(2)) return world_.channels[channel_of(name_space)].path;
    constexpr const char* kWild[] = {"/*", "/a/*", "/a/b/*", "/a/b/c/*", "/d/*"};
    return "/" + kNamespaces[name_space] + kWild[below(5)];
  }

  // Everything answered, one last event on each channel, everything delivered; then the checks.
  void finish() {
    for (auto& client : clients_) {
      if (!client->offline()) client->set_reading(true);
    }
    const auto all_answered = [&] {
      return std::ranges::all_of(clients_,
                                 [](auto& c) { return c->outstanding_publishes() == 0; }) &&
             std::ranges::all_of(http_, [](auto& h) { return h->idle() || h->offline(); }) &&
             std::ranges::all_of(world_.subscriptions, [](auto& s) {
               return s.end != SubscriptionRecord::End::open ||
                      (s.success != 0 && s.unsubscribe_sent == 0);
             });
    };
    verdict_.check(turn_until(loop_, options_.patience, all_answered),
                   "not everything was answered in time");
    // The last events, one under way at a time, so that slow clients keep up.
    const Label last = world_.first_label + static_cast<Label>(world_.events.size());
    for (std::uint32_t channel = 0; channel < world_.channels.size(); ++channel) {
      observers_[0]->publish(channel, 1, 10);
      turn_until(loop_, options_.patience,
                 [&] { return observers_[0]->outstanding_publishes() == 0; });
    }
    const auto all_delivered = [&] {
      return std::ranges::all_of(world_.subscriptions, [&](auto& s) {
        return s.end != SubscriptionRecord::End::open || has_last(s, last);
      });
    };
    verdict_.check(turn_until(loop_, options_.patience, all_delivered),
                   "not everything was delivered in time");
    check();
  }

  // True if the subscription has the final event of every channel it matches.
  bool has_last(const SubscriptionRecord& subscription, Label last) const {
    const auto wanted = std::ranges::count_if(world_.channels, [&](const Channel& channel) {
      return matches(subscription.pattern, channel.path);
    });
    const std::size_t tail = std::min<std::size_t>(subscription.received.size(), 64);
    return std::count_if(subscription.received.end() - static_cast<std::ptrdiff_t>(tail),
                         subscription.received.end(),
                         [&](Label label) { return label >= last; }) >= wanted;
  }

  void check() {
    for (std::size_t i = 0; i < kNamespaces.size(); ++i) {
      const std::string& name = kNamespaces[i];
      const bool kept = name.starts_with("kept");
      const Order order = kept ? read_history(options_.target, "/" + name + "/*") : observed(name);
      check_order(verdict_, world_, name, order);
      check_subscriptions(verdict_, world_, name, order, options_.tail);
    }
    check_violations(verdict_, world_);
    verdict_.check(!options_.slow_readers_required || options_.seconds < 10 ||
                       world_.close_codes.contains(1013),
                   "no slow reader was closed with 1013: the run did not reach the queue's cap");
  }

  // What the observer, the namespace's first subscription, saw.
  Order observed(const std::string& name) {
    return std::ranges::find(world_.subscriptions, name, &SubscriptionRecord::name_space)->received;
  }

  const StressOptions& options_;
  Verdict& verdict_;
  std::mt19937_64 random_;
  bench::Loop loop_;
  World world_;
  std::vector<std::unique_ptr<Client>> observers_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Pause> pauses_;  // of clients_
  std::size_t flooded_ = 0;    // events published to the flood
  std::vector<std::unique_ptr<HttpPublisher>> http_;
};

}  // namespace

void run_mixed(const StressOptions& options, Verdict& verdict) { Mixed(options, verdict).run(); }

}  // namespace stress
