#include "eventsd/task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace eventsd {
namespace {

Task<int> value_of(int value, int* runs = nullptr) {
  if (runs) ++*runs;
  co_return value;
}
Task<int> failing() {
  throw std::runtime_error("no");
  co_return 0;
}
Task<void> wait_for(Completion<int>& completion, std::vector<int>& seen) {
  const int value = co_await completion;
  seen.push_back(value);
}

struct Group {
  int errors = 0;
  TaskGroup tasks{[this](std::exception_ptr) { ++errors; }};
};

TEST(Task, DoesNotRunBeforeItIsAwaited) {
  int runs = 0;
  {
    const Task<int> never_awaited = value_of(1, &runs);
  }
  EXPECT_EQ(runs, 0);
}

Task<void> await_into(Task<int> task, int& result) { result = co_await task; }

TEST(Task, GivesItsValueToWhoAwaitsIt) {
  Group group;
  int result = 0;
  group.tasks.spawn(await_into(value_of(7), result));
  EXPECT_EQ(result, 7);
}

TEST(Task, MayBeMovedBeforeItIsAwaited) {
  Group group;
  int result = 0;
  Task<int> first = value_of(1);
  Task<int> second = value_of(2);
  second = std::move(first);
  group.tasks.spawn(await_into(std::move(second), result));
  EXPECT_EQ(result, 1);
}

Task<void> catch_into(std::string& caught) {
  try {
    (void)co_await failing();
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
}

TEST(Task, ThrowsItsExceptionWhereItIsAwaited) {
  Group group;
  std::string caught;
  group.tasks.spawn(catch_into(caught));
  EXPECT_EQ(caught, "no");
  EXPECT_EQ(group.errors, 0);
}

Task<int> count_down(int from) {
  if (from == 0) co_return 0;
  const int below = co_await count_down(from - 1);
  co_return below + 1;
}
Task<void> count_in_a_row(int times, int& total) {
  for (int i = 0; i < times; ++i) {
    const int one = co_await value_of(1);
    total += one;
  }
}

TEST(Task, NestsThroughManyFrames) {
  Group group;
  int result = 0;
  group.tasks.spawn(await_into(count_down(1000), result));
  EXPECT_EQ(result, 1000);
}

TEST(Task, DoesNotGrowTheStackInALoop) {
  Group group;
  int total = 0;
  group.tasks.spawn(count_in_a_row(200'000, total));
  EXPECT_EQ(total, 200'000);
}

TEST(TaskGroup, CountsChildrenThatWait) {
  Group group;
  std::vector<int> seen;
  Completion<int> completion;
  group.tasks.spawn(wait_for(completion, seen));
  EXPECT_EQ(group.tasks.running(), 1u);
  completion.complete(3);
  EXPECT_EQ(group.tasks.running(), 0u);
  EXPECT_EQ(seen, (std::vector{3}));
}

Task<void> throw_at_once() {
  throw std::runtime_error("child");
  co_return;
}

TEST(TaskGroup, GivesAnEscapedExceptionToItsSink) {
  Group group;
  group.tasks.spawn(throw_at_once());
  EXPECT_EQ(group.errors, 1);
  EXPECT_EQ(group.tasks.running(), 0u);
}

TEST(TaskGroup, TellsIdleOnceTheLastChildHasEnded) {
  Group group;
  int idle = 0;
  group.tasks.on_idle([&] { ++idle; });
  std::vector<int> seen;
  Completion<int> a;
  Completion<int> b;
  group.tasks.spawn(wait_for(a, seen));
  group.tasks.spawn(wait_for(b, seen));
  a.complete(1);
  EXPECT_EQ(idle, 0);
  b.complete(2);
  EXPECT_EQ(idle, 1);
}

Task<void> hold(std::shared_ptr<int>, Completion<int>& completion) { (void)co_await completion; }

TEST(TaskGroup, LetsAChildsParametersGoBeforeItTellsIdle) {
  Group group;
  Completion<int> completion;
  const auto owned = std::make_shared<int>(0);
  long owners = 0;
  group.tasks.on_idle([&] { owners = owned.use_count(); });
  group.tasks.spawn(hold(owned, completion));
  completion.complete(0);
  EXPECT_EQ(owners, 1);
}

TEST(Completion, DoesNotSuspendWhenItIsCompleteAlready) {
  Group group;
  std::vector<int> seen;
  Completion<int> completion;
  completion.complete(4);
  group.tasks.spawn(wait_for(completion, seen));
  EXPECT_EQ(seen, (std::vector{4}));
}

TEST(Completion, ResumesItsWaiterWithinComplete) {
  Group group;
  std::vector<int> seen;
  Completion<int> completion;
  group.tasks.spawn(wait_for(completion, seen));
  EXPECT_TRUE(seen.empty());
  completion.complete(5);
  EXPECT_EQ(seen, (std::vector{5}));
}

Task<void> own_completion(Completion<int>*& place, int& result) {
  Completion<int> completion;
  place = &completion;
  result = co_await completion;
}

TEST(Completion, MayEndTheFrameThatHoldsIt) {
  Group group;
  Completion<int>* place = nullptr;
  int result = 0;
  group.tasks.spawn(own_completion(place, result));
  place->complete(6);
  EXPECT_EQ(result, 6);
  EXPECT_EQ(group.tasks.running(), 0u);
}

TEST(Completion, CarriesValuesThatCanOnlyBeMoved) {
  Completion<std::unique_ptr<int>> completion;
  completion.complete(std::make_unique<int>(8));
  EXPECT_TRUE(completion.await_ready());
  EXPECT_EQ(*completion.await_resume(), 8);
}

}  // namespace
}  // namespace eventsd
