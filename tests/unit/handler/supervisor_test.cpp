// Hostile code in real workers: whatever it does is reported, the next call works, and calls of
// other namespaces complete meanwhile. Asserts order, never times.
#include "handler/supervisor.hpp"

#include <csignal>

#include "handler/spawn.hpp"
#include "unit/handler/support/supervised.hpp"

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;
using test::children;
using test::End;
using test::SupervisorTest;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST_F(SupervisorTest, SaysSoonThatNoWorkerStartsInsteadOfWaitingForOne) {
  options_.program = "/bin/false";
  options_.wall_time = 10min;  // a check that waits for it fails this test by its time limit
  start();
  const CodeCheck checked = supervisor_->check_now("code.js", "export const onPublish = 1;");
  ASSERT_TRUE(std::holds_alternative<CodeFault>(checked));
  EXPECT_THAT(std::get<CodeFault>(checked).message,
              HasSubstr("no handler worker starts that could check it: exit code 1"));
}

// Waits for kStartTime once, not for each of its starts.
TEST_F(SupervisorTest, SaysSoonThatWorkersHangAtTheirStart) {
  const std::filesystem::path program =
      std::filesystem::temp_directory_path() / ("eventsd-hangs-" + std::to_string(::getpid()));
  std::ofstream(program) << "#!/bin/sh\nexec sleep 600\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  options_.program = program.string();
  options_.wall_time = 10min;
  start();
  const CodeCheck checked = supervisor_->check_now("code.js", "export const onPublish = 1;");
  ASSERT_TRUE(std::holds_alternative<CodeFault>(checked));
  EXPECT_EQ(std::get<CodeFault>(checked).line, 0);
  EXPECT_THAT(std::get<CodeFault>(checked).message, HasSubstr("it was not ready within 5 s"));
  std::filesystem::remove(program);
}

TEST_F(SupervisorTest, RunsACallInAWorker) {
  start();
  const CodeOutcome outcome =
      only(module("console.log('a', ctx.events); ctx.stash = { b: 1 };"
                  "return ctx.events.map((e) => e + 1);"));
  EXPECT_EQ(outcome.end, End::value);
  EXPECT_EQ(outcome.value, "[2]");
  EXPECT_EQ(outcome.stash, R"({"b":1})");
  ASSERT_EQ(outcome.log.size(), 1u);
  EXPECT_EQ(outcome.log[0].text, R"("a" [1])");
}

TEST_F(SupervisorTest, AnswersCallsOfANamespaceInOrder) {
  start();
  const CodeModulePtr code = module("return ctx.n;");
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) {
    names.push_back(std::to_string(i));
    call(names.back(), 1, code, "{\"n\":" + names.back() + "}");
  }
  until_all();
  EXPECT_EQ(ended_, names);
  for (const std::string& name : names) EXPECT_EQ(outcomes_[name].value, name);
}

TEST_F(SupervisorTest, KnowsTimeZonesInsideTheSandbox) {
  start();
  const CodeOutcome outcome = only(make_code_module(
      "code.js",
      "import { util } from '@aws-appsync/utils';"
      "export function onPublish() {"
      "  return util.time.epochMilliSecondsToFormatted(0, 'HH', 'America/New_York'); }",
      {}));
  EXPECT_EQ(outcome.value, "\"19\"") << outcome.message;
}

TEST_F(SupervisorTest, HidesTheZoneAndTheFilesOfTheMachine) {
  start();
  EXPECT_EQ(only(module("return new Date(0).getTimezoneOffset();")).value, "0");
}

TEST_F(SupervisorTest, ChecksModules) {
  start();
  const CodeCheck good =
      supervisor_->check_now("code.js", "export const onPublish = { request() {}, response() {} }");
  ASSERT_TRUE(std::holds_alternative<CodeExports>(good)) << std::get<CodeFault>(good).message;
  EXPECT_EQ(std::get<CodeExports>(good).on_publish, CodeModule::Form::object);
  const CodeCheck bad = supervisor_->check_now("code.js", "export function onPublish() {\n  let }");
  ASSERT_TRUE(std::holds_alternative<CodeFault>(bad));
  EXPECT_EQ(std::get<CodeFault>(bad).line, 2);
  const CodeCheck endless =
      supervisor_->check_now("code.js", "export function onPublish() {}\nfor (;;) {}");
  ASSERT_TRUE(std::holds_alternative<CodeFault>(endless));
  EXPECT_TRUE(std::holds_alternative<CodeExports>(
      supervisor_->check_now("code.js", "export function onSubscribe() {}")));
}

