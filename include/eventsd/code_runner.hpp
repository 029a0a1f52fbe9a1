// Runs customers' code in sandboxed workers: one function of one module, one call at a time for the
// code, many calls in flight for the daemon.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eventsd/pressure.hpp"
#include "eventsd/task.hpp"

namespace eventsd {

// A namespace's module: source text that has been parsed, and what it exports.
struct CodeModule {
  enum class Form : std::uint8_t { absent, function, object };  // of an export
  std::uint64_t number = 0;  // process-wide, new for each version
  std::string name;          // "code.js" of inline code, else the file's path: for log lines
  std::string source;
  Form on_publish = Form::absent;
  Form on_subscribe = Form::absent;
};
using CodeModulePtr = std::shared_ptr<const CodeModule>;

enum class CodeLogLevel : std::uint8_t { error, info, debug };

struct CodeLogLine {
  CodeLogLevel level = CodeLogLevel::info;
  int line = 0;
  int column = 0;
  std::string text;  // arguments as JSON, separated by spaces
};

// What became of one call.
struct CodeOutcome {
  enum class End : std::uint8_t {
    value,         // the function returned
    early_return,  // runtime.earlyReturn
    error,         // util.error: message, type, data
    unauthorized,  // util.unauthorized
    crashed,       // an exception that was not caught: message with place
    limit,         // CPU time, wall time, memory, stack or size: message names it
    overloaded,    // the queue is full, or the namespace fails fast
  };
  End end = End::value;
  std::string value;  // JSON text; empty: undefined
  std::string stash;  // ctx.stash afterwards, JSON text
  std::string message;
  std::string type;
  std::string data;                     // util.error's third argument, JSON text; empty: none
  std::vector<std::string> out_errors;  // util.appendError, JSON objects
  std::vector<CodeLogLine> log;
};

struct CodeCall {
  CodeModulePtr module;
  std::string function;             // "onPublish", "onPublish.request", "onSubscribe.response", …
  std::string context;              // ctx as a JSON object, without `identity` where there is none
  std::uint32_t namespace_key = 0;  // queues are per namespace
  // A call that no worker has begun by then ends with `limit`.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

// The pool of workers.
//   thread   any shard's; the caller is resumed on its own
class CodeRunner {
 public:
  virtual ~CodeRunner() = default;
  virtual Task<CodeOutcome> run(CodeCall call) = 0;

  // How full the queue of calls is.
  //   thread   any
  virtual Pressure pressure() const { return Pressure::none; }
};

}  // namespace eventsd
