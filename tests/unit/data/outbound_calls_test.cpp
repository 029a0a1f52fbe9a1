// Calls from one thread that are answered on another.
#include "data/outbound_calls.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "eventsd/executor.hpp"

namespace eventsd::data {
namespace {

using std::chrono::milliseconds;

class OutboundCallsTest : public ::testing::Test {
 protected:
  ~OutboundCallsTest() override {
    work_.reset();
    thread_.join();
  }

  // A call of this request, whose answer is kept.
  Task<void> ask(std::string request, milliseconds deadline,
                 std::function<void(const std::string&, Answer)> begin) {
    DataSourceAnswer answer = co_await calls_.run(
        "Test", deadline, [&](Answer done) { begin(request, std::move(done)); });
    EXPECT_EQ(std::this_thread::get_id(), shard_thread_);
    answers_.push_back(std::move(answer));
  }
  void run_until_idle() {
    const auto guard = boost::asio::make_work_guard(shard_);
    while (tasks_.running() > 0 && shard_.run_one_for(std::chrono::seconds(20)) > 0) {
    }
    ASSERT_EQ(tasks_.running(), 0U);
  }

  boost::asio::io_context outbound_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      outbound_.get_executor()};
  OutboundCalls calls_{outbound_};
  std::thread thread_{[this] { outbound_.run(); }};
  boost::asio::io_context shard_{1};
  const ExecutorScope scope_{
      [this](std::function<void()> work) { boost::asio::post(shard_, std::move(work)); }};
  const std::thread::id shard_thread_ = std::this_thread::get_id();
  TaskGroup tasks_{[](std::exception_ptr failure) { std::rethrow_exception(failure); }};
  std::vector<DataSourceAnswer> answers_;
};

TEST_F(OutboundCallsTest, AreAnsweredAtOnceOrLaterAndOnce) {
  const auto at_once = [](const std::string& request, const Answer& done) {
    done(DataSourceAnswer::success(request));
    done(DataSourceAnswer::success("again"));
  };
  const auto later = [this](const std::string& request, const Answer& done) {
    boost::asio::post(outbound_, [request, done] { done(DataSourceAnswer::success(request)); });
  };
  for (int i = 0; i < 500; ++i) {
    tasks_.spawn(ask("1", std::chrono::seconds(10), at_once));
    tasks_.spawn(ask("1", std::chrono::seconds(10), later));
  }
  run_until_idle();
  ASSERT_EQ(answers_.size(), 1'000U);
  for (const DataSourceAnswer& answer : answers_) EXPECT_EQ(answer.result, "1");
}

TEST_F(OutboundCallsTest, EndAtTheirDeadline) {
  Answer kept;
  tasks_.spawn(ask("1", milliseconds(20), [&](const std::string&, Answer done) { kept = done; }));
  run_until_idle();
  EXPECT_EQ(answers_.at(0).error_type, "Test:ExecutionTimeoutException");
  boost::asio::post(outbound_, [kept] { kept(DataSourceAnswer::success("late")); });
}

TEST_F(OutboundCallsTest, SurviveWhatTheirBeginningThrows) {
  tasks_.spawn(ask("1", std::chrono::seconds(10),
                   [](const std::string&, const Answer&) { throw std::runtime_error("a bug"); }));
  run_until_idle();
  EXPECT_EQ(answers_.at(0).error_type, "Test:InternalFailure");
}

TEST_F(OutboundCallsTest, EndWhenTheyAreClosed) {
  for (int i = 0; i < 100; ++i) {
    tasks_.spawn(ask("1", std::chrono::seconds(10), [](const std::string&, const Answer&) {}));
  }
  calls_.close();
  tasks_.spawn(ask("1", std::chrono::seconds(10), [](const std::string&, const Answer&) {}));
  run_until_idle();
  ASSERT_EQ(answers_.size(), 101U);
  for (const DataSourceAnswer& answer : answers_) {
    EXPECT_EQ(answer.error_type, "Test:ServiceUnavailableException");
  }
}

TEST_F(OutboundCallsTest, AreNotLongerThanTheirCallerWaits) {
  DataSourceCall call;
  EXPECT_EQ(time_left(call, milliseconds(500)), milliseconds(500));
  call.deadline = std::chrono::steady_clock::now() - milliseconds(1);
  EXPECT_EQ(time_left(call, milliseconds(500)), milliseconds(0));
  call.deadline = std::chrono::steady_clock::now() + std::chrono::hours(1);
  EXPECT_EQ(time_left(call, milliseconds(500)), milliseconds(500));
}

TEST_F(OutboundCallsTest, ObjectsEndOnTheThreadOfTheContext) {
  struct Watched {
    std::promise<std::thread::id>& ended;
    ~Watched() { ended.set_value(std::this_thread::get_id()); }
  };
  std::promise<std::thread::id> ended;
  on_its_thread(calls_, std::unique_ptr<Watched>(new Watched{ended})).reset();
  EXPECT_EQ(ended.get_future().get(), thread_.get_id());
}

}  // namespace
}  // namespace eventsd::data
