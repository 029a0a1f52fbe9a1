#include "handler/engine.hpp"

#include <ctime>
#include <map>
#include <memory>
#include <vector>

#include "handler/engine_heap.hpp"
#include "handler/engine_host.hpp"
#include "handler/engine_place.hpp"
#include "handler/js_value.hpp"

namespace eventsd::handler {
namespace {

// A context keeps the instances of all modules that ran in it (2 to 3 KB each), and making one
// takes 0.7 ms: measured best from 400 calls on.
constexpr int kCallsPerContext = 400;

constexpr int kJobsPerLook = 100;  // at the clock

struct Module {
  std::string name;
  std::string source;
  std::vector<std::uint8_t> bytecode;
};

std::chrono::nanoseconds thread_cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

class QuickJsEngine final : public Engine {
 public:
  QuickJsEngine(const EngineLimits& limits, std::shared_ptr<const ZoneTable> zones,
                std::function<void(CodeOutcome)> on_exhausted)
      : limits_(limits),
        zones_(std::move(zones)),
        heap_(limits.heap_bytes, answering(std::move(on_exhausted))),
        runtime_(JS_NewRuntime2(EngineHeap::functions(), &heap_)) {
    host_.zones = zones_.get();
    JS_SetRuntimeOpaque(runtime_, &host_);
    JS_SetMaxStackSize(runtime_, limits.stack_bytes);
    JS_SetInterruptHandler(runtime_, &QuickJsEngine::on_interrupt, this);
    JS_SetModuleLoaderFunc(runtime_, &keep_name, &load_built_in, nullptr);
    host_.max_log_bytes = limits.max_log_bytes;
    // Takes longer than most calls: before there is one. Without memory, the first call says so.
    unlimited_ = true;
    if (JSContext* const compiler = make_compiler()) {
      (void)compile_built_ins(compiler, library_);
      JS_FreeContext(compiler);
    }
    (void)need_context();
  }
  ~QuickJsEngine() override {
    drop_context();
    JS_FreeRuntime(runtime_);
  }

  std::optional<CodeFault> load(std::uint64_t number, const std::string& name,
                                const std::string& source, CodeExports& exports) override {
    drop_context();
    heap_.look_again();
    const bool has_context = need_context();
    begin_call();
    if (!has_context) return no_memory();
    Module module{name, source, {}};
    auto fault = compile(module);
    if (fault) return fault;
    const JsValue instance = instantiate(module);
    if (instance.is_exception()) return take_fault(context_, name, source);
    exports.on_publish = form_of(instance.property("onPublish"));
    exports.on_subscribe = form_of(instance.property("onSubscribe"));
    if (exports.on_publish == CodeModule::Form::absent &&
        exports.on_subscribe == CodeModule::Form::absent) {
      return CodeFault{1, 1, "exports neither onPublish nor onSubscribe"};
    }
    modules_[number] = std::move(module);
    return std::nullopt;
  }

  void forget(std::uint64_t number) override { modules_.erase(number); }
  bool knows(std::uint64_t number) const override { return modules_.contains(number); }
  bool is_spent() const override { return spent_; }

  CodeOutcome run(std::uint64_t number, std::string_view function,
                  std::string_view context) override {
    const Module& module = modules_.at(number);
    if (spent_ || heap_.is_exceeded() || ++calls_in_context_ > kCallsPerContext) {
      drop_context();
      heap_.look_again();
    }
    const bool has_context = need_context();
    begin_call();
    if (!has_context) return limit_outcome();
    const JsValue instance = instantiate(module);
    if (instance.is_exception()) return failure(module);
    const JsValue called = find_function(instance, function);
    if (!called.is_function()) {
      CodeOutcome outcome;
      outcome.end = CodeOutcome::End::crashed;
      outcome.message = std::string(function) + " is not a function";
      return outcome;
    }
    const std::string text(context);  // the parser wants a terminating zero
    JsValue ctx(context_, JS_ParseJSON(context_, text.c_str(), text.size(), "context"));
    if (ctx.is_exception()) return failure(module);
    JSValue argument = ctx.get();
    host_.context = argument;
    JsValue result(context_, JS_Call(context_, called.get(), JS_UNDEFINED, 1, &argument));
    settle(result);
    host_.context = JS_UNDEFINED;
    if (host_.stop != HostStop::none || result.is_exception()) return failure(module, &ctx);
    CodeOutcome outcome;
    if (!write_json(result, outcome.value)) return failure(module, &ctx);
    if (heap_.is_exceeded()) return limit_outcome();
    return finish(std::move(outcome), ctx);
  }

 private:
  std::function<void()> answering(std::function<void(CodeOutcome)> on_exhausted) {
    if (!on_exhausted) return {};
    return [this, on_exhausted = std::move(on_exhausted)] { on_exhausted(limit_outcome()); };
  }

