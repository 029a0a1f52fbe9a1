// Random publishes, limits and clock moves against a model that is simple enough to be right.
#include <algorithm>
#include <deque>
#include <random>

#include "unit/store/support/store_test.hpp"

namespace eventsd::store_test {
namespace {

struct ModelEvent {
  Position position = 0;
  std::string channel;
  std::string payload;
  std::chrono::system_clock::time_point accepted_at;
};

// Keeps what the three limits of a namespace allow, and every position it ever removed.
class Model {
 public:
  void publish(Position first, const EventBatch& batch) {
    for (const Event& event : batch.events) {
      events_.push_back({first++, batch.channel, event.payload, batch.accepted_at});
    }
  }

  void retain(const HistoryPolicy& policy, std::chrono::system_clock::time_point now) {
    remove_oldest(
        [&](const ModelEvent& event) { return now - event.accepted_at > policy.max_age; });
    std::map<std::string, std::uint64_t> counts;
    for (const ModelEvent& event : events_) ++counts[event.channel];
    remove_oldest([&](const ModelEvent& event) {
      return counts[event.channel] > policy.max_events_per_channel && counts[event.channel]-- > 0;
    });
    std::uint64_t bytes = 0;
    for (const ModelEvent& event : events_) bytes += event.payload.size();
    remove_oldest([&](const ModelEvent& event) {
      if (bytes <= policy.max_bytes) return false;
      bytes -= event.payload.size();
      return true;
    });
  }

  static bool matches(const std::string& wanted, const std::string& channel) {
    if (!wanted.ends_with("/*")) return wanted == channel;
    return channel.starts_with(wanted.substr(0, wanted.size() - 1));
  }

  std::vector<Position> find(const std::string& wanted) const {
    std::vector<Position> found;
    for (const ModelEvent& event : events_) {
      if (matches(wanted, event.channel)) found.push_back(event.position);
    }
    return found;
  }

  Position removed_through(const std::string& wanted) const {
    Position newest = 0;
    for (const ModelEvent& event : removed_) {
      if (matches(wanted, event.channel)) newest = std::max(newest, event.position);
    }
    return newest;
  }

 private:
  template <typename Predicate>
  void remove_oldest(Predicate goes) {
    std::vector<ModelEvent> kept;
    for (ModelEvent& event : events_) {
      (goes(event) ? removed_ : kept).push_back(std::move(event));
    }
    events_ = std::move(kept);
  }

  std::vector<ModelEvent> events_;
  std::vector<ModelEvent> removed_;
};

class RetentionModelTest : public StoreTest, public testing::WithParamInterface<int> {
 protected:
  std::string random_channel() {
    return "/default/" + std::to_string(random_() % 3) + "/" + std::to_string(random_() % 4);
  }
  HistoryPolicy random_policy() {
    HistoryPolicy policy = keep_everything();
    if (random_() % 2 == 0) policy.max_age = milliseconds(random_() % 5'000);
    if (random_() % 2 == 0) policy.max_events_per_channel = random_() % 20 + 1;
    if (random_() % 3 == 0) policy.max_bytes = random_() % 2'000;
    return policy;
  }
  void publish_something() {
    std::vector<std::string> some;
    for (std::uint64_t i = random_() % 5 + 1; i > 0; --i) {
      some.push_back(std::string(random_() % 50, 'x'));
    }
    const EventBatchPtr sent = batch(random_channel(), some);
    const Result<Position> first = store_->append(sent);
    ASSERT_TRUE(first.has_value());
    model_.publish(*first, *sent);
  }
  std::vector<Position> read_all(const std::string& channel, Direction direction) {
    std::vector<Position> found;
    std::optional<Position> from;
    do {
      ReadRequest wanted = request(channel, direction, from, 1 + random_() % 7);
      wanted.max_scan = 1 + random_() % 10;
      const Page page = read(wanted);
      std::vector<Position> more = positions(page);
      found.insert(direction == Direction::older ? found.begin() : found.end(), more.begin(),
                   more.end());
      from = page.next;
    } while (from);
    return found;
  }
  void compare(const std::string& channel) {
    SCOPED_TRACE(channel);
    EXPECT_EQ(read_all(channel, Direction::newer), model_.find(channel));
    EXPECT_EQ(read_all(channel, Direction::older), model_.find(channel));
    EXPECT_GE(newer(channel).removed_through, model_.removed_through(channel));
    EXPECT_LE(newer(channel).removed_through, model_.removed_through("/default/*"));
  }

  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
  Model model_;
};

TEST_P(RetentionModelTest, TheStoreKeepsAndForgetsWhatTheModelDoes) {
  open();
  HistoryPolicy policy = keep_everything();
  for (int round = 0; round < 30; ++round) {
    // No limit while publishing: the model retains at one known moment.
    keep(keep_everything());
    for (std::uint64_t i = random_() % 10; i > 0; --i) {
      publish_something();
      clock_.advance(milliseconds(random_() % 300));
    }
    policy = random_policy();
    keep(policy);
    store_->run_retention();
    model_.retain(policy, clock_.now());
    if (random_() % 10 == 0) open();
    for (int i = 0; i < 4; ++i) compare(random_channel());
    compare("/default/" + std::to_string(random_() % 3) + "/*");
    compare("/default/*");
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RetentionModelTest, testing::Range(0, 12));

}  // namespace
}  // namespace eventsd::store_test
