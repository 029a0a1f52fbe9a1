// A pool of real workers of the built daemon, and calls that note how and in what order they end.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "eventsd/executor.hpp"
#include "handler/supervisor.hpp"

namespace eventsd::handler::test {

using namespace std::chrono_literals;
using End = CodeOutcome::End;

// Children of this process, that is: workers.
inline std::vector<pid_t> children() {
  std::vector<pid_t> pids;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t pid = 0; list >> pid;) pids.push_back(pid);
  }
  return pids;
}

class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() { options_.program = EVENTSD_PROGRAM; }

  void start() { supervisor_ = make_supervisor(options_); }
  std::size_t processes() const { return options_.workers + 1; }  // with the one in reserve

  CodeModulePtr module(const std::string& body) {
    return make_code_module("code.js", "export function onPublish(ctx) {" + body + "}",
                            {CodeModule::Form::function, CodeModule::Form::absent});
  }

  // The outcome is in outcomes_[name], the names of those that have ended in ended_, in order.
  void call(const std::string& name, std::uint32_t key, const CodeModulePtr& code,
            const std::string& context = R"({"events":[1]})") {
    group_.spawn(run(name, CodeCall{code, "onPublish", context, key}));
  }
  Task<void> run(std::string name, CodeCall call) {
    CodeOutcome outcome = co_await supervisor_->run(std::move(call));
    outcomes_[name] = std::move(outcome);
    ended_.push_back(name);
  }

  // Runs the loop until it is so; fails after a minute.
  void until(const std::function<bool()>& so) {
    const auto late = std::make_shared<bool>(false);  // the timer's end may be told afterwards
    boost::asio::steady_timer limit(io_, 60s);
    limit.async_wait([late](boost::system::error_code cancelled) { *late = !cancelled; });
    boost::asio::steady_timer poll(io_);
    while (!so() && !*late) {
      poll.expires_after(2ms);
      poll.async_wait([](boost::system::error_code) {});
      io_.run_one();
    }
    ASSERT_FALSE(*late) << "nothing more happened for a minute";
  }
  void until_all() {
    until([this] { return group_.running() == 0; });
  }
  CodeOutcome only(const CodeModulePtr& code, std::uint32_t key = 1) {
    call("only", key, code);
    until_all();
    return outcomes_["only"];
  }

  // Until the workers are others than those.
  void until_only_new(const std::vector<pid_t>& before) {
    until([&] {
      const std::vector<pid_t> now = children();
      return now.size() == processes() && std::none_of(now.begin(), now.end(), [&](pid_t pid) {
               return std::find(before.begin(), before.end(), pid) != before.end();
             });
    });
    until([this] { return supervisor_->counts().ready == processes(); });
  }

  // A hostile call of namespace 1, and calls of namespace 2 that come after it. They end before a
  // slow one does, and then namespace 1 works again.
  enum class Pace { slow, any };  // slow: it runs until its CPU time is over
  void expect_survives(const std::string& hostile, const std::string& message,
                       Pace pace = Pace::slow) {
    start();
    until([this] { return supervisor_->counts().ready == processes(); });
    const CodeModulePtr good = module("return ctx.events;");
    // The module of namespace 2 is known to a worker, so that what follows is about calls alone.
    EXPECT_EQ(only(good, 2).value, "[1]");
    ended_.clear();
    call("hostile", 1, module(hostile));
    for (int i = 0; i < 20; ++i) call("good", 2, good);
    until_all();
    EXPECT_EQ(ended_.size(), 21u);
    if (pace == Pace::slow) EXPECT_EQ(ended_.back(), "hostile");
    EXPECT_EQ(outcomes_["good"].value, "[1]");
    EXPECT_EQ(outcomes_["hostile"].end, End::limit) << outcomes_["hostile"].message;
    EXPECT_THAT(outcomes_["hostile"].message, ::testing::HasSubstr(message));
    EXPECT_EQ(only(good, 1).value, "[1]");
    EXPECT_EQ(supervisor_->counts().queued_bytes, 0u);
  }

  void TearDown() override {
    if (!supervisor_) return;
    supervisor_->stop();
    EXPECT_TRUE(children().empty());
  }

  SupervisorOptions options_;
  boost::asio::io_context io_;
  const ExecutorScope scope_{
      [this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); }};
  TaskGroup group_{[](std::exception_ptr) { FAIL() << "a call threw"; }};
  std::unique_ptr<Supervisor> supervisor_;
  std::map<std::string, CodeOutcome> outcomes_;
  std::vector<std::string> ended_;
};

}  // namespace eventsd::handler::test