  // Names are not paths: nothing is relative to anything.
  static char* keep_name(JSContext* context, const char*, const char* name, void*) {
    return js_strdup(context, name);
  }
  static int on_interrupt(JSRuntime*, void* self) {
    auto& engine = *static_cast<QuickJsEngine*>(self);
    return engine.heap_.is_exceeded() || engine.out_of_time() ? 1 : 0;
  }
  // The clock starts at the first question, which the engine asks after some ten thousand steps:
  // most calls are over before, and reading it is a system call.
  bool out_of_time() {
    if (unlimited_) return false;
    const auto now = thread_cpu_time();
    if (!deadline_) deadline_ = now + limits_.cpu_time;
    if (now < *deadline_) return false;
    timed_out_ = true;
    return true;
  }

  void begin_call() {
    host_.begin_call();
    timed_out_ = false;
    deadline_.reset();
    JS_UpdateStackTop(runtime_);
  }

  // Source text is compiled in contexts of its own: where customers' code runs there is no eval, and
  // so no variable of the global scope that another call could see.
  std::optional<CodeFault> compile(Module& module) {
    const std::unique_ptr<JSContext, decltype(&JS_FreeContext)> compiler(make_compiler(),
                                                                         &JS_FreeContext);
    if (!compiler) return no_memory();
    const JsValue compiled(
        compiler.get(),
        JS_Eval(compiler.get(), module.source.c_str(), module.source.size(), module.name.c_str(),
                JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY));
    if (compiled.is_exception() || !write_bytecode(compiler.get(), compiled, module.bytecode)) {
      return take_fault(compiler.get(), module.name, module.source);
    }
    return std::nullopt;
  }
  JSContext* make_compiler() {
    JSContext* const context = JS_NewContextRaw(runtime_);
    if (!context) return nullptr;
    JS_AddIntrinsicBaseObjects(context);
    JS_AddIntrinsicEval(context);
    JS_AddIntrinsicRegExpCompiler(context);
    return context;
  }

  // Without eval, Proxy, typed arrays and weak references: handlers have none of them, and what is
  // not there need not be frozen.
  JSContext* make_context() {
    JSContext* const context = JS_NewContextRaw(runtime_);
    if (!context) return nullptr;
    JS_AddIntrinsicBaseObjects(context);
    JS_AddIntrinsicDate(context);
    JS_AddIntrinsicStringNormalize(context);
    JS_AddIntrinsicRegExp(context);
    JS_AddIntrinsicJSON(context);
    JS_AddIntrinsicMapSet(context);
    JS_AddIntrinsicPromise(context);
    return context;
  }

  // Making one is no part of a call: the code that comes next has all of its CPU time.
  bool need_context() {
    if (context_) return true;
    unlimited_ = true;
    JS_UpdateStackTop(runtime_);
    context_ = make_context();
    const bool made = context_ && install_built_ins(context_, library_) && !heap_.is_exceeded();
    unlimited_ = false;
    if (!made) spent_ = true;
    return made;
  }
  void drop_context() {
    if (context_) JS_FreeContext(context_);
    context_ = nullptr;
    calls_in_context_ = 0;
    JS_RunGC(runtime_);
  }

  // The namespace object of a new instance, or an exception.
  JsValue instantiate(const Module& module) {
    const JSValue read = JS_ReadObject(context_, module.bytecode.data(), module.bytecode.size(),
                                       JS_READ_OBJ_BYTECODE);
    if (JS_IsException(read)) return {context_, read};
    if (JS_ResolveModule(context_, read) < 0) {
      JS_FreeValue(context_, read);
      return {context_, JS_EXCEPTION};
    }
    auto* const definition = static_cast<JSModuleDef*>(JS_VALUE_GET_PTR(read));
    JsValue evaluated(context_, JS_EvalFunction(context_, read));
    settle(evaluated);
    if (evaluated.is_exception()) return evaluated;
    return {context_, JS_GetModuleNamespace(context_, definition)};
  }

  // A promise becomes what it was settled with; one that never is counts as undefined.
  void settle(JsValue& value) {
    JSContext* done = nullptr;
    for (int jobs = 1; !must_end() && JS_IsJobPending(runtime_); ++jobs) {
      if (JS_ExecutePendingJob(runtime_, &done) < 0) {
        const JsValue thrown(done, JS_GetException(done));
      }
      if (jobs % kJobsPerLook == 0 && out_of_time()) break;
    }
    if (must_end()) {
      value = JsValue(context_, JS_EXCEPTION);
      return;
    }
    // Not of the enumeration for what is no promise (-1).
    const int state = static_cast<int>(JS_PromiseState(context_, value.get()));
    if (state == JS_PROMISE_FULFILLED) {
      value = JsValue(context_, JS_PromiseResult(context_, value.get()));
    } else if (state == JS_PROMISE_REJECTED) {
      JS_Throw(context_, JS_PromiseResult(context_, value.get()));
      value = JsValue(context_, JS_EXCEPTION);
    } else if (state == JS_PROMISE_PENDING) {
      value = JsValue();
    }
  }

  CodeModule::Form form_of(const JsValue& exported) const {
    if (exported.is_function()) return CodeModule::Form::function;
    return exported.is_object() ? CodeModule::Form::object : CodeModule::Form::absent;
  }

