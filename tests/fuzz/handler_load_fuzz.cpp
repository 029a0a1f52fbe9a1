// The loader of handlers: no source breaks it; it has a fault with a place in the source, or
// exports that can be called, and it goes on to load the next one. Bounded: an input has 30 ms of
// CPU time and 8 MiB of heap, and its engine is replaced when it has used them up, as a worker's
// is.
//   The first byte is even: a module put together from forms of imports and exports, whose outcome
//   is known. Odd: the rest is the source.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "handler/engine.hpp"

namespace {

using namespace eventsd::handler;
using Form = eventsd::CodeModule::Form;

constexpr std::size_t kMaxSource = 32'768;  // AppSync's quota
constexpr std::uint64_t kNumber = 1;

void require(bool holds) {
  if (!holds) std::abort();
}

std::unique_ptr<Engine> new_engine() {
  EngineLimits limits;
  limits.cpu_time = std::chrono::milliseconds(30);
  limits.heap_bytes = 8u << 20;
  limits.stack_bytes = 256u << 10;
  return make_engine(limits, nullptr);
}

struct Outcome {
  bool is_fault = false;
  CodeFault fault;
  CodeExports exports;
};

Outcome load(const std::string& source) {
  static std::unique_ptr<Engine> engine = new_engine();
  if (engine->is_spent()) engine = new_engine();
  Outcome outcome;
  const auto fault = engine->load(kNumber, "code.js", source, outcome.exports);
  outcome.is_fault = fault.has_value();
  require(engine->knows(kNumber) != outcome.is_fault);
  engine->forget(kNumber);
  require(!engine->knows(kNumber));
  if (fault) outcome.fault = *fault;
  return outcome;
}

void check(const Outcome& outcome, const std::string& source) {
  if (!outcome.is_fault) {
    return require(outcome.exports.on_publish != Form::absent ||
                   outcome.exports.on_subscribe != Form::absent);
  }
  require(!outcome.fault.message.empty());
  require(outcome.fault.line >= 0 && outcome.fault.column >= 0);
  require(outcome.fault.line <= 2 + std::count(source.begin(), source.end(), '\n') +
                                    std::count(source.begin(), source.end(), '\r'));
}

// ---- forms whose outcome is known ---------------------------------------------------------------

struct Import {
  const char* text;
  bool is_known;
};
constexpr std::array<Import, 12> kImports = {{
    {"", true},
    {"import { util } from '@aws-appsync/utils';\n", true},
    {"import { util as u, runtime, extensions } from \"@aws-appsync/utils\";\n", true},
    {"import * as all from '@aws-appsync/utils';\n", true},
    {"import * as ddb from '@aws-appsync/utils/dynamodb';\n", true},
    {"import { createPgStatement as pg } from '@aws-appsync/utils/rds'\n", true},
    {"import * as ai from '@aws-appsync/utils/ai';\n", true},
    {"import { nothing } from '@aws-appsync/utils';\n", false},
    {"import fs from 'fs';\n", false},
    {"import { a } from './code.js';\n", false},
    {"import '@aws-appsync/utils/none';\n", false},
    {"import missing from '@aws-appsync/utils/rds';\n", false},
}};

struct Export {
  const char* text;  // NAME stands for the handler's
  Form form;
};
constexpr std::array<Export, 12> kExports = {{
    {"", Form::absent},
    {"export function NAME(ctx) { return ctx.events; }\n", Form::function},
    {"export const NAME = (ctx) => ctx.events;\n", Form::function},
    {"export async function NAME() {}\n", Form::function},
    {"export let NAME = { request: (ctx) => ({}), response() {} };\n", Form::object},
    {"function fNAME() {}\nexport { fNAME as NAME };\n", Form::function},
    {"const oNAME = { request: hNAME, response: hNAME };\nfunction hNAME() {}\n"
     "export { oNAME as NAME, hNAME };\n",
     Form::object},
    {"export class NAME {}\n", Form::function},
    {"export { util as NAME } from '@aws-appsync/utils';\n", Form::object},
    {"export const NAME = null;\n", Form::absent},
    {"export const NAME = 'text';\n", Form::absent},
    {"export default function NAME() {}\n", Form::absent},
}};

void append_export(std::string& source, const Export& form, std::string_view name) {
  std::string text = form.text;
  for (std::size_t at = text.find("NAME"); at != std::string::npos; at = text.find("NAME", at)) {
    text.replace(at, 4, name);
  }
  source += text;
}

void load_forms(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return;
  const Import& import = kImports[data[0] % kImports.size()];
  const Export& publish = kExports[data[1] % kExports.size()];
  const Export& subscribe = kExports[data[2] % kExports.size()];
  const bool two_defaults = &publish == &subscribe && &publish == &kExports.back();
  std::string source(size > 3 ? data[3] % 5u : 0u, '\n');
  const int line = static_cast<int>(source.size()) + 1;
  source += import.text;
  append_export(source, publish, "onPublish");
  append_export(source, subscribe, "onSubscribe");
  const Outcome outcome = load(source);
  check(outcome, source);
  const bool exports_any = publish.form != Form::absent || subscribe.form != Form::absent;
  require(outcome.is_fault == (!import.is_known || two_defaults || !exports_any));
  if (outcome.is_fault) {
    if (!import.is_known && !two_defaults) require(outcome.fault.line == line);
    return;
  }
  require(outcome.exports.on_publish == publish.form);
  require(outcome.exports.on_subscribe == subscribe.form);
}

// ---- any source ---------------------------------------------------------------------------------

// A built-in over very many elements does not look at the clock. In a worker a signal ends it; here
// nothing could, so sources with the numbers that it takes are left out.
bool may_count_for_ever(std::string_view source) {
  for (const std::string_view word : {"Infinity", "MAX_", "**", "<<", ">>>", "~", "length"}) {
    if (source.find(word) != std::string_view::npos) return true;
  }
  int digits = 0;
  for (const char c : source) {
    const bool is_digit = std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == '_';
    digits = is_digit && (digits > 0 || std::isdigit(static_cast<unsigned char>(c)) != 0)
                 ? digits + 1
                 : 0;
    if (digits > 5) return true;
    if (digits > 1 && (c == 'e' || c == 'E')) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > kMaxSource) return 0;
  if (data[0] % 2 == 0) {
    load_forms(data + 1, size - 1);
    return 0;
  }
  const std::string source(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (!may_count_for_ever(source)) check(load(source), source);
  return 0;
}
