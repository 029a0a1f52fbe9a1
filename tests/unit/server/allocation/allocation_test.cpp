// The steady path of a delivery allocates nothing. A program of its own, because it counts every
// allocation of the process.
#include <gtest/gtest.h>

#include "unit/server/allocation/counted.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

// Allocations of one publish and its deliveries, up to the bytes on the wire.
std::size_t allocations_of_a_publish(std::size_t subscribers) {
  TestShard shard;
  std::vector<TestClient> clients;
  for (std::size_t i = 0; i < subscribers; ++i) {
    clients.push_back(shard.connect_websocket());
    clients.back().send(subscribe_message("s", i % 2 == 0 ? "/default/a" : "/default/*"));
    (void)clients.back().frames();
  }
  const auto publish = [&] {
    shard.publish("/default/a", R"({"some":"payload"})");
    shard.pump();
  };
  // The first ones fill the pools; what the peers do not read stays in the kernel's buffers.
  for (int warm_up = 0; warm_up < 3; ++warm_up) publish();
  const std::uint64_t delivered = shard.context.metrics.events_delivered.value();
  Allocations::count = 0;
  Allocations::counting = true;
  publish();
  Allocations::counting = false;
  EXPECT_EQ(shard.context.metrics.events_delivered.value(), delivered + subscribers);
  for (TestClient& client : clients) EXPECT_EQ(client.texts().size(), 4u);
  return Allocations::count;
}

TEST(SteadyDelivery, AllocatesNothingPerSubscriber) {
  const std::size_t with_one = allocations_of_a_publish(1);
  const std::size_t with_hundred = allocations_of_a_publish(100);
  EXPECT_GT(with_one, 0u);  // the publish itself: that they are counted
  EXPECT_EQ(with_hundred, with_one);
}

}  // namespace
}  // namespace eventsd::server_test
