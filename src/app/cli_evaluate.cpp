// eventsd evaluate
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "app/cli.hpp"
#include "eventsd/executor.hpp"
#include "eventsd/result.hpp"
#include "handler/supervisor.hpp"

namespace eventsd::app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using nlohmann::ordered_json;
using End = CodeOutcome::End;

constexpr std::size_t kMaxFile = 16 << 20;
constexpr std::size_t kMaxModule = 32'768;  // characters, AppSync's quota
constexpr auto kWatchInterval = 200ms;

Result<std::string> read_file(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  std::string text;
  if (input) text.assign(std::istreambuf_iterator<char>(input), {});
  if (!input) return fail(ErrorKind::bad_request, path + ": cannot be read");
  if (text.size() > kMaxFile) return fail(ErrorKind::bad_request, path + ": is above 16 MiB");
  return text;
}

// ctx as the function gets it: every context has a stash.
Result<std::string> read_context(const std::string& given) {
  std::string text = given;
  std::string where = "--context";
  if (given.starts_with('@')) {
    where = given.substr(1);
    auto file = read_file(where);
    if (!file) return file.error();
    text = std::move(*file);
  }
  json parsed;
  try {
    parsed = json::parse(text);
  } catch (const json::parse_error& error) {
    return fail(ErrorKind::bad_request, where + ": is not JSON: " + error.what());
  }
  if (!parsed.is_object()) {
    return fail(ErrorKind::bad_request, where + ": must be a JSON object, such as {\"events\":[]}");
  }
  if (!parsed.contains("stash")) {
    // As text, so that members keep their order and numbers their digits.
    const std::size_t brace = text.find('{');
    text.insert(brace + 1, parsed.empty() ? "\"stash\":{}" : "\"stash\":{},");
  }
  return text;
}

std::string default_function(const handler::CodeExports& exports) {
  const bool publish = exports.on_publish != CodeModule::Form::absent;
  const auto form = publish ? exports.on_publish : exports.on_subscribe;
  return std::string(publish ? "onPublish" : "onSubscribe") +
         (form == CodeModule::Form::object ? ".request" : "");
}

// handlers rule 7: `INFO - code.js:13:5: "text"`.
std::string log_text(const std::string& module, const CodeLogLine& line) {
  static constexpr const char* kLevels[] = {"ERROR", "INFO", "DEBUG"};
  return std::string(kLevels[static_cast<std::size_t>(line.level)]) + " - " + module + ":" +
         std::to_string(line.line) + ":" + std::to_string(line.column) + ": " + line.text;
}

// One run: either the module has a fault, or the function came to an end.
struct Evaluation {
  std::string module;
  std::optional<handler::CodeFault> fault;
  CodeOutcome outcome;

  bool is_done() const {
    return !fault && (outcome.end == End::value || outcome.end == End::early_return);
  }
  std::string message() const {
    if (fault) return fault->message;
    if (!outcome.message.empty()) return outcome.message;
    return outcome.end == End::unauthorized ? "Unauthorized" : "Error";
  }
  std::string stash() const { return outcome.stash.empty() ? "{}" : outcome.stash; }
  std::string out_errors() const {
    std::string text;
    for (const std::string& error : outcome.out_errors) text += (text.empty() ? "" : ",") + error;
    return "[" + text + "]";
  }
};

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// EvaluateCode's answer: its evaluationResult, stash and outErrors are JSON texts in strings.
void print_json(const Evaluation& evaluation, std::ostream& out) {
  ordered_json answer = ordered_json::object();
  if (evaluation.is_done() && !evaluation.outcome.value.empty()) {
    answer["evaluationResult"] = evaluation.outcome.value;
  }
  if (!evaluation.is_done()) {
    ordered_json error{{"message", evaluation.message()}, {"codeErrors", ordered_json::array()}};
    if (const auto& fault = evaluation.fault) {
      error["codeErrors"].push_back(
          {{"errorType", "PARSER_ERROR"},
           {"value", fault->message},
           {"location",
            {{"name", evaluation.module}, {"line", fault->line}, {"column", fault->column}}}});
    } else if (!evaluation.outcome.type.empty()) {
      error["errorType"] = evaluation.outcome.type;
    }
    answer["error"] = std::move(error);
  }
  answer["logs"] = ordered_json::array();
  for (const CodeLogLine& line : evaluation.outcome.log) {
    answer["logs"].push_back(log_text(evaluation.module, line));
  }
  answer["stash"] = evaluation.stash();
  answer["outErrors"] = evaluation.out_errors();
  out << dump(answer) << "\n";
}

