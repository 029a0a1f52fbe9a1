#include "handler/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace eventsd::handler {
namespace {

using ::testing::HasSubstr;
using End = CodeOutcome::End;
using Form = CodeModule::Form;

class EngineTest : public ::testing::Test {
 protected:
  void load(const std::string& source) {
    const auto fault = engine_->load(1, "code.js", source, exports_);
    ASSERT_FALSE(fault) << fault->line << ":" << fault->column << ": " << fault->message;
  }
  CodeFault fault_of(const std::string& source) {
    const auto fault = engine_->load(1, "code.js", source, exports_);
    return fault ? *fault : CodeFault{0, 0, "none"};
  }
  CodeOutcome run(const std::string& body, const std::string& context = "{}") {
    load("export function onPublish(ctx) {" + body + "}");
    return engine_->run(1, "onPublish", context);
  }
  std::string value(const std::string& expression, const std::string& context = "{}") {
    const CodeOutcome outcome = run("return " + expression, context);
    return outcome.end == End::value ? outcome.value : "! " + outcome.message;
  }
  static EngineLimits limits() {
    EngineLimits limits;
    limits.cpu_time = std::chrono::milliseconds(100);
    limits.heap_bytes = 16 << 20;
    return limits;
  }

  std::unique_ptr<Engine> engine_ = make_engine(limits(), nullptr);
  CodeExports exports_;
};

TEST_F(EngineTest, RunsAFunctionOfTheModule) {
  EXPECT_EQ(value("ctx.events.map((e) => ({ id: e.id, payload: e.payload }))",
                  R"({"events":[{"id":"1","payload":{"a":[1,null]}}]})"),
            R"([{"id":"1","payload":{"a":[1,null]}}])");
}

TEST_F(EngineTest, KnowsTheFormsOfAHandler) {
  load(
      "export const onPublish = { request(c) { return 1; }, response: (c) => 2 };"
      "export const onSubscribe = (c) => 3;");
  EXPECT_EQ(exports_.on_publish, Form::object);
  EXPECT_EQ(exports_.on_subscribe, Form::function);
  EXPECT_EQ(engine_->run(1, "onPublish.request", "{}").value, "1");
  EXPECT_EQ(engine_->run(1, "onPublish.response", "{}").value, "2");
  EXPECT_EQ(engine_->run(1, "onSubscribe", "{}").value, "3");
}

TEST_F(EngineTest, SaysWhereAModuleIsWrong) {
  const CodeFault syntax = fault_of("export function onPublish(ctx) {\n  return 1 +;\n}");
  EXPECT_EQ(syntax.line, 2);
  EXPECT_GT(syntax.column, 1);
  const CodeFault module =
      fault_of("\nimport { a } from './helper.js';\nexport const onPublish = 1;");
  EXPECT_EQ(module.line, 2);
  EXPECT_THAT(module.message, HasSubstr("cannot import './helper.js'"));
  const CodeFault none = fault_of("\nimport x from '@aws-appsync/utils/rds';\nexport default x;");
  EXPECT_EQ(none.line, 2);
  EXPECT_EQ(none.column, 16);
  const CodeFault name = fault_of("import { nothing } from '@aws-appsync/utils';");
  EXPECT_EQ(name.line, 1);
  EXPECT_THAT(name.message, HasSubstr("nothing"));
  EXPECT_THAT(fault_of("export const x = 1;").message, HasSubstr("neither onPublish nor"));
  EXPECT_THAT(fault_of("for (;;) {}\nexport const onPublish = 1;").message, HasSubstr("cpuTime"));
}

TEST_F(EngineTest, KeepsNothingBetweenCalls) {
  load("let n = 0; export function onPublish(ctx) { n += 1; return n; }");
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(engine_->run(1, "onPublish", "{}").value, "1");
}

TEST_F(EngineTest, LetsNoCallChangeWhatAllShare) {
  for (const char* body :
       {"Array.prototype.map = 1", "Object.prototype.x = 1", "globalThis.y = 1", "util.error = 1",
        "JSON.parse = 1", "Promise.prototype.then = 1", "[][Symbol.iterator]().__proto__.next = 1",
        "(function*(){}).__proto__.z = 1"}) {
    EXPECT_EQ(run(body).end, End::crashed) << body;
  }
  EXPECT_EQ(value("(() => { const o = {}; o.toString = 1; o.constructor = 2; return o; })()"),
            R"({"toString":1,"constructor":2})");
}

// Also what no global leads to: iterators, and functions behind accessors.
TEST_F(EngineTest, FreezesWhatIsHidden) {
  for (const char* object :
       {"''.matchAll(/x/g).__proto__", "[].values().__proto__.__proto__",
        "new Map().entries().__proto__", "new Set().values().__proto__",
        "''[Symbol.iterator]().__proto__", "(async () => {}).__proto__",
        "(async function* () {}).__proto__.prototype", "(function* () {})().__proto__.__proto__",
        "Object.getOwnPropertyDescriptor(Object.prototype, 'toString').get",
        "Object.getOwnPropertyDescriptor(Error.prototype, 'name').set",
        "Object.getOwnPropertyDescriptor(Map.prototype, 'size').get", "Array.prototype.map",
        "util.time.nowISO8601", "globalThis"}) {
    EXPECT_EQ(value("Object.isFrozen(" + std::string(object) + ")"), "true") << object;
  }
}

TEST_F(EngineTest, HasNoScopeThatCallsShare) {
  EXPECT_THAT(value("(0, eval)('let leak = 1')"), HasSubstr("! "));
  EXPECT_THAT(value("new Function('return 1')()"), HasSubstr("! "));
  EXPECT_EQ(value("[typeof Proxy, typeof Uint8Array, typeof WeakRef, typeof Atomics]"),
            R"(["undefined","undefined","undefined","undefined"])");
}

TEST_F(EngineTest, ObjectsMayBeGivenMembersOfSharedNames) {
  EXPECT_EQ(value("(() => { const e = new TypeError('m'); e.name = 'Mine'; e.message = 'n';"
                  "const f = () => 1; f.call = 2; const o = Object.create({ toString: 1 });"
                  "o.toString = 3; return [String(e), f.call, o.toString, Object.keys(e)]; })()"),
            R"(["Mine: n",2,3,["name"]])");
}

TEST_F(EngineTest, StopsFromAnyDepthAndCannotBeCaught) {
  const CodeOutcome error =
      run("const f = () => { try { util.error('no', 'T', { a: 1 }); } catch { } "
          "finally { ctx.stash.b = 1; } }; f(); return 1;",
          R"({"stash":{}})");
  EXPECT_EQ(error.end, End::error);
  EXPECT_EQ(error.message, "no");
  EXPECT_EQ(error.type, "T");
  EXPECT_EQ(error.data, R"({"a":1})");
  EXPECT_EQ(run("util.unauthorized()").end, End::unauthorized);
  const CodeOutcome early = run("runtime.earlyReturn([1]); return 2;");
  EXPECT_EQ(early.end, End::early_return);
  EXPECT_EQ(early.value, "[1]");
}

TEST_F(EngineTest, GivesGlobalsAsExportsToo) {
  load(
      "import { util as u, runtime } from '@aws-appsync/utils';"
      "export const onPublish = () => u === util && typeof runtime.earlyReturn;");
  EXPECT_EQ(engine_->run(1, "onPublish", "{}").value, "\"function\"");
}

TEST_F(EngineTest, TellsWhereACallCrashed) {
  const CodeOutcome outcome = run("\n  return ctx.identity.sub;");
  EXPECT_EQ(outcome.end, End::crashed);
  EXPECT_THAT(outcome.message, HasSubstr("code.js:2:"));
  EXPECT_THAT(outcome.message, HasSubstr("TypeError"));
}

TEST_F(EngineTest, EndsWhatTakesTooLong) {
  for (const char* body : {"for (;;) {}", "/(a+)+$/.exec('a'.repeat(40) + 'b')",
                           "while (true) { try { x } catch {} }"}) {
    engine_ = make_engine(limits(), nullptr);
    const CodeOutcome outcome = run(body);
    EXPECT_EQ(outcome.end, End::limit) << body;
    EXPECT_THAT(outcome.message, HasSubstr("CPU time")) << body;
    EXPECT_TRUE(engine_->is_spent());
  }
}

TEST_F(EngineTest, EndsWhatTakesTooMuchMemory) {
  for (const char* body : {"const a = []; for (;;) a.push('x'.repeat(10000) + a.length)",
                           "let s = 'x'; for (;;) s += s", "return new Array(1e8).fill(1)",
                           "return 'x'.repeat(1e8).split('')"}) {
    engine_ = make_engine(limits(), nullptr);
    const CodeOutcome outcome = run(body);
    EXPECT_NE(outcome.end, End::value) << body;
  }
}

// Where exactly memory ends decides how deep in the engine that is noticed.
TEST_F(EngineTest, EndsWhatTakesTooMuchMemoryWhereverItIsNoticed) {
  constexpr int kLimit = 3;
  for (int i = 0; i < 40; ++i) {
    EngineLimits limits = EngineTest::limits();
    limits.cpu_time = std::chrono::seconds(60);
    limits.heap_bytes = (2u << 20) + static_cast<unsigned>(i) * 1009;
    EXPECT_EXIT(
        {
          engine_ = make_engine(limits, nullptr, [](const CodeOutcome& outcome) {
            ::_exit(outcome.end == End::limit ? kLimit : 1);
          });
          const CodeOutcome outcome =
              run(i % 2 == 0 ? "const a = []; for (;;) a.push(new Array(1000).fill(a.length));"
                             : "let o = {}; for (;;) { try { o = { o, s: 'x' + o } } catch {} }");
          ::_exit(outcome.end == End::limit && engine_->is_spent() ? kLimit : 2);
        },
        ::testing::ExitedWithCode(kLimit), "")
        << i;
  }
}

// The engine asks about interrupts only now and then: such a call gets to its end.
TEST_F(EngineTest, ACallThatEndsWithTooMuchMemoryFailsAndKeepsItsLog) {
  const CodeOutcome outcome =
      run("console.log('seen'); const big = 'x'.repeat(17 << 20); return big.length;");
  EXPECT_EQ(outcome.end, End::limit);
  EXPECT_THAT(outcome.message, HasSubstr("limits.handler.memory"));
  ASSERT_EQ(outcome.log.size(), 1u);
  EXPECT_EQ(outcome.log[0].text, R"("seen")");
}

TEST_F(EngineTest, ALoadThatTakesTooMuchMemorySpoilsNothing) {
  EXPECT_THAT(
      fault_of("export function onPublish() {}\nconst all = []; for (;;) all.push({});").message,
      HasSubstr("limits.handler.memory"));
  EXPECT_FALSE(engine_->is_spent());
  EXPECT_EQ(value("1"), "1");
}

TEST_F(EngineTest, EndsPromisesThatSpin) {
  const CodeOutcome outcome = run("const f = () => Promise.resolve().then(f); return f();");
  EXPECT_EQ(outcome.end, End::limit);
  EXPECT_TRUE(engine_->is_spent());
}

TEST_F(EngineTest, EndsEndlessRecursion) {
  EXPECT_NE(run("const f = () => f() + 1; return f();").end, End::value);
}

TEST_F(EngineTest, LogsWithThePlaceOfTheCall) {
  const CodeOutcome outcome = run("\n  console.log('a', 1, { b: undefined });\n console.error(1);");
  ASSERT_EQ(outcome.log.size(), 2u);
  EXPECT_EQ(outcome.log[0].text, R"("a" 1 {})");
  EXPECT_EQ(outcome.log[0].line, 2);
  EXPECT_EQ(outcome.log[0].level, CodeLogLevel::info);
  EXPECT_EQ(outcome.log[1].line, 3);
  EXPECT_EQ(outcome.log[1].level, CodeLogLevel::error);
}

TEST_F(EngineTest, KeepsTheStashAndAppendedErrors) {
  const CodeOutcome outcome =
      run("ctx.stash.a = 1; util.appendError('x', 'T'); return undefined;", R"({"stash":{"b":2}})");
  EXPECT_EQ(outcome.end, End::value);
  EXPECT_EQ(outcome.value, "");
  EXPECT_EQ(outcome.stash, R"({"b":2,"a":1})");
  EXPECT_THAT(
      outcome.out_errors,
      ::testing::ElementsAre(R"({"message":"x","errorType":"T","data":null,"errorInfo":null})"));
}

TEST_F(EngineTest, AStashThatCannotBeKeptFailsItsCallAndNoOther) {
  const std::string whole = "try { throw 1; } catch { return 'caught'; }";
  const auto stashing = [this](const std::string& text) {
    return run("ctx.stash = { toJSON() { " + text + " } }; return 1;");
  };
  CodeOutcome outcome = stashing("for (;;) {}");
  EXPECT_EQ(outcome.end, End::limit);
  EXPECT_THAT(outcome.message, HasSubstr("CPU time"));
  EXPECT_EQ(run(whole).value, "\"caught\"");
  outcome = stashing("const all = []; for (;;) all.push(new Array(1000).fill(1));");
  EXPECT_THAT(outcome.message, HasSubstr("memory"));
  EXPECT_EQ(run(whole).value, "\"caught\"");
  EXPECT_THAT(stashing("util.error('too late');").message, HasSubstr("ctx.stash has no JSON"));
  EXPECT_EQ(run(whole).value, "\"caught\"");
  EngineLimits roomy = limits();
  roomy.heap_bytes = 64 << 20;
  engine_ = make_engine(roomy, nullptr);
  outcome = run("ctx.stash.all = 'x'.repeat(6e6); return 1;", R"({"stash":{}})");
  EXPECT_EQ(outcome.end, End::limit);
  EXPECT_THAT(outcome.message, HasSubstr("ctx.stash has no JSON of at most 5 MiB"));
  // What has failed already keeps its own reason.
  outcome = run("ctx.stash = { toJSON() { throw 1; } }; util.error('mine');");
  EXPECT_EQ(outcome.end, End::error);
  EXPECT_EQ(outcome.message, "mine");
}

TEST_F(EngineTest, WaitsForAPromise) {
  EXPECT_EQ(value("Promise.resolve(7).then((x) => x + 1)"), "8");
  EXPECT_THAT(value("Promise.reject(new Error('no'))"), HasSubstr("no"));
}

TEST_F(EngineTest, ParsesJsonAsTheRealRuntimeDoes) {
  EXPECT_EQ(value("JSON.parse('not json')"), "\"\"");
  EXPECT_EQ(value("JSON.parse('[1]')"), "[1]");
}

}  // namespace
}  // namespace eventsd::handler