TEST_F(SupervisorTest, AModuleThatCannotBeLoadedSaysWhy) {
  start();
  const CodeOutcome outcome = only(make_code_module("code.js", "export function onPublish( {", {}));
  EXPECT_EQ(outcome.end, End::crashed);
  EXPECT_THAT(outcome.message, HasSubstr("the module cannot be used"));
}

TEST_F(SupervisorTest, SurvivesAnEndlessLoop) { expect_survives("for (;;) {}", "CPU time"); }

TEST_F(SupervisorTest, SurvivesAnAllocationBomb) {
  expect_survives("const all = []; for (;;) all.push(new Array(1000).fill(all.length));", "memory",
                  Pace::any);
}

// The engine never gets to say no: the worker answers for it and ends.
TEST_F(SupervisorTest, SurvivesAModuleThatTakesAllMemoryAtOnce) {
  start();
  const std::string source = "const all = 'x'.repeat(2 ** 29);\nexport function onPublish() {}";
  const CodeOutcome outcome = only(make_code_module("code.js", source, {}));
  EXPECT_EQ(outcome.end, End::limit);
  EXPECT_THAT(outcome.message, HasSubstr("its top level takes more memory"));
  const CodeCheck check = supervisor_->check_now("code.js", source);
  ASSERT_TRUE(std::holds_alternative<CodeFault>(check));
  EXPECT_THAT(std::get<CodeFault>(check).message, HasSubstr("limits.handler.memory"));
  EXPECT_EQ(only(module("return 1;"), 2).value, "1");
  EXPECT_EQ(supervisor_->counts().died, 0u);
  EXPECT_EQ(supervisor_->counts().queued_bytes, 0u);
}

TEST_F(SupervisorTest, SurvivesEndlessRecursion) {
  start();
  const CodeOutcome outcome = only(module("const f = (n) => f(n + 1) + 1; return f(0);"));
  EXPECT_EQ(outcome.end, End::limit) << outcome.message;
  EXPECT_EQ(only(module("return 1;")).value, "1");
}

TEST_F(SupervisorTest, SurvivesACatastrophicRegularExpression) {
  expect_survives("return /^(a+)+$/.test('a'.repeat(60) + 'b');", "", Pace::any);
}

// No such built-in asks whether its time is over: only the kill helps.
TEST_F(SupervisorTest, KillsAWorkerThatNeverPolls) {
  expect_survives("return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
                  "the worker was stopped");
  EXPECT_GE(supervisor_->counts().killed, 1u);
}

TEST_F(SupervisorTest, SurvivesHugeStrings) {
  expect_survives("const all = []; for (;;) all.push('x'.repeat(1 << 20) + all.length);", "memory",
                  Pace::any);
}

TEST_F(SupervisorTest, AStringThatIsTooLongIsAnError) {
  start();
  const CodeOutcome outcome = only(module("let s = 'x'; for (;;) s += s;"));
  EXPECT_THAT(outcome.end, AnyOf(End::crashed, End::limit)) << outcome.message;
  EXPECT_EQ(only(module("return 1;")).value, "1");
}

// Ends at the CPU time or, on a fast machine, at the memory that promises take.
TEST_F(SupervisorTest, SurvivesPromisesThatNeverRest) {
  expect_survives("const spin = () => Promise.resolve().then(spin); return spin();",
                  "limits.handler.", Pace::any);
}

TEST_F(SupervisorTest, AnAnswerThatIsTooLongIsALimit) {
  start();
  const CodeOutcome outcome = only(module("return 'x'.repeat(6 * 1024 * 1024);"));
  EXPECT_EQ(outcome.end, End::limit);
  EXPECT_EQ(only(module("return 1;")).value, "1");
}

TEST_F(SupervisorTest, AWorkerThatIsKilledCostsTheRunningCallAlone) {
  options_.engine.cpu_time = 60s;
  options_.workers = 1;
  start();
  const CodeModulePtr good = module("return ctx.events;");
  EXPECT_EQ(only(good, 2).value, "[1]");
  call("running", 1, module("for (;;) {}"));
  for (int i = 0; i < 5; ++i) call("behind", 2, good);
  const std::vector<pid_t> workers = children();
  ASSERT_EQ(workers.size(), 1u);
  const auto before = *cpu_time_of(workers[0]);
  until([&] { return *cpu_time_of(workers[0]) > before + 30ms; });
  ::kill(workers[0], SIGKILL);
  until_all();
  EXPECT_THAT(ended_, UnorderedElementsAre("only", "running", "behind", "behind", "behind",
                                           "behind", "behind"));
  EXPECT_EQ(outcomes_["running"].end, End::crashed);
  EXPECT_THAT(outcomes_["running"].message, HasSubstr("ended while it ran this call"));
  EXPECT_EQ(outcomes_["behind"].value, "[1]");
  EXPECT_EQ(supervisor_->counts().died, 1u);
}

