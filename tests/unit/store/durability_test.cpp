// The proof of "an event is on disk before its publisher is told so": the power goes at a random
// moment, every byte that was not synced is lost (or some are), and the store opens again.
#include <gtest/gtest.h>

#include <random>

#include "unit/store/support/crash_vfs.hpp"
#include "unit/store/support/store_fixture.hpp"

namespace eventsd::store_test {
namespace {

struct Acknowledged {
  ChannelNamespacePtr channel_namespace;
  std::string channel;
  Position position = 0;
  std::string payload;
};

// Retention works all the time in a namespace like this.
HistoryPolicy keep_few() {
  HistoryPolicy policy = keep_everything();
  policy.max_events_per_channel = 10;
  return policy;
}

struct CrashResult {
  std::size_t acknowledged = 0;
  std::size_t missing = 0;
  bool checkpointed = false;
};

class CrashRun {
 public:
  CrashRun(std::uint64_t seed, std::string synchronous)
      : random_(seed), synchronous_(std::move(synchronous)) {}

  CrashResult run() {
    publish_until_power_fails();
    const auto unsynced =
        random_() % 2 == 0 ? CrashVfs::Unsynced::lost : CrashVfs::Unsynced::partly_kept;
    vfs_.restore_power(unsynced, random_);
    check_after_restart();
    return result_;
  }

 private:
  StoreOptions options() {
    StoreOptions options;
    options.path = folder_.database();
    options.reserve_bytes = 0;
    options.readers = 1;
    options.vfs = vfs_.name();
    options.synchronous = synchronous_;
    return options;
  }

  EventBatchPtr random_batch() {
    const ChannelNamespacePtr& chosen = namespaces_[random_() % namespaces_.size()];
    const std::string channel = "/" + chosen->name + "/" + std::to_string(random_() % 5);
    std::vector<std::string> payloads;
    for (std::uint64_t i = random_() % 5 + 1; i > 0; --i) {
      const std::size_t size = random_() % 20 == 0 ? 100'000 : random_() % 300;
      payloads.push_back(std::to_string(++published_) + "." + std::string(size, 'x'));
    }
    return make_batch(chosen, channel, payloads, clock_.now());
  }

