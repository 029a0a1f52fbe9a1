// While a namespace's handler is hostile, in every way that there is, handlers of another namespace
// answer as before: measured beside the same calls without it, on the same machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "eventsd/executor.hpp"
#include "handler/supervisor.hpp"

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;
using End = CodeOutcome::End;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EVENTSD_SLOW_BUILD 1
#endif
#endif
#ifdef EVENTSD_SLOW_BUILD
constexpr auto kMostAdded = 1500ms;
#else
constexpr auto kMostAdded = 150ms;
#endif
constexpr auto kPace = 4ms;
constexpr int kCalls = 150;
constexpr int kRounds = 3;  // the best counts: other programs may take the machine meanwhile
constexpr std::uint32_t kGood = 2;
constexpr std::uint32_t kHostile = 100;  // and those that follow

class HostileWorld : public ::testing::Test {
 protected:
  HostileWorld() { start(); }
  ~HostileWorld() override { supervisor_->stop(); }

  SupervisorOptions supervisor_options() const {
    SupervisorOptions options;
    options.program = EVENTSD_PROGRAM;
    options.workers = workers_;
    return options;
  }
  void start() {
    if (supervisor_) supervisor_->stop();
    supervisor_ = make_supervisor(supervisor_options());
  }
  CodeModulePtr module(const std::string& body) {
    return make_code_module("code.js", "export function onPublish(ctx) {" + body + "}", {});
  }
  Task<void> good_call(CodeModulePtr code) {
    const auto begin = steady_clock::now();
    CodeOutcome outcome = co_await supervisor_->run(
        CodeCall{std::move(code), "onPublish", R"({"events":[1]})", kGood});
    took_.push_back(steady_clock::now() - begin);
    if (outcome.value != "[1]") ++wrong_;
  }
  Task<void> hostile_call(CodeModulePtr code, std::uint32_t key) {
    CodeOutcome outcome =
        co_await supervisor_->run(CodeCall{std::move(code), "onPublish", "{}", key});
    hostile_ = std::move(outcome);
  }
  Task<void> hostile_calls(CodeModulePtr code, std::uint32_t key, const bool& over) {
    while (!over) {
      CodeOutcome outcome = co_await supervisor_->run(CodeCall{code, "onPublish", "{}", key});
      if (outcome.end == End::overloaded) break;
      hostile_ = std::move(outcome);
    }
  }
  void until_idle() {
    while (group_.running() > 0) io_.run_one();
  }
  // Calls at a pace, and among the first a call of each hostile module, of a namespace of its own;
  // the time that all but one in a hundred took.
  Millis p99_beside(const CodeModulePtr& good, const std::vector<CodeModulePtr>& hostile,
                    const std::function<void()>& at_end = {}) {
    took_.clear();
    boost::asio::steady_timer pace(io_, kPace);
    for (int i = 0; i < kCalls; ++i) {
      for (std::size_t n = 0; n < hostile.size() && i == 10; ++n) {
        group_.spawn(hostile_call(hostile[n], kHostile + static_cast<std::uint32_t>(n)));
      }
      group_.spawn(good_call(good));
      bool next = false;
      pace.expires_after(kPace);
      pace.async_wait([&next](boost::system::error_code) { next = true; });
      while (!next) io_.run_one();
    }
    if (at_end) at_end();
    until_idle();
    std::sort(took_.begin(), took_.end());
    return took_.at(took_.size() * 99 / 100);
  }

  void expect_short(const std::vector<CodeModulePtr>& bad) {
    const CodeModulePtr good = module("return ctx.events;");
    Millis added{};
    for (int round = 0; round < kRounds && (round == 0 || added >= kMostAdded); ++round) {
      if (round > 0) start();         // what an earlier round has left behind helps none
      group_.spawn(good_call(good));  // waits for the workers, and has one know the module
      until_idle();
      const Millis before = p99_beside(good, {});
      added = p99_beside(good, bad) - before;
      std::printf("p99 before %.1f ms, added %.1f ms\n", before.count(), added.count());
      EXPECT_NE(hostile_.end, End::value) << hostile_.value;
      EXPECT_EQ(wrong_, 0);
    }
    EXPECT_LT(added, kMostAdded);
    RecordProperty("p99_ms_added", std::to_string(added.count()));
    group_.spawn(good_call(good));
    until_idle();
    EXPECT_EQ(wrong_, 0);
  }

  boost::asio::io_context io_;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);
  const ExecutorScope scope_{
      [this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); }};
  TaskGroup group_{[](std::exception_ptr) { FAIL() << "a call threw"; }};
  unsigned workers_ = 2;
  std::unique_ptr<Supervisor> supervisor_;
  std::vector<Millis> took_;
  CodeOutcome hostile_;
  int wrong_ = 0;
};

class HostileDelay : public HostileWorld,
                     public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(HostileDelay, OfOtherNamespacesIsShort) { expect_short({module(GetParam().second)}); }

TEST_F(HostileWorld, TwoNamespacesThatHoldBothWorkersDelayAThirdLittleToo) {
  expect_short({module("for (;;) {}"),
                module("return Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);")});
}

// Each begins anew as soon as it has been stopped, until it rests. A call of any other namespace
// would have to wait for one of them if they could hold all workers.
TEST_F(HostileWorld, EightNamespacesThatLoopAgainAndAgainDelayOthersLittle) {
  workers_ = 4;
  // Less than what one of them holds a worker for; the figure itself is in docs/HANDLERS.md.
  constexpr auto kMost = 5 * kMostAdded;
  const CodeModulePtr good = module("return ctx.events;");
  Millis added{};
  for (int round = 0; round < kRounds && (round == 0 || added >= kMost); ++round) {
    start();
    group_.spawn(good_call(good));
    until_idle();
    const Millis before = p99_beside(good, {});
    bool over = false;
    for (std::uint32_t n = 0; n < 8; ++n) {
      group_.spawn(hostile_calls(module("for (;;) {}"), kHostile + n, over));
    }
    added = p99_beside(good, {}, [&over] { over = true; }) - before;
    std::printf("p99 before %.1f ms, added %.1f ms, most %.1f ms\n", before.count(), added.count(),
                took_.back().count());
    EXPECT_EQ(wrong_, 0);
    EXPECT_NE(hostile_.end, End::value);
  }
  RecordProperty("p99_ms_added", std::to_string(added.count()));
  EXPECT_LT(added, kMost);
}

INSTANTIATE_TEST_SUITE_P(
    Of, HostileDelay,
    ::testing::Values(
        std::pair{"Loop", "for (;;) {}"},
        std::pair{"Allocation", "const a = []; for (;;) a.push(new Array(1000).fill(a.length));"},
        std::pair{"Recursion", "const f = (n) => f(n + 1) + 1; return f(0);"},
        std::pair{"RegularExpression", "return /^(a+)+$/.test('a'.repeat(60) + 'b');"},
        std::pair{"BuiltInThatNeverPolls",
                  "return Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);"},
        std::pair{"HugeStrings", "const a = []; for (;;) a.push('x'.repeat(1 << 20) + a.length);"},
        std::pair{"PromiseSpin", "const f = () => Promise.resolve().then(f); return f();"}),
    [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace eventsd::handler
