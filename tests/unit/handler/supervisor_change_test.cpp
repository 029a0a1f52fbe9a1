// Other limits while calls run: new workers, no call lost.
#include "unit/handler/support/supervised.hpp"

namespace eventsd::handler {
namespace {

using test::children;
using ::testing::HasSubstr;
using namespace std::chrono_literals;
using test::End;

class SupervisorChangeTest : public test::SupervisorTest {};

TEST_F(SupervisorChangeTest, OtherLimitsAreThoseOfNewWorkersAndNoCallIsLostMeanwhile) {
  options_.engine.cpu_time = 60s;
  start();
  until([this] { return supervisor_->counts().ready == processes(); });
  const std::vector<pid_t> before = children();
  const CodeModulePtr good = module("return ctx.events;");
  for (int i = 0; i < 200; ++i) call("good", static_cast<std::uint32_t>(i % 7), good);
  options_.engine.cpu_time = 30ms;
  supervisor_->reconfigure(options_);
  for (int i = 0; i < 200; ++i) call("good", static_cast<std::uint32_t>(i % 7), good);
  until_all();
  EXPECT_EQ(ended_.size(), 400u);
  EXPECT_EQ(outcomes_["good"].value, "[1]");
  EXPECT_EQ(supervisor_->counts().refused, 0u);
  until_only_new(before);
  EXPECT_EQ(supervisor_->counts().died, 0u);
  const CodeOutcome limited = only(module("for (;;) {}"));
  EXPECT_THAT(limited.message, HasSubstr("more than 30 ms"));
}

TEST_F(SupervisorChangeTest, OtherLimitsLetACallThatRunsFinishUnderItsOwn) {
  options_.engine.cpu_time = 2s;
  start();
  until([this] { return supervisor_->counts().ready == processes(); });
  const std::vector<pid_t> before = children();
  const CodeModulePtr counts = module("for (let i = 0; i < 3e6; i += 1) {} return 'whole';");
  call("runs", 1, counts);
  options_.engine.cpu_time = 1ms;
  supervisor_->reconfigure(options_);
  until_all();
  EXPECT_EQ(outcomes_["runs"].value, "\"whole\"") << outcomes_["runs"].message;
  until_only_new(before);
  EXPECT_EQ(only(counts).end, End::limit);
}

TEST_F(SupervisorChangeTest, WorkersBecomeMoreAndFewerWithoutLosingACall) {
  start();
  const CodeModulePtr good = module("return ctx.events;");
  for (const unsigned workers : {5u, 2u, 3u}) {
    ended_.clear();
    options_.workers = workers;
    for (int i = 0; i < 100; ++i) call("good", static_cast<std::uint32_t>(i % 7), good);
    supervisor_->reconfigure(options_);
    until_all();
    EXPECT_EQ(ended_.size(), 100u);
    EXPECT_EQ(outcomes_["good"].value, "[1]");
    until([this] { return children().size() == processes(); });
    until([this] { return supervisor_->counts().ready == processes(); });
  }
  EXPECT_EQ(supervisor_->counts().refused, 0u);
  EXPECT_EQ(supervisor_->counts().died, 0u);
}

TEST_F(SupervisorChangeTest, ManyChangesInARowEndWithTheLast) {
  start();
  const CodeModulePtr good = module("return ctx.events;");
  std::size_t most = 0;
  for (int i = 1; i <= 20; ++i) {
    options_.engine.cpu_time = std::chrono::milliseconds(1000 - i);
    supervisor_->reconfigure(options_);
    call("good", 1, good);
    until([this] { return ended_.size() > 0; });
    ended_.clear();
    most = std::max(most, children().size());
  }
  until([this] { return children().size() == processes(); });
  EXPECT_LE(most, 3 * processes());
  EXPECT_THAT(only(module("for (;;) {}"), 2).message, HasSubstr("more than 980 ms"));
}

TEST_F(SupervisorChangeTest, TheQueueFollowsAtOnce) {
  start();
  const CodeModulePtr good = module("return ctx.events;");
  const std::string context = R"({"events":[1],"pad":")" + std::string(3000, 'x') + "\"}";
  options_.max_queue = 1000;
  supervisor_->reconfigure(options_);
  call("refused", 1, good, context);
  until_all();
  EXPECT_EQ(outcomes_["refused"].end, End::overloaded);
  options_.max_queue = 1 << 20;
  supervisor_->reconfigure(options_);
  call("taken", 1, good, context);
  until_all();
  EXPECT_EQ(outcomes_["taken"].value, "[1]");
}

}  // namespace
}  // namespace eventsd::handler
