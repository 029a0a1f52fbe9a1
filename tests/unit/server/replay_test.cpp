// Replay on subscribe: stored events first, then live ones, with no gap and no duplicate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/cursor.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

using protocol::Opcode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string replay_last(int count) { return R"(,"replay":{"last":)" + std::to_string(count) + "}"; }

std::string replay_after(const std::string& cursor) {
  return R"(,"replay":{"after":")" + cursor + "\"}";
}

// What the data frames hold; events are plain numbers.
std::vector<std::string> events(const std::vector<std::string>& texts) {
  std::vector<std::string> found;
  for (const std::string& text : texts) {
    if (member(text, "type") == "data") found.push_back(member(text, "event"));
  }
  return found;
}

class Replay : public ::testing::Test {
 protected:
  void remember(int from, int through, const std::string& channel = "/durable/a") {
    for (int i = from; i <= through; ++i) shard_.store.remember(channel, std::to_string(i));
  }
  std::string cursor(Position position, std::uint64_t epoch = FakeStore::kEpoch) {
    return protocol::encode_cursor({epoch, position}, *shard_.namespace_of("durable"));
  }
  std::vector<std::string> subscribe(const std::string& extra,
                                     const std::string& channel = "/durable/a") {
    client_.send(subscribe_message("s", channel, extra));
    return client_.texts();
  }
  void publish_durably(int number) {
    shard_.publish("/durable/a", std::to_string(number));
    shard_.store.commit();
    shard_.pump();
  }

  TestShard shard_;
  TestClient client_ = shard_.connect_websocket();
};

TEST_F(Replay, OfTheLastEventsIsRecoveredAndGoesOnLive) {
  remember(1, 5);
  std::vector<std::string> texts = subscribe(replay_last(2));
  EXPECT_EQ(member(texts.at(0), "type"), "subscribe_success");
  EXPECT_THAT(texts[0], HasSubstr(R"("recovered":true)"));
  EXPECT_EQ(member(texts[0], "cursor"), cursor(3));
  publish_durably(6);
  for (std::string& text : client_.texts()) texts.push_back(std::move(text));
  EXPECT_THAT(events(texts), ElementsAre("4", "5", "6"));
  EXPECT_THAT(members(texts, "cursor"), ElementsAre(cursor(3), cursor(4), cursor(5), cursor(6)));
}

TEST_F(Replay, OfTheLastNoneGivesTheCursorOnly) {
  remember(1, 5);
  const std::vector<std::string> texts = subscribe(replay_last(0));
  EXPECT_THAT(events(texts), IsEmpty());
  EXPECT_THAT(members(texts, "cursor"), ElementsAre(cursor(5)));
}

TEST_F(Replay, OfMoreThanThereIsGivesAll) {
  remember(1, 3);
  const std::vector<std::string> texts = subscribe(replay_last(1000));
  EXPECT_THAT(texts.at(0), HasSubstr(R"("recovered":true)"));
  EXPECT_THAT(events(texts), ElementsAre("1", "2", "3"));
}

TEST_F(Replay, CountsOnlyEventsOfItsChannel) {
  remember(1, 2);
  remember(3, 9, "/durable/b");
  EXPECT_THAT(events(subscribe(replay_last(2))), ElementsAre("1", "2"));
}

TEST_F(Replay, OfAWildcardKeepsTheOrderOfTheNamespace) {
  remember(1, 1, "/durable/a");
  remember(2, 2, "/durable/b/c");
  remember(3, 3, "/durable/a");
  EXPECT_THAT(events(subscribe(replay_last(10), "/durable/*")), ElementsAre("1", "2", "3"));
}

TEST_F(Replay, AfterACursorIsRecovered) {
  remember(1, 5);
  const std::vector<std::string> texts = subscribe(replay_after(cursor(2)));
  EXPECT_THAT(texts.at(0), HasSubstr(R"("recovered":true)"));
  EXPECT_THAT(events(texts), ElementsAre("3", "4", "5"));
}

TEST_F(Replay, AfterTheHeadOfAnEmptyStoreIsRecovered) {
  const std::vector<std::string> texts = subscribe(replay_after(cursor(0)));
  EXPECT_THAT(texts.at(0), HasSubstr(R"("recovered":true)"));
}

TEST_F(Replay, IsNotRecoveredWhenSomethingBehindTheCursorIsGone) {
  remember(1, 5);
  shard_.store.forget_through(3);
  const std::vector<std::string> texts = subscribe(replay_after(cursor(2)));
  EXPECT_THAT(texts.at(0), HasSubstr(R"("recovered":false)"));
  EXPECT_THAT(events(texts), ElementsAre("4", "5"));
}

TEST_F(Replay, IsRecoveredWhenOnlyWhatWasSeenIsGone) {
  remember(1, 5);
  shard_.store.forget_through(3);
  const std::vector<std::string> texts = subscribe(replay_after(cursor(3)));
  EXPECT_THAT(texts.at(0), HasSubstr(R"("recovered":true)"));
}

