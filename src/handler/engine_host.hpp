// What the engine gives to the code that runs in it: globals, built-in modules, and the functions
// behind them that JavaScript cannot be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eventsd/code_runner.hpp"
#include "handler/js_value.hpp"

namespace eventsd::handler {

class ZoneTable;

// Why a call was ended from within.
enum class HostStop : std::uint8_t { none, error, unauthorized, early_return, too_large };

// What one call has told its host. The runtime's opaque pointer leads to it.
struct Host {
  HostStop stop = HostStop::none;
  std::string message;
  std::string type;
  std::string data;
  std::string value;  // of runtime.earlyReturn, JSON text
  std::vector<std::string> out_errors;
  std::vector<CodeLogLine> log;
  std::uint64_t log_bytes = 0;
  std::uint64_t max_log_bytes = 0;
  const ZoneTable* zones = nullptr;
  JSValue context = JS_UNDEFINED;  // ctx of the running call, not owned

  void begin_call();
  // Moves log and out_errors into the outcome.
  void take(CodeOutcome& outcome);
};

void describe_stop(Host& host, std::uint64_t max_result_bytes, CodeOutcome& outcome);

// Compiles the library of src/handler/modules.
//   false: the engine has no memory left
bool compile_built_ins(JSContext* context, std::vector<std::uint8_t>& bytecode);
bool write_bytecode(JSContext* context, const JsValue& compiled,
                    std::vector<std::uint8_t>& bytecode);

// Runs the library, which makes the globals, and freezes what all code shares.
//   false: the engine has no memory left
bool install_built_ins(JSContext* context, const std::vector<std::uint8_t>& bytecode);

// The module loader: the four modules of the library, and nothing else.
JSModuleDef* load_built_in(JSContext* context, const char* name, void*);

}  // namespace eventsd::handler