  void publish_until_power_fails() {
    StoreUnderTest store(options());
    store.store().set_namespaces(namespaces_);
    for (const auto& listed : namespaces_) {
      epochs_.push_back(read(store, listed, std::nullopt)->epoch);
    }
    vfs_.cut_power_after(random_() % 6'000);
    const std::uint64_t syncs_before = vfs_.syncs_of("events.db");
    bool alive = true;
    while (alive) {
      std::vector<std::size_t> appends;
      for (std::uint64_t i = random_() % 10 + 1; i > 0; --i) {
        appends.push_back(store.start_append(random_batch()));
      }
      for (const std::size_t append : appends) {
        const AppendOutcome outcome = store.wait_for(append);
        alive = outcome.first_position.has_value();
        if (alive) remember(outcome);
      }
    }
    EXPECT_EQ(store.store().health().state, StoreHealth::State::failed);
    result_.checkpointed = vfs_.syncs_of("events.db") > syncs_before;
  }

  void remember(const AppendOutcome& outcome) {
    Position position = *outcome.first_position;
    for (const Event& event : outcome.batch->events) {
      acknowledged_.push_back(
          {outcome.batch->channel_namespace, outcome.batch->channel, position++, event.payload});
    }
  }

  static Result<Page> read(StoreUnderTest& store, const ChannelNamespacePtr& from,
                           std::optional<Position> after) {
    ReadRequest request;
    request.channel_namespace = from;
    request.channel = "/" + from->name + "/*";
    request.direction = ReadRequest::Direction::newer;
    request.from = after;
    return store.read(request);
  }

  std::map<Position, StoredEvent> read_everything(StoreUnderTest& store,
                                                  const ChannelNamespacePtr& from,
                                                  std::uint64_t epoch) {
    std::map<Position, StoredEvent> found;
    std::optional<Position> after;
    do {
      const Result<Page> page = read(store, from, after);
      EXPECT_TRUE(page.has_value()) << store.store().health().detail;
      if (!page) return found;
      if (result_.missing == 0 && synchronous_ == "FULL" && !page->events.empty()) {
        EXPECT_EQ(page->epoch, epoch);
      }
      for (const StoredEvent& event : page->events) {
        EXPECT_GT(event.position, found.empty() ? 0 : found.rbegin()->first);
        found.emplace(event.position, event);
      }
      after = page->next;
    } while (after);
    return found;
  }

  Position removed_through(StoreUnderTest& store, const Acknowledged& event) {
    const auto [place, unknown] = removed_through_.try_emplace(event.channel, 0);
    if (!unknown) return place->second;
    ReadRequest request;
    request.channel_namespace = event.channel_namespace;
    request.channel = event.channel;
    request.limit = 0;
    const Result<Page> page = store.read(request);
    EXPECT_TRUE(page.has_value());
    if (page) place->second = page->removed_through;
    return place->second;
  }

  // An event may be missing when its channel has as many younger ones as retention keeps, and the
  // store tells that it was removed.
  void count_missing(StoreUnderTest& store, const ChannelNamespacePtr& of,
                     const std::map<Position, StoredEvent>& found) {
    std::map<std::string, std::uint64_t> younger;
    for (auto event = acknowledged_.rbegin(); event != acknowledged_.rend(); ++event) {
      if (event->channel_namespace != of) continue;
      const auto place = found.find(event->position);
      const bool there = place != found.end() && place->second.payload == event->payload &&
                         place->second.channel == event->channel;
      const bool was_due = younger[event->channel]++ >= of->history->max_events_per_channel;
      if (there || (was_due && removed_through(store, *event) >= event->position)) continue;
      ++result_.missing;
    }
  }

  void check_after_restart() {
    StoreUnderTest store(options());
    ASSERT_EQ(store.store().health().state, StoreHealth::State::ok)
        << store.store().health().detail;
    result_.acknowledged = acknowledged_.size();
    for (std::size_t i = 0; i < namespaces_.size(); ++i) {
      const auto found = read_everything(store, namespaces_[i], epochs_[i]);
      count_missing(store, namespaces_[i], found);
      if (synchronous_ != "FULL") continue;
      // Cursors go on: what comes next has a position that nobody has seen.
      const Result<Position> next = store.append(
          make_batch(namespaces_[i], "/" + namespaces_[i]->name + "/0", {"next"}, clock_.now()));
      ASSERT_TRUE(next.has_value());
      for (const Acknowledged& event : acknowledged_) {
        if (event.channel_namespace == namespaces_[i]) ASSERT_LT(event.position, *next);
      }
      EXPECT_EQ(*next, found.empty() ? 1 : found.rbegin()->first + 1);
    }
  }

  std::mt19937_64 random_;
  std::string synchronous_;
  TempFolder folder_;
  CrashVfs vfs_;
  ManualClock clock_;
  std::vector<ChannelNamespacePtr> namespaces_ = {make_namespace("a", keep_everything()),
                                                  make_namespace("b", keep_few())};
  std::vector<std::uint64_t> epochs_;
  std::vector<Acknowledged> acknowledged_;
  std::map<std::string, Position> removed_through_;  // by channel, after the restart
  std::uint64_t published_ = 0;
  CrashResult result_;
};

// Sanitized builds are many times slower and look for something else.
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
constexpr std::uint64_t kSeeds = 40;
#else
constexpr std::uint64_t kSeeds = 200;
#endif

TEST(Durability, NothingAcknowledgedIsLostWhenThePowerGoesAtAnyMoment) {
  std::size_t acknowledged = 0;
  std::size_t with_checkpoint = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const CrashResult result = CrashRun(seed, "FULL").run();
    EXPECT_EQ(result.missing, 0u);
    acknowledged += result.acknowledged;
    with_checkpoint += result.checkpointed ? 1 : 0;
  }
  // The runs were worth something: much was acknowledged, and some crashes came after checkpoints.
  EXPECT_GT(acknowledged, kSeeds * 50);
  EXPECT_GT(with_checkpoint, kSeeds / 20);
}

TEST(Durability, TheProofFailsWhenCommitsAreNotSynced) {
  std::size_t missing = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) missing += CrashRun(seed, "NORMAL").run().missing;
  EXPECT_GT(missing, 0u);
}

}  // namespace
}  // namespace eventsd::store_test
