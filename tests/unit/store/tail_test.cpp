// Events that are committed but not yet listed by channel nor counted: nobody can tell.
#include <algorithm>
#include <fstream>

#include "store/ledger.hpp"
#include "store/migrations.hpp"
#include "store/sqlite.hpp"
#include "unit/store/support/store_test.hpp"

namespace eventsd::store_test {
namespace {

class TailTest : public StoreTest {
 protected:
  static constexpr int kChannels = 3;
  static std::string channel(int number) { return "/default/" + std::to_string(number); }

  // Event i goes to channel i % 3 and has position i.
  void publish_in_turn(int first, int last) {
    std::size_t append = 0;
    for (int i = first; i <= last; ++i) {
      append = store_->start_append(batch(channel(i % kChannels), {std::to_string(i)}));
    }
    ASSERT_TRUE(store_->wait_for(append).first_position.has_value());
  }

  // All of a channel's positions, read in pages.
  std::vector<Position> walk(const std::string& where, Direction direction, std::uint32_t limit) {
    std::vector<Position> found;
    std::optional<Position> from;
    do {
      const Page page = read(request(where, direction, from, limit));
      std::vector<Position> part = positions(page);
      if (direction == Direction::older) std::reverse(part.begin(), part.end());
      found.insert(found.end(), part.begin(), part.end());
      from = page.next;
    } while (from);
    if (direction == Direction::older) std::reverse(found.begin(), found.end());
    return found;
  }

  // Every way of reading sees events `first` to `last`.
  void expect_events(int first, int last) {
    for (int number = 0; number < kChannels; ++number) {
      std::vector<Position> expected;
      for (int i = first; i <= last; ++i) {
        if (i % kChannels == number) expected.push_back(static_cast<Position>(i));
      }
      for (const std::uint32_t limit : {7u, 1000u}) {
        EXPECT_EQ(walk(channel(number), Direction::newer, limit), expected);
        EXPECT_EQ(walk(channel(number), Direction::older, limit), expected);
      }
    }
    EXPECT_EQ(newer(channel(0)).head, static_cast<Position>(last));
  }
};

TEST_F(TailTest, PagesGoAcrossItsBeginning) {
  open();
  const int folded = static_cast<int>(store::kFoldEvents);
  int published = 0;
  for (const int last : {10, folded - 1, folded + 1, 2 * folded + 200}) {
    publish_in_turn(published + 1, last);
    published = last;
    expect_events(1, last);
  }
}

TEST_F(TailTest, IsCountedAgainWhenTheFileIsOpened) {
  open();
  publish_in_turn(1, 1500);
  open();
  expect_events(1, 1500);
  publish_in_turn(1501, 1503);
  expect_events(1, 1503);
  HistoryPolicy policy = keep_everything();
  policy.max_events_per_channel = 4;
  keep(policy);
  store_->run_retention();
  expect_events(1503 - 11, 1503);
  EXPECT_EQ(newer(channel(0)).removed_through, 1503u - 12);
}

TEST_F(TailTest, ItsNewChannelsAreCountedAgainToo) {
  open();
  publish("/default/first", {"1"});
  store_->run_retention();  // folds
  open();
  publish("/default/second", {"2"});
  open();
  publish("/default/third", {"3"});
  HistoryPolicy nothing = keep_everything();
  nothing.max_events_per_channel = 0;
  keep(nothing);
  store_->run_retention();
  for (const char* where : {"/default/first", "/default/second", "/default/third"}) {
    EXPECT_TRUE(newer(where).events.empty());
  }
  EXPECT_EQ(store_->store().health().state, StoreHealth::State::ok);
  EXPECT_EQ(publish("/default/second", {"4"}), 4u);
}

TEST_F(TailTest, SurvivesAGroupThatFails) {
  open();
  publish_in_turn(1, 20);
  vfs_.set_capacity(vfs_.used_bytes());
  EXPECT_EQ(refusal_of(batch(channel(0), {std::string(200'000, 'x')})), ErrorKind::store_full);
  vfs_.set_capacity(std::nullopt);
  store_->run_retention();  // finds that the disk has space again
  publish_in_turn(21, 30);
  expect_events(1, 30);
}

// A file of the first format, as a daemon of then left it.
TEST_F(TailTest, AFileOfFormatOneIsTakenOver) {
  store_.reset();
  {
    auto connection = store::Connection::open(folder_.database(), "", store::OpenMode::read_write);
    ASSERT_TRUE(connection.has_value());
    ASSERT_TRUE(connection->execute("PRAGMA journal_mode=WAL"));
    ASSERT_TRUE(store::migrate(*connection, store::migrations().first(1)));
    ASSERT_TRUE(connection->execute(
        "INSERT INTO namespace (id, api_id, name, epoch, head, events, channels, payload_bytes)"
        " VALUES (1, 'api', 'default', 77, 9, 9, 3, 9)"));
    ASSERT_TRUE(connection->execute(
        "INSERT INTO channel (id, namespace_id, path, events) VALUES"
        " (1, 1, '/default/0', 3), (2, 1, '/default/1', 3), (3, 1, '/default/2', 3)"));
    for (int i = 1; i <= 9; ++i) {
      ASSERT_TRUE(connection->execute("INSERT INTO event VALUES ((1 << 45) + " + std::to_string(i) +
                                      ", " + std::to_string(i % kChannels + 1) +
                                      ", 1700000000000, 'id', x'31')"));
    }
    std::ofstream(folder_.database() + ".high") << 9;
  }
  StoreOptions real = options();
  real.vfs.clear();
  open(real);
  EXPECT_EQ(store_->store().health().detail, "");
  EXPECT_EQ(newer(channel(0)).epoch, 77u);
  expect_events(1, 9);
  publish_in_turn(10, 12);
  expect_events(1, 12);
  HistoryPolicy policy = keep_everything();
  policy.max_events_per_channel = 2;
  keep(policy);
  store_->run_retention();
  expect_events(7, 12);
}

}  // namespace
}  // namespace eventsd::store_test