std::string pretty(const std::string& text) {
  const ordered_json value = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return text;
  return value.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

void print_text(const Evaluation& evaluation, const Console& console) {
  const CodeOutcome& outcome = evaluation.outcome;
  for (const CodeLogLine& line : outcome.log) {
    console.out << log_text(evaluation.module, line) << "\n";
  }
  if (outcome.stash.size() > 2) console.out << "stash: " << pretty(outcome.stash) << "\n";
  for (const std::string& error : outcome.out_errors) {
    console.out << "appended error: " << error << "\n";
  }
  if (evaluation.is_done()) {
    console.out << (outcome.end == End::early_return ? "early return: " : "result: ")
                << (outcome.value.empty() ? "undefined" : pretty(outcome.value)) << "\n";
    return;
  }
  static constexpr const char* kEnds[] = {"",        "",      "util.error", "util.unauthorized",
                                          "crashed", "limit", "overloaded"};
  console.out << kEnds[static_cast<std::size_t>(outcome.end)] << ": " << evaluation.message();
  if (!outcome.type.empty()) console.out << " (type " << outcome.type << ")";
  if (!outcome.data.empty()) console.out << " data " << outcome.data;
  console.out << "\n";
}

// A task's value for a thread that has no other work. Runs it on a loop of its own, which whoever
// posts the last piece of work may be the last to leave: the task can be over before that post is.
template <typename T>
T wait_for(Task<T> task) {
  const auto io = std::make_shared<boost::asio::io_context>(1);
  auto work = boost::asio::make_work_guard(*io);
  const ExecutorScope scope([io](std::function<void()> f) {
    const auto kept = io;  // this function's own may go with what it resumes
    boost::asio::post(*kept, std::move(f));
  });
  std::optional<T> value;
  std::exception_ptr failure;
  TaskGroup group([&failure](std::exception_ptr error) { failure = std::move(error); });
  group.on_idle([&work] { work.reset(); });
  const auto keep = [](Task<T> inner, std::optional<T>& out) -> Task<void> {
    T result = co_await inner;
    out.emplace(std::move(result));
  };
  group.spawn(keep(std::move(task), value));
  io->run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*value);
}

class Evaluator {
 public:
  Evaluator(const EvaluateOptions& options, const Console& console)
      : options_(options), console_(console) {
    handler::SupervisorOptions workers;
    workers.workers = 1;
    supervisor_ = handler::make_supervisor(workers);
  }

  int run() {
    const auto source = read_file(options_.file);
    if (!source) return wrong(source.error());
    const auto context = read_context(options_.context);
    if (!context) return wrong(context.error());

    Evaluation evaluation{options_.file, {}, {}};
    if (source->size() > kMaxModule) {
      console_.err << options_.file << ": " << source->size() << " bytes; AppSync takes at most "
                   << kMaxModule << "\n";
    }
    const auto checked = supervisor_->check_now(options_.file, *source);
    if (const auto* fault = std::get_if<handler::CodeFault>(&checked)) {
      evaluation.fault = *fault;
      console_.err << options_.file << ":" << fault->line << ":" << fault->column << ": "
                   << fault->message << "\n";
      if (options_.output == Output::json) print_json(evaluation, console_.out);
      return kWrongUsage;
    }
    const auto& exports = std::get<handler::CodeExports>(checked);
    CodeCall call;
    call.module = handler::make_code_module(options_.file, *source, exports);
    call.function = options_.function.empty() ? default_function(exports) : options_.function;
    call.context = *context;
    evaluation.outcome = wait_for(supervisor_->run(std::move(call)));
    if (options_.output == Output::json) {
      print_json(evaluation, console_.out);
    } else {
      print_text(evaluation, console_);
    }
    return evaluation.is_done() ? kDone : kFailed;
  }

  // Until Ctrl-C. Compares contents: a file that is saved anew without a change does not count.
  int watch() {
    boost::asio::io_context io(1);
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    boost::asio::steady_timer timer(io);
    int code = run();
    std::string seen = contents();
    const std::function<void()> wait = [&] {
      timer.expires_after(kWatchInterval);
      timer.async_wait([&](boost::system::error_code cancelled) {
        if (cancelled) return;
        const std::string now = contents();
        if (now != seen) {
          seen = now;
          if (options_.output == Output::text) console_.out << "\n";
          code = run();
          console_.out.flush();
        }
        wait();
      });
    };
    console_.out.flush();
    wait();
    signals.async_wait([&timer](boost::system::error_code, int) { timer.cancel(); });
    io.run();
    return code;
  }

 private:
  int wrong(const Error& error) {
    console_.err << "eventsd evaluate: " << error.message << "\n";
    return kWrongUsage;
  }
  // Of all that a run depends on; a file that is not there is empty.
  std::string contents() const {
    std::string all;
    for (const std::string& path : {options_.file, options_.context.substr(1)}) {
      if (path != options_.file && !options_.context.starts_with('@')) continue;
      const auto text = read_file(path);
      if (text) all += *text + '\0';
    }
    return all;
  }

  const EvaluateOptions& options_;
  const Console& console_;
  std::unique_ptr<handler::Supervisor> supervisor_;
};

bool is_function_name(const std::string& name) {
  static constexpr const char* kNames[] = {"",
                                           "onPublish",
                                           "onPublish.request",
                                           "onPublish.response",
                                           "onSubscribe",
                                           "onSubscribe.request",
                                           "onSubscribe.response"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace

int run_evaluate(const EvaluateOptions& options, const Console& console) {
  if (!is_function_name(options.function)) {
    console.err << "eventsd evaluate: --function: \"" << options.function
                << "\" is none of onPublish, onPublish.request, onPublish.response, onSubscribe, "
                   "onSubscribe.request, onSubscribe.response\n";
    return kWrongUsage;
  }
  // Standard output is the answer's alone, above all with --json.
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "evaluate", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
  Evaluator evaluator(options, console);
  return options.watch ? evaluator.watch() : evaluator.run();
}

}  // namespace eventsd::app