  JsValue find_function(const JsValue& instance, std::string_view path) const {
    const std::size_t dot = path.find('.');
    JsValue found = instance.property(std::string(path.substr(0, dot)).c_str());
    if (dot == std::string_view::npos) return found;
    return found.property(std::string(path.substr(dot + 1)).c_str());
  }

  // False when an exception is pending.
  bool write_json(const JsValue& value, std::string& out) {
    if (value.is_exception()) return false;
    if (value.is_undefined()) return true;
    const JsValue json(context_,
                       JS_JSONStringify(context_, value.get(), JS_UNDEFINED, JS_UNDEFINED));
    if (json.is_exception()) return false;
    if (json.is_undefined()) return true;
    out = json.text();
    if (out.size() <= limits_.max_result_bytes) return true;
    out.clear();
    host_.stop = HostStop::too_large;
    return false;
  }

  // The stash is asked for its JSON, which may be code again: what that does to the engine is this
  // call's, and a response that would miss its stash is not run.
  CodeOutcome finish(CodeOutcome outcome, const JsValue& ctx) {
    host_.take(outcome);
    if (!ctx.is_object()) return outcome;
    const bool written = write_json(ctx.property("stash"), outcome.stash);
    if (JS_HasException(context_)) JS_FreeValue(context_, JS_GetException(context_));
    JS_ResetUncatchableError(context_);
    if (written && !must_end()) return outcome;
    outcome.stash.clear();
    CodeOutcome limit = must_end() ? limit_outcome() : CodeOutcome();
    if (outcome.end != CodeOutcome::End::value && outcome.end != CodeOutcome::End::early_return) {
      return outcome;  // has failed already
    }
    outcome.value.clear();
    outcome.end = CodeOutcome::End::limit;
    outcome.message = std::move(limit.message);
    if (!outcome.message.empty()) return outcome;
    outcome.message = "ctx.stash has no JSON of at most " +
                      std::to_string(limits_.max_result_bytes >> 20) + " MiB";
    return outcome;
  }

  bool must_end() const { return timed_out_ || heap_.is_exceeded(); }

  // What a load has taken goes with its context.
  static CodeFault no_memory() { return {1, 1, kTooMuchMemory}; }

  CodeOutcome limit_outcome() {
    spent_ = true;
    CodeOutcome outcome;
    host_.take(outcome);
    outcome.end = CodeOutcome::End::limit;
    outcome.message = timed_out_
                          ? "CPU time: more than " + std::to_string(limits_.cpu_time.count()) +
                                " ms (limits.handler.cpuTime)"
                          : "memory: more than " + std::to_string(limits_.heap_bytes >> 20) +
                                " MiB (limits.handler.memory)";
    return outcome;
  }

  // What a pending exception, or a stop that the code has asked for, means.
  CodeOutcome failure(const Module& module, const JsValue* ctx = nullptr) {
    const JsValue exception(context_, JS_GetException(context_));
    JS_ResetUncatchableError(context_);
    CodeOutcome outcome;
    if (must_end()) return limit_outcome();
    if (host_.stop != HostStop::none) {
      describe_stop(host_, limits_.max_result_bytes, outcome);
    } else {
      const std::string text = exception.text();
      const Place place = first_place(exception.property("stack").text(), module.name);
      outcome.end = text.find("stack overflow") != std::string::npos ? CodeOutcome::End::limit
                                                                     : CodeOutcome::End::crashed;
      outcome.message = module.name + ":" + std::to_string(place.line) + ":" +
                        std::to_string(place.column) + ": " + text;
    }
    if (ctx) return finish(std::move(outcome), *ctx);
    host_.take(outcome);
    return outcome;
  }

  CodeFault take_fault(JSContext* context, const std::string& name, const std::string& source) {
    const JsValue exception(context, JS_GetException(context));
    JS_ResetUncatchableError(context);
    if (heap_.is_exceeded()) return no_memory();
    if (timed_out_) {
      return {1, 1, "its top level takes longer than limits.handler.cpuTime"};
    }
    std::string text = exception.text();
    if (host_.stop != HostStop::none) text = "stops at its top level";
    Place place = first_place(exception.property("stack").text(), name);
    if (place.line == 0) place = place_of_import(text, source);
    return {place.line, place.column, text};
  }

  const EngineLimits limits_;
  const std::shared_ptr<const ZoneTable> zones_;
  Host host_;
  EngineHeap heap_;
  JSRuntime* const runtime_;
  JSContext* context_ = nullptr;
  std::vector<std::uint8_t> library_;  // bytecode
  std::map<std::uint64_t, Module> modules_;
  std::optional<std::chrono::nanoseconds> deadline_;  // of the thread's CPU time
  bool unlimited_ = false;                            // what runs is ours
  int calls_in_context_ = 0;
  bool timed_out_ = false;
  bool spent_ = false;
};

}  // namespace

std::unique_ptr<Engine> make_engine(const EngineLimits& limits,
                                    std::shared_ptr<const ZoneTable> zones,
                                    std::function<void(CodeOutcome)> on_exhausted) {
  return std::make_unique<QuickJsEngine>(limits, std::move(zones), std::move(on_exhausted));
}

}  // namespace eventsd::handler
