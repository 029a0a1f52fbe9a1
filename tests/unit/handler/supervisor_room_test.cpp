// Namespaces that together could hold all workers: others are served beside them all the same.
#include "unit/handler/support/supervised.hpp"

namespace eventsd::handler {
namespace {

using test::children;
using namespace std::chrono_literals;
using test::End;

class SupervisorRoomTest : public test::SupervisorTest {};

TEST_F(SupervisorRoomTest, OthersGetAWorkerWhileNamespacesTogetherHoldAllOfThem) {
  options_.engine.cpu_time = 60s;
  options_.wall_time = 6s;  // the start of a worker is in it, where others hold the machine
  start();
  until([this] { return supervisor_->counts().ready == processes(); });
  // One more than there are workers: the one in reserve is held as well.
  const CodeModulePtr bad = module("for (;;) {}");
  for (std::uint32_t key = 1; key <= options_.workers + 1; ++key) call("long", key, bad);
  for (int i = 0; i < 20; ++i) call("other", 100, module("return ctx.events;"));
  until([this] { return ended_.size() == 20; });
  EXPECT_EQ(std::count(ended_.begin(), ended_.end(), "other"), 20);
  EXPECT_EQ(outcomes_["other"].value, "[1]");
  until_all();
  EXPECT_EQ(outcomes_["long"].end, End::limit);
  // It ends when it has not been needed for a while.
  until([this] { return children().size() == processes(); });
  until([this] { return supervisor_->counts().ready == processes(); });
}

TEST_F(SupervisorRoomTest, ThereAreNeverMoreThanTwiceTheWorkers) {
  options_.engine.cpu_time = 60s;
  options_.wall_time = 2s;
  options_.workers = 1;
  start();
  const CodeModulePtr bad = module("for (;;) {}");
  for (std::uint32_t key = 1; key <= 4; ++key) call("long", key, bad);
  std::size_t most = 0;
  until([&] {
    most = std::max(most, children().size());
    return ended_.size() == 4;
  });
  EXPECT_EQ(most, 2u);
}

// Eight hold eight workers, and there are never as many: without room being made the others would
// wait until the first of them is stopped.
TEST_F(SupervisorRoomTest, EightNamespacesThatNeverReturnHoldUpNobodyElse) {
  options_.engine.cpu_time = 60s;
  options_.wall_time = 5min;
  start();
  until([this] { return supervisor_->counts().ready == processes(); });
  const CodeModulePtr good = module("return ctx.events;");
  EXPECT_EQ(only(good, 100).value, "[1]");
  ended_.clear();
  for (std::uint32_t key = 1; key <= 8; ++key) call("hostile", key, module("for (;;) {}"));
  std::size_t most = 0;
  // Of one that is known, and of ten that are not.
  for (std::uint32_t key = 100; key <= 110; ++key) {
    for (int i = 0; i < 10; ++i) call("good", key, good);
  }
  until([&] {
    most = std::max(most, children().size());
    return ended_.size() == 110;
  });
  EXPECT_EQ(std::count(ended_.begin(), ended_.end(), "good"), 110);
  EXPECT_EQ(outcomes_["good"].value, "[1]");
  EXPECT_LE(most, 2 * options_.workers + 1);
  // Those that have been moved apart hold one worker together, and so the next ones wait for none.
  const auto killed = supervisor_->counts().killed;
  for (int i = 0; i < 100; ++i) {
    call("good", 100 + static_cast<std::uint32_t>(i % 11), good);
    until([&] { return ended_.size() == 111 + static_cast<std::size_t>(i); });
  }
  EXPECT_LE(supervisor_->counts().killed, killed + 8);
  supervisor_->release_waiters();
  until_all();
}

TEST_F(SupervisorRoomTest, ALongCallThatMakesRoomForOthersIsDoneAllTheSame) {
  options_.engine.cpu_time = 60s;
  start();
  until([this] { return supervisor_->counts().ready == processes(); });
  const CodeModulePtr slow =
      module("const end = Date.now() + 300; while (Date.now() < end) {} return ctx.key;");
  for (std::uint32_t key = 1; key <= 8; ++key) {
    const std::string name = std::to_string(key);
    call(name, key, slow, "{\"key\":" + name + "}");
  }
  until_all();
  for (std::uint32_t key = 1; key <= 8; ++key) {
    const std::string name = std::to_string(key);
    EXPECT_EQ(outcomes_[name].value, name) << outcomes_[name].message;
  }
  EXPECT_EQ(supervisor_->counts().queued_bytes, 0u);
}

}  // namespace
}  // namespace eventsd::handler
