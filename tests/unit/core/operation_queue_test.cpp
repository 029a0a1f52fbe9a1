#include "core/operation_queue.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "eventsd/task.hpp"

namespace eventsd::core {
namespace {

using Kind = OperationQueue::Kind;

// Operations log their steps: "e1" took effect, "a1" was answered.
class OperationQueueTest : public ::testing::Test {
 public:
  struct Steps {
    Completion<bool> authorized;
    Completion<bool> stored;
  };

  Task<void> publish(int number, Steps& steps) {
    OperationQueue::Slot slot(*queue_, Kind::publish, 10);
    (void)co_await steps.authorized;
    co_await slot.effect_turn();
    log('e', number);
    slot.effect_started();
    (void)co_await steps.stored;
    co_await slot.answer_turn();
    log('a', number);
  }
  Task<void> refused_publish(int number, Steps& steps) {
    OperationQueue::Slot slot(*queue_, Kind::publish, 10);
    (void)co_await steps.authorized;
    co_await slot.answer_turn();
    log('a', number);
  }
  Task<void> other(int number, Steps& steps) {
    OperationQueue::Slot slot(*queue_, Kind::other, 10);
    co_await slot.effect_turn();
    log('e', number);
    (void)co_await steps.stored;
    log('a', number);
  }
  void log(char step, int number) { log_ += step + std::to_string(number) + ' '; }

