#include "handler/call_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

JobPtr job(std::uint32_t key, SteadyTime arrived = {}) {
  auto made = std::make_shared<Job>();
  made->call.namespace_key = key;
  made->arrived = arrived;
  return made;
}

bool any(std::uint32_t) { return true; }

std::vector<std::uint32_t> drain(CallQueue& queue) {
  std::vector<std::uint32_t> keys;
  while (const JobPtr next = queue.pop(any)) keys.push_back(next->key());
  return keys;
}

TEST(CallQueue, ServesNamespacesInTurn) {
  CallQueue queue;
  for (const std::uint32_t key : {1, 1, 1, 2, 3, 3}) queue.push_back(job(key));
  EXPECT_THAT(drain(queue), ElementsAre(1, 2, 3, 1, 3, 1));
  EXPECT_TRUE(queue.empty());
}

TEST(CallQueue, PassesOverANamespaceThatMayNotRun) {
  CallQueue queue;
  for (const std::uint32_t key : {1, 2}) queue.push_back(job(key));
  const auto not_one = [](std::uint32_t key) { return key != 1; };
  EXPECT_EQ(queue.pop(not_one)->key(), 2u);
  EXPECT_EQ(queue.pop(not_one), nullptr);
  EXPECT_FALSE(queue.empty());
}

TEST(CallQueue, CountsNamespacesThatMayRun) {
  CallQueue queue;
  EXPECT_EQ(queue.count(any), 0u);
  for (const std::uint32_t key : {1, 2, 1}) queue.push_back(job(key));
  EXPECT_EQ(queue.count(any), 2u);
  EXPECT_EQ(queue.count([](std::uint32_t key) { return key != 1; }), 1u);
  EXPECT_EQ(drain(queue).size(), 3u) << "they are still there";
}

TEST(CallQueue, WhatHadItsTurnComesFirst) {
  CallQueue queue;
  queue.push_back(job(1));
  queue.push_front(job(2));
  const JobPtr again = job(1);
  queue.push_front(again);
  EXPECT_EQ(queue.pop(any)->key(), 2u);
  EXPECT_EQ(queue.pop(any), again);
}

TEST(CallQueue, TakesOutWhatHasWaitedTooLong) {
  CallQueue queue;
  queue.push_back(job(1, SteadyTime{1s}));
  queue.push_back(job(1, SteadyTime{3s}));
  queue.push_back(job(2, SteadyTime{1s}));
  EXPECT_EQ(queue.take_older_than(SteadyTime{2s}).size(), 2u);
  EXPECT_THAT(drain(queue), ElementsAre(1));
}

TEST(CallQueue, TakesOutWhatOfOneNamespaceHasWaitedTooLong) {
  CallQueue queue;
  for (const std::uint32_t key : {1, 2}) queue.push_back(job(key, SteadyTime{1s}));
  EXPECT_EQ(queue.take_older_than(2, SteadyTime{2s}).size(), 1u);
  EXPECT_TRUE(queue.take_older_than(1, SteadyTime{1s}).empty());
  EXPECT_THAT(drain(queue), ElementsAre(1));
}

TEST(CallQueue, TakesOutOneNamespace) {
  CallQueue queue;
  for (const std::uint32_t key : {1, 2, 1}) queue.push_back(job(key));
  EXPECT_EQ(queue.take_all_of(1).size(), 2u);
  EXPECT_TRUE(queue.take_all_of(1).empty());
  EXPECT_THAT(drain(queue), ElementsAre(2));
}

}  // namespace
}  // namespace eventsd::handler
