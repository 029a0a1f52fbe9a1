#include "core/channel_rates.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>

namespace eventsd::core {
namespace {

using namespace std::chrono_literals;

class ChannelRatesTest : public ::testing::Test {
 protected:
  void publish(const std::string& channel, std::size_t events, std::uint32_t api = 1) {
    auto where = std::make_shared<ChannelNamespace>();
    where->api_key = api;
    where->api_id = "api" + std::to_string(api);
    EventBatch batch;
    batch.channel_namespace = where;
    batch.channel = channel;
    batch.events.resize(events);
    for (Event& event : batch.events) event.payload_size = 10;
    rates_.add(batch);
  }
  std::map<std::string, double> at(ChannelRates::Clock::duration after) const {
    std::map<std::string, double> all;
    for (const LiveChannel& row : rates_.rates(begin_ + after)) {
      all[row.api_id + row.channel] = row.events_per_second;
    }
    return all;
  }

  const ChannelRates::Clock::time_point begin_{};
  ChannelRates rates_{begin_};
};

TEST_F(ChannelRatesTest, DividesByTheTimeThatHasBeenCounted) {
  publish("/default/a", 20);
  publish("/default/b", 4);
  EXPECT_EQ(at(4s), (std::map<std::string, double>{{"api1/default/a", 5}, {"api1/default/b", 1}}));
  EXPECT_DOUBLE_EQ(rates_.rates(begin_ + 4s).front().bytes_per_second /
                       rates_.rates(begin_ + 4s).front().events_per_second,
                   10);
}

TEST_F(ChannelRatesTest, KeepsApisApart) {
  publish("/default/a", 10, 1);
  publish("/default/a", 20, 2);
  EXPECT_EQ(at(10s).size(), 2u);
}

TEST_F(ChannelRatesTest, ForgetsASecondAtATime) {
  publish("/default/a", 100);
  rates_.turn(begin_ + 10s);
  EXPECT_DOUBLE_EQ(at(10s)["api1/default/a"], 10);
  EXPECT_DOUBLE_EQ(at(15s)["api1/default/a"], 5);
  EXPECT_TRUE(at(20s).empty());
}

TEST_F(ChannelRatesTest, AWindowThatNobodyTurnedIsNotTakenForTheLast) {
  publish("/default/a", 100);
  rates_.turn(begin_ + 25s);
  EXPECT_TRUE(at(25s).empty());
}

TEST_F(ChannelRatesTest, ChannelsOverTheCapAreCountedTogether) {
  for (std::size_t i = 0; i < ChannelRates::kMaxChannels; ++i) {
    publish("/default/" + std::to_string(i), 1);
  }
  publish("/default/more", 3);
  publish("/default/0", 1);
  EXPECT_EQ(rates_.uncounted_events(), 3u);
  EXPECT_EQ(at(1s).size(), ChannelRates::kMaxChannels);
  EXPECT_DOUBLE_EQ(at(1s)["api1/default/0"], 2);
}

}  // namespace
}  // namespace eventsd::core
