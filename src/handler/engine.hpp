// The JavaScript engine of one worker: runs functions of customers' modules under limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventsd/code_runner.hpp"

namespace eventsd::handler {

class ZoneTable;

struct EngineLimits {
  std::chrono::milliseconds cpu_time{500};  // of one call, of this thread
  std::uint64_t heap_bytes = 64ull << 20;   // of the whole engine
  std::uint64_t stack_bytes = 512ull << 10;
  std::uint64_t max_result_bytes = 5ull << 20;  // of a call's answer, as JSON
  std::uint64_t max_log_bytes = 1ull << 20;     // of a call's log lines
  bool operator==(const EngineLimits&) const = default;
};

// Why a module cannot be used. Lines and columns count from 1; 0: not known.
struct CodeFault {
  int line = 0;
  int column = 0;
  std::string message;
};

inline constexpr const char* kTooMuchMemory =
    "its top level takes more memory than limits.handler.memory";

// What a module exports.
struct CodeExports {
  CodeModule::Form on_publish = CodeModule::Form::absent;
  CodeModule::Form on_subscribe = CodeModule::Form::absent;
};

// Each call gets an instance of its module of its own, so nothing that a module keeps in variables
// outlives a call. What all code shares (prototypes, globals) is frozen.
//   thread   one, the one that made it
class Engine {
 public:
  virtual ~Engine() = default;

  // Parses a module and runs its top level once. A number that is known already is replaced.
  //   errors   the fault, which the customer can mend
  virtual std::optional<CodeFault> load(std::uint64_t number, const std::string& name,
                                        const std::string& source, CodeExports& exports) = 0;
  virtual void forget(std::uint64_t number) = 0;
  virtual bool knows(std::uint64_t number) const = 0;

  // Calls "onPublish", "onPublish.request", … with ctx. Never throws.
  //   REQUIRES: knows(number)
  //   source    handlers rules 1.1–1.7
  virtual CodeOutcome run(std::uint64_t number, std::string_view function,
                          std::string_view context) = 0;

  // After a call has run into a limit, what is left of the heap is not to be trusted.
  virtual bool is_spent() const = 0;
};

// `zones` may be null: then handlers know UTC and fixed offsets only.
//   on_exhausted   a call, or a load, takes so much more than limits.heap_bytes that the engine
//                  cannot go on: answers with the outcome and ends the process. May be empty: then
//                  the engine is told that there is no memory, which some of it does not survive.
std::unique_ptr<Engine> make_engine(const EngineLimits& limits,
                                    std::shared_ptr<const ZoneTable> zones,
                                    std::function<void(CodeOutcome)> on_exhausted = {});

}  // namespace eventsd::handler