TEST_F(SupervisorTest, CallsBehindALongOneMoveToAnotherWorker) {
  options_.engine.cpu_time = 60s;
  options_.wall_time = 3s;
  start();
  until([this] { return supervisor_->counts().ready == processes(); });
  const CodeModulePtr good = module("return ctx.events;");
  // So many namespaces that some wait behind the long call.
  call("long", 1, module("for (;;) {}"));
  for (std::uint32_t key = 2; key < 40; ++key) call("other", key, good);
  until_all();
  EXPECT_EQ(ended_.size(), 39u);
  EXPECT_EQ(ended_.back(), "long");
  EXPECT_EQ(outcomes_["long"].end, End::limit);
  EXPECT_THAT(outcomes_["long"].message, HasSubstr("wall time"));
}

TEST_F(SupervisorTest, ANamespaceThatIsStoppedTooOftenFailsFast) {
  options_.engine.cpu_time = 20ms;
  start();
  const CodeModulePtr bad = module("for (;;) {}");
  for (unsigned i = 0; i < kStrikes; ++i) EXPECT_EQ(only(bad, 1).end, End::limit);
  const CodeOutcome refused = only(bad, 1);
  EXPECT_EQ(refused.end, End::overloaded);
  EXPECT_THAT(refused.message, HasSubstr("rests"));
  EXPECT_EQ(only(module("return 1;"), 2).value, "1");
}

TEST_F(SupervisorTest, RefusesCallsAboveTheCapOfItsQueue) {
  options_.max_queue = 10'000;
  start();
  const CodeModulePtr good = module("return ctx.events;");
  const std::string context = R"({"events":[1],"pad":")" + std::string(3000, 'x') + "\"}";
  for (int i = 0; i < 4; ++i) call(std::to_string(i), 1, good, context);
  until_all();
  EXPECT_EQ(ended_.front(), "3");
  EXPECT_EQ(outcomes_["3"].end, End::overloaded);
  EXPECT_THAT(outcomes_["3"].message, HasSubstr("limits.handler.maxQueue"));
  EXPECT_EQ(outcomes_["0"].value, "[1]");
  EXPECT_EQ(supervisor_->counts().queued_bytes, 0u);
}

TEST_F(SupervisorTest, RecyclesWorkers) {
  options_.recycle_after = 3;
  start();
  const CodeModulePtr good = module("return ctx.events;");
  for (int i = 0; i < 20; ++i) call("good", 1, good);
  until_all();
  EXPECT_EQ(ended_.size(), 20u);
  EXPECT_EQ(outcomes_["good"].value, "[1]");
  EXPECT_GE(supervisor_->counts().started, 4u);
  EXPECT_EQ(supervisor_->counts().died, 0u);
}

TEST_F(SupervisorTest, CallsEndWhenNoWorkerStarts) {
  options_.program = "/nowhere/eventsd";
  options_.wall_time = 100ms;
  start();
  const CodeOutcome outcome = only(module("return 1;"));
  EXPECT_EQ(outcome.end, End::limit);
  EXPECT_THAT(outcome.message, HasSubstr("no worker was free"));
}

// What answers is not a worker: it ends at once, or says nothing.
TEST_F(SupervisorTest, CallsEndWhenWorkersDieAtTheirStart) {
  options_.program = "/bin/true";
  options_.wall_time = 300ms;
  start();
  EXPECT_EQ(only(module("return 1;")).end, End::limit);
  EXPECT_GE(supervisor_->counts().died, 1u);
}

TEST_F(SupervisorTest, ReleasesWhoWaitsWhenItStops) {
  options_.engine.cpu_time = 60s;
  start();
  call("running", 1, module("for (;;) {}"));
  call("waiting", 1, module("return 1;"));
  supervisor_->release_waiters();
  until_all();
  EXPECT_EQ(outcomes_["running"].end, End::overloaded);
  EXPECT_EQ(outcomes_["waiting"].end, End::overloaded);
  EXPECT_EQ(only(module("return 1;")).end, End::overloaded);
}

}  // namespace
}  // namespace eventsd::handler