TEST_F(Replay, IsNotRecoveredWhenTheStoreIsAnother) {
  remember(1, 3);
  const std::string of_before = cursor(3);
  shard_.store.begin_another_epoch();
  const std::vector<std::string> texts = subscribe(replay_after(of_before));
  EXPECT_THAT(texts.at(0), HasSubstr(R"("recovered":false)"));
  EXPECT_THAT(events(texts), ElementsAre("1", "2", "3"));
}

TEST_F(Replay, IsNotRecoveredWhenTheCursorIsAheadOfTheStore) {
  remember(1, 3);
  const std::vector<std::string> texts = subscribe(replay_after(cursor(9)));
  EXPECT_THAT(texts.at(0), HasSubstr(R"("recovered":false)"));
  publish_durably(4);
  EXPECT_THAT(events(client_.texts()), ElementsAre("4"));
}

TEST_F(Replay, IsRefusedWithACursorThatIsNoneOrOfAnotherNamespace) {
  EXPECT_THAT(members(subscribe(replay_after("nonsense")), "errorType"),
              ElementsAre("BadRequestException"));
  EXPECT_THAT(members(subscribe(replay_after(protocol::encode_cursor(
                          {FakeStore::kEpoch, 0}, *shard_.namespace_of("default")))),
                      "errorType"),
              ElementsAre("BadRequestException"));
}

TEST_F(Replay, IsRefusedWhereNoHistoryCanBeRead) {
  EXPECT_THAT(members(subscribe(replay_last(1), "/default/a"), "errorType"),
              ElementsAre("BadRequestException"));
  EXPECT_THAT(members(subscribe(replay_last(1), "/private/a"), "errorType"),
              ElementsAre("BadRequestException"));
}

TEST_F(Replay, IsRefusedWhenTheStoreCannotBeReadAndLeavesNothingBehind) {
  shard_.history.break_down();
  EXPECT_THAT(members(subscribe(replay_last(1)), "type"), ElementsAre("subscribe_error"));
  EXPECT_EQ(shard_.context.hub.topics(), 0u);
  EXPECT_EQ(shard_.context.metrics.subscriptions_active.value(), 0u);
}

TEST_F(Replay, EndsWith1012WhenRetentionRemovesWhatItStillOwes) {
  remember(1, 2000);
  shard_.history.hold();
  client_.send(subscribe_message("s", "/durable/a", replay_after(cursor(0))));
  ASSERT_TRUE(shard_.history.look() && shard_.history.answer());  // where it begins
  ASSERT_TRUE(shard_.history.look() && shard_.history.answer());  // the first page
  shard_.store.forget_through(1500);
  shard_.history.release();
  const std::vector<Frame> frames = client_.frames();
  EXPECT_EQ(frames.back().opcode, Opcode::close);
  EXPECT_EQ(close_code(frames.back().payload), 1012);
}

TEST_F(Replay, GoesOnWhenRetentionRemovesWhatItHasSent) {
  remember(1, 2000);
  shard_.history.hold();
  client_.send(subscribe_message("s", "/durable/a", replay_after(cursor(0))));
  ASSERT_TRUE(shard_.history.look() && shard_.history.answer());
  ASSERT_TRUE(shard_.history.look() && shard_.history.answer());
  shard_.store.forget_through(300);
  shard_.history.release();
  EXPECT_EQ(events(client_.texts()).size(), 2000u);
}

TEST_F(Replay, IsClosedWith1012WhenTheStoreFailsMeanwhile) {
  remember(1, 2000);
  shard_.history.hold();
  client_.send(subscribe_message("s", "/durable/a", replay_after(cursor(0))));
  ASSERT_TRUE(shard_.history.look() && shard_.history.answer());
  shard_.history.break_down();
  shard_.history.release();
  EXPECT_EQ(close_code(client_.frames().back().payload), 1012);
}

TEST_F(Replay, StopsWhenItsSubscriptionEnds) {
  remember(1, 2000);
  shard_.history.hold();
  client_.send(subscribe_message("s", "/durable/a", replay_after(cursor(0))));
  ASSERT_TRUE(shard_.history.look() && shard_.history.answer());
  client_.send(unsubscribe_message("s"));
  shard_.history.release();
  EXPECT_THAT(members(client_.texts(), "type"),
              ElementsAre("subscribe_success", "unsubscribe_success"));
}

TEST_F(Replay, ThatIsReplacedUnderItsIdDoesNotMixWithTheNewOne) {
  remember(1, 3);
  shard_.history.hold();
  client_.send(subscribe_message("s", "/durable/a", replay_after(cursor(0))));
  ASSERT_TRUE(shard_.history.look() && shard_.history.answer());
  client_.send_all({unsubscribe_message("s"), subscribe_message("s", "/durable/b")});
  shard_.history.release();
  EXPECT_THAT(events(client_.texts()), IsEmpty());
}

}  // namespace
}  // namespace eventsd::server_test