  std::unique_ptr<OperationQueue> queue_ = std::make_unique<OperationQueue>();
  std::string log_;
  TaskGroup tasks_{[](std::exception_ptr) { FAIL(); }};
  Steps one_, two_, three_;
};

TEST_F(OperationQueueTest, StartsAPublishBeforeTheOneAheadIsAnswered) {
  tasks_.spawn(publish(1, one_));
  tasks_.spawn(publish(2, two_));
  one_.authorized.complete(true);
  two_.authorized.complete(true);
  EXPECT_EQ(log_, "e1 e2 ");
  one_.stored.complete(true);
  two_.stored.complete(true);
}

TEST_F(OperationQueueTest, KeepsThePlacesOfPublishesThatAreAuthorizedOutOfOrder) {
  tasks_.spawn(publish(1, one_));
  tasks_.spawn(publish(2, two_));
  two_.authorized.complete(true);
  EXPECT_EQ(log_, "");
  one_.authorized.complete(true);
  EXPECT_EQ(log_, "e1 e2 ");
  one_.stored.complete(true);
  two_.stored.complete(true);
}

TEST_F(OperationQueueTest, AnswersInTheOrderOfArrival) {
  tasks_.spawn(publish(1, one_));
  tasks_.spawn(publish(2, two_));
  one_.authorized.complete(true);
  two_.authorized.complete(true);
  two_.stored.complete(true);
  EXPECT_EQ(log_, "e1 e2 ");
  one_.stored.complete(true);
  EXPECT_EQ(log_, "e1 e2 a1 a2 ");
}

TEST_F(OperationQueueTest, LetsAnythingElseWaitForAnswersAhead) {
  tasks_.spawn(publish(1, one_));
  tasks_.spawn(other(2, two_));
  one_.authorized.complete(true);
  EXPECT_EQ(log_, "e1 ");
  one_.stored.complete(true);
  EXPECT_EQ(log_, "e1 a1 e2 ");
  two_.stored.complete(true);
}

TEST_F(OperationQueueTest, LetsAPublishWaitForWhatIsNoPublish) {
  tasks_.spawn(other(1, one_));
  tasks_.spawn(publish(2, two_));
  two_.authorized.complete(true);
  EXPECT_EQ(log_, "e1 ");
  one_.stored.complete(true);
  EXPECT_EQ(log_, "e1 a1 e2 ");
  two_.stored.complete(true);
}

TEST_F(OperationQueueTest, LetsAPublishWaitBehindOneThatIsNotYetRefused) {
  tasks_.spawn(publish(1, one_));
  tasks_.spawn(refused_publish(2, two_));
  tasks_.spawn(publish(3, three_));
  one_.authorized.complete(true);
  three_.authorized.complete(true);
  two_.authorized.complete(true);
  EXPECT_EQ(log_, "e1 ");
  one_.stored.complete(true);
  EXPECT_EQ(log_, "e1 a1 a2 e3 ");
  three_.stored.complete(true);
}

TEST_F(OperationQueueTest, EndsALongLineOneAfterTheOther) {
  std::vector<std::unique_ptr<Steps>> steps;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    steps.push_back(std::make_unique<Steps>());
    steps.back()->authorized.complete(true);
    if (i > 0) steps.back()->stored.complete(true);
    tasks_.spawn(publish(i, *steps.back()));
    expected += "a" + std::to_string(i) + ' ';
  }
  log_.clear();
  steps.front()->stored.complete(true);
  EXPECT_EQ(log_, expected);
  EXPECT_TRUE(queue_->empty());
}

// An operation that ends may begin new ones, from within the wake-up of the one before it.
TEST_F(OperationQueueTest, TakesNewOperationsWhileItWakesOthers) {
  struct Begin {
    OperationQueueTest* test;
    ~Begin() { test->tasks_.spawn(test->publish(3, test->three_)); }
  };
  three_.authorized.complete(true);
  three_.stored.complete(true);
  const auto chained = [](OperationQueueTest* test) -> Task<void> {
    const Begin begin{test};
    OperationQueue::Slot slot(*test->queue_, Kind::other, 1);
    co_await slot.effect_turn();
    test->log('e', 2);
  };
  tasks_.spawn(other(1, one_));
  tasks_.spawn(chained(this));
  one_.stored.complete(true);
  EXPECT_EQ(log_, "e1 a1 e2 e3 a3 ");
}

// The queue belongs to a connection, which the operations keep alive.
TEST_F(OperationQueueTest, MayGoWithItsLastOperation) {
  const auto owned = [](std::shared_ptr<OperationQueue> queue, Completion<bool>& go) -> Task<void> {
    OperationQueue::Slot slot(*queue, Kind::other, 1);
    co_await slot.effect_turn();
    (void)co_await go;
  };
  auto queue = std::make_shared<OperationQueue>();
  const std::weak_ptr<OperationQueue> watched = queue;
  for (Steps* steps : {&one_, &two_, &three_}) tasks_.spawn(owned(queue, steps->stored));
  queue.reset();
  two_.stored.complete(true);
  three_.stored.complete(true);
  EXPECT_FALSE(watched.expired());
  one_.stored.complete(true);
  EXPECT_TRUE(watched.expired());
}

TEST_F(OperationQueueTest, IsFullAtItsNumberOfOperations) {
  std::vector<std::unique_ptr<OperationQueue::Slot>> slots;
  for (std::size_t i = 0; i < OperationQueue::kMaxOperations; ++i) {
    EXPECT_FALSE(queue_->full());
    slots.push_back(std::make_unique<OperationQueue::Slot>(*queue_, Kind::publish, 0));
  }
  EXPECT_TRUE(queue_->full());
  slots.erase(slots.begin() + 7);
  EXPECT_FALSE(queue_->full());
}

TEST_F(OperationQueueTest, TakesMoreWhileTheEffectsHaveStarted) {
  std::vector<std::unique_ptr<OperationQueue::Slot>> slots;
  while (slots.size() < OperationQueue::kMaxUnanswered) {
    EXPECT_FALSE(queue_->full());
    slots.push_back(std::make_unique<OperationQueue::Slot>(*queue_, Kind::publish, 0));
    slots.back()->effect_started();
  }
  EXPECT_TRUE(queue_->full());
  slots.erase(slots.begin());
  EXPECT_FALSE(queue_->full());
  slots.resize(1);
  for (std::size_t i = 0; i < OperationQueue::kMaxOperations; ++i) {
    EXPECT_FALSE(queue_->full());
    slots.push_back(std::make_unique<OperationQueue::Slot>(*queue_, Kind::publish, 0));
  }
  EXPECT_TRUE(queue_->full());
}

TEST_F(OperationQueueTest, IsFullAtItsBytes) {
  const OperationQueue::Slot small(*queue_, Kind::publish, 1);
  EXPECT_FALSE(queue_->full());
  {
    const OperationQueue::Slot large(*queue_, Kind::publish, OperationQueue::kMaxBytes - 1);
    EXPECT_TRUE(queue_->full());
  }
  EXPECT_FALSE(queue_->full());
}

}  // namespace
}  // namespace eventsd::core
