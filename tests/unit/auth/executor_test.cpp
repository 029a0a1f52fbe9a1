#include "eventsd/executor.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <thread>

#include "eventsd/task.hpp"

namespace eventsd {
namespace {

Executor executor_of(boost::asio::io_context& context) {
  return [&context](std::function<void()> work) { boost::asio::post(context, std::move(work)); };
}

// A loop on a thread of its own.
class Loop {
 public:
  Loop() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
  ~Loop() {
    work_.reset();
    thread_.join();
  }
  Executor executor() { return executor_of(context_); }
  std::thread::id id() const { return thread_.get_id(); }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

class HandOffTest : public ::testing::Test {
 protected:
  // Runs a coroutine on this thread, whose loop is `here_`, until it ends.
  void run(Task<void> task) {
    const ExecutorScope scope(executor_of(here_));
    TaskGroup tasks([](std::exception_ptr) { FAIL(); });
    auto work = boost::asio::make_work_guard(here_);
    tasks.on_idle([&work] { work.reset(); });
    tasks.spawn(std::move(task));
    here_.run();
    EXPECT_EQ(tasks.running(), 0u);
  }

  // In this order: whoever posts to a loop may still be inside that post when the work is done, and
  // ends before it.
  boost::asio::io_context here_{1};
  Loop third_;
  Loop there_;
};

TEST_F(HandOffTest, WorksThereAndResumesHere) {
  std::thread::id began;
  std::thread::id resumed;
  std::string answer;
  run([](Executor there, std::thread::id& at, std::thread::id& after,
         std::string& into) -> Task<void> {
    HandOff<std::string> work(there, [&at](HandOff<std::string>::Done done) {
      at = std::this_thread::get_id();
      done("answer");
    });
    into = co_await work;
    after = std::this_thread::get_id();
  }(there_.executor(), began, resumed, answer));
  EXPECT_EQ(answer, "answer");
  EXPECT_EQ(began, there_.id());
  EXPECT_EQ(resumed, std::this_thread::get_id());
}

TEST_F(HandOffTest, WaitsForWorkThatEndsLaterOnAThirdThread) {
  std::unique_ptr<int> answer;
  run([](Executor there, Loop& last, std::unique_ptr<int>& into) -> Task<void> {
    using Answer = HandOff<std::unique_ptr<int>>;  // moves, and cannot be copied
    Answer work(there, [&last](Answer::Done done) {
      last.executor()([done = std::move(done)] { done(std::make_unique<int>(7)); });
    });
    into = co_await work;
  }(there_.executor(), third_, answer));
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, 7);
}

TEST_F(HandOffTest, GoesAsOftenAsItIsAsked) {
  int sum = 0;
  run([](Executor there, int& into) -> Task<void> {
    for (int round = 0; round < 1000; ++round) {
      HandOff<int> work(there, [round](HandOff<int>::Done done) { done(round); });
      const int answer = co_await work;
      into += answer;
    }
  }(there_.executor(), sum));
  EXPECT_EQ(sum, 499'500);
}

TEST(ExecutorScope, NestsAndEnds) {
  int outer_calls = 0;
  int inner_calls = 0;
  const ExecutorScope outer([&outer_calls](const std::function<void()>&) { ++outer_calls; });
  {
    const ExecutorScope inner([&inner_calls](const std::function<void()>&) { ++inner_calls; });
    current_executor()([] {});
  }
  current_executor()([] {});
  EXPECT_EQ(inner_calls, 1);
  EXPECT_EQ(outer_calls, 1);
}

}  // namespace
}  // namespace eventsd
