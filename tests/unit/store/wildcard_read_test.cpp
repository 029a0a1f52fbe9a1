#include "unit/store/support/store_test.hpp"

namespace eventsd::store_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WildcardReadTest : public StoreTest {
 protected:
  WildcardReadTest() {
    open();
    publish("/default", {"root"});
    publish("/default/room", {"parent"});
    publish("/default/room/1", {"one"});
    publish("/default/rooms/1", {"sibling"});
    publish("/default/room/1/x", {"deep"});
    publish("/default/room-1", {"dash"});
    publish("/default/room/2", {"two"});
  }
};

TEST_F(WildcardReadTest, ItFindsEveryDescendantInNamespaceOrderAndNothingElse) {
  EXPECT_THAT(payloads(newer("/default/room/*")), ElementsAre("one", "deep", "two"));
  EXPECT_THAT(payloads(older("/default/room/*")), ElementsAre("one", "deep", "two"));
}

TEST_F(WildcardReadTest, TheNamespaceWildcardLeavesOutTheNamespaceChannelItself) {
  EXPECT_THAT(payloads(newer("/default/*")),
              ElementsAre("parent", "one", "sibling", "deep", "dash", "two"));
}

TEST_F(WildcardReadTest, EventsNameTheirChannel) {
  EXPECT_EQ(newer("/default/room/*").events[1].channel, "/default/room/1/x");
}

TEST_F(WildcardReadTest, ItPagesForwardAndBack) {
  const Page first = newer("/default/room/*", std::nullopt, 1);
  EXPECT_THAT(payloads(first), ElementsAre("one"));
  EXPECT_THAT(payloads(newer("/default/room/*", first.next, 1)), ElementsAre("deep"));
  const Page newest = older("/default/room/*", std::nullopt, 1);
  EXPECT_THAT(payloads(newest), ElementsAre("two"));
  EXPECT_THAT(payloads(older("/default/room/*", newest.next, 5)), ElementsAre("one", "deep"));
}

TEST_F(WildcardReadTest, AScanThatReachesItsLimitGoesOnFromWhereItStopped) {
  ReadRequest wanted = request("/default/room/*", Direction::newer);
  wanted.max_scan = 2;
  Page page = read(wanted);
  EXPECT_THAT(page.events, IsEmpty());
  ASSERT_EQ(page.next, 2u);
  wanted.from = page.next;
  page = read(wanted);
  EXPECT_THAT(payloads(page), ElementsAre("one"));
  ASSERT_EQ(page.next, 4u);
}

TEST_F(WildcardReadTest, AScanThatEndsWithTheLastRowHasNoNext) {
  ReadRequest wanted = request("/default/room/*", Direction::older);
  wanted.max_scan = 7;
  EXPECT_EQ(read(wanted).next, std::nullopt);
}

TEST_F(WildcardReadTest, APageEndsAtItsByteLimitAndTheNextOneHasTheRest) {
  ReadRequest wanted = request("/default/room/*", Direction::newer);
  wanted.max_bytes = 7;
  const Page page = read(wanted);
  EXPECT_THAT(payloads(page), ElementsAre("one", "deep"));
  EXPECT_THAT(payloads(newer("/default/room/*", page.next)), ElementsAre("two"));
}

TEST_F(WildcardReadTest, ItNeverSeesAnotherNamespace) {
  const Result<Position> first =
      store_->append(make_batch(other_, "/other/room/1", {"x"}, clock_.now()));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(newer("/default/*").events.size(), 6u);
}

}  // namespace
}  // namespace eventsd::store_test
