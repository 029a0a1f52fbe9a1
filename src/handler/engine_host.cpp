#include "handler/engine_host.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "handler/engine_freeze.hpp"
#include "handler/engine_place.hpp"
#include "handler/js_value.hpp"
#include "handler/library.hpp"
#include "handler/zone_table.hpp"

namespace eventsd::handler {
namespace {

Host& host_of(JSContext* context) {
  return *static_cast<Host*>(JS_GetRuntimeOpaque(JS_GetRuntime(context)));
}

std::string json_of(JSContext* context, JSValueConst value) {
  const JsValue json(context, JS_JSONStringify(context, value, JS_UNDEFINED, JS_UNDEFINED));
  return json.is_undefined() || json.is_exception() ? std::string() : json.text();
}

std::string text_of(JSContext* context, JSValueConst value) {
  if (JS_IsUndefined(value) || JS_IsNull(value)) return {};
  return JsValue(context, JS_DupValue(context, value)).text();
}

// Ends the call: no `catch` of the code sees this.
JSValue stop_with(JSContext* context, HostStop stop) {
  host_of(context).stop = stop;
  const JSValue error = JS_NewError(context);
  JS_SetUncatchableError(context, error, 1);
  return JS_Throw(context, error);
}

JSValue host_error(JSContext* context, JSValueConst, int, JSValueConst* arguments) {
  Host& host = host_of(context);
  host.message = text_of(context, arguments[0]);
  host.type = text_of(context, arguments[1]);
  host.data = json_of(context, arguments[2]);
  return stop_with(context, HostStop::error);
}

JSValue host_unauthorized(JSContext* context, JSValueConst, int, JSValueConst*) {
  return stop_with(context, HostStop::unauthorized);
}

JSValue host_early_return(JSContext* context, JSValueConst, int, JSValueConst* arguments) {
  host_of(context).value = json_of(context, arguments[0]);
  return stop_with(context, HostStop::early_return);
}

// append_error(JSON text)
JSValue host_append_error(JSContext* context, JSValueConst, int, JSValueConst* arguments) {
  Host& host = host_of(context);
  if (host.out_errors.size() < 100) host.out_errors.push_back(text_of(context, arguments[0]));
  return JS_UNDEFINED;
}

// log(level, text, stack, width): `width` is that of the name that was called, left of its place
JSValue host_log(JSContext* context, JSValueConst, int, JSValueConst* arguments) {
  Host& host = host_of(context);
  std::string text = text_of(context, arguments[1]);
  if (host.log_bytes + text.size() > host.max_log_bytes) return JS_UNDEFINED;
  host.log_bytes += text.size() + 32;
  const std::string level = text_of(context, arguments[0]);
  const std::string stack = text_of(context, arguments[2]);
  // The innermost frame that is not the library's.
  std::string_view rest = stack;
  Place place;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find(kLibraryName) != std::string_view::npos) continue;
    if (line.find("(native)") != std::string_view::npos) continue;
    const std::size_t last = line.rfind(':');
    if (last == std::string_view::npos) continue;
    const std::size_t middle = line.rfind(':', last - 1);
    const std::size_t open = line.find_last_of(" (", middle);
    if (middle == std::string_view::npos || open == std::string_view::npos) continue;
    place = first_place(line, line.substr(open + 1, middle - open - 1));
    break;
  }
  std::int32_t width = 0;
  JS_ToInt32(context, &width, arguments[3]);
  if (place.column > width) place.column -= width;
  const CodeLogLevel kind = level == "error"   ? CodeLogLevel::error
                            : level == "debug" ? CodeLogLevel::debug
                                               : CodeLogLevel::info;
  host.log.push_back({kind, place.line, place.column, std::move(text)});
  return JS_UNDEFINED;
}

// random(n): n random bytes as numbers
JSValue host_random(JSContext* context, JSValueConst, int, JSValueConst* arguments) {
  std::int32_t wanted = 0;
  JS_ToInt32(context, &wanted, arguments[0]);
  std::array<unsigned char, 64> bytes{};
  const std::int32_t count = std::clamp<std::int32_t>(wanted, 0, bytes.size());
  ::RAND_bytes(bytes.data(), count);
  const JSValue array = JS_NewArray(context);
  for (std::int32_t i = 0; i < count; ++i) {
    JS_SetPropertyUint32(context, array, static_cast<std::uint32_t>(i),
                         JS_NewInt32(context, bytes[static_cast<std::size_t>(i)]));
  }
  return array;
}

// identity(): ctx.identity of the running call
JSValue host_identity(JSContext* context, JSValueConst, int, JSValueConst*) {
  const JSValue ctx = host_of(context).context;
  return JS_IsObject(ctx) ? JS_GetPropertyStr(context, ctx, "identity") : JS_UNDEFINED;
}

// Whole seconds of a number of milliseconds.
std::optional<std::int64_t> seconds_of(JSContext* context, JSValueConst value) {
  std::int64_t milliseconds = 0;
  if (JS_ToInt64(context, &milliseconds, value) < 0) return std::nullopt;
  return milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0);
}

// zoneOffset(zone, ms): seconds east of UTC, undefined for an unknown zone
JSValue host_zone_offset(JSContext* context, JSValueConst, int, JSValueConst* arguments) {
  const ZoneTable* const zones = host_of(context).zones;
  const auto seconds = seconds_of(context, arguments[1]);
  if (!zones || !seconds) return JS_UNDEFINED;
  const auto offset = zones->offset(text_of(context, arguments[0]), *seconds);
  return offset ? JS_NewInt32(context, *offset) : JS_UNDEFINED;
}

// zoneName(zone, ms): its abbreviation, undefined for an unknown zone
JSValue host_zone_name(JSContext* context, JSValueConst, int, JSValueConst* arguments) {
  const ZoneTable* const zones = host_of(context).zones;
  const auto seconds = seconds_of(context, arguments[1]);
  if (!zones || !seconds) return JS_UNDEFINED;
  const auto name = zones->name(text_of(context, arguments[0]), *seconds);
  return name ? JS_NewStringLen(context, name->data(), name->size()) : JS_UNDEFINED;
}

constexpr std::array<JSCFunctionListEntry, 9> kFunctions = {
    JSCFunctionListEntry JS_CFUNC_DEF("error", 3, host_error),
    JSCFunctionListEntry JS_CFUNC_DEF("unauthorized", 0, host_unauthorized),
    JSCFunctionListEntry JS_CFUNC_DEF("earlyReturn", 1, host_early_return),
    JSCFunctionListEntry JS_CFUNC_DEF("appendError", 1, host_append_error),
    JSCFunctionListEntry JS_CFUNC_DEF("log", 4, host_log),
    JSCFunctionListEntry JS_CFUNC_DEF("random", 1, host_random),
    JSCFunctionListEntry JS_CFUNC_DEF("identity", 0, host_identity),
    JSCFunctionListEntry JS_CFUNC_DEF("zoneOffset", 2, host_zone_offset),
    JSCFunctionListEntry JS_CFUNC_DEF("zoneName", 2, host_zone_name),
};

constexpr const char* kModulesProperty = "__eventsd_modules";
constexpr std::array<std::string_view, 4> kModules = {
    "@aws-appsync/utils", "@aws-appsync/utils/dynamodb", "@aws-appsync/utils/rds",
    "@aws-appsync/utils/ai"};

void free_names(JSContext* context, JSPropertyEnum* names, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) JS_FreeAtom(context, names[i].atom);
  js_free(context, names);
}

// "@aws-appsync/utils/dynamodb" → the library's object of that name.
JsValue built_in(JSContext* context, const char* name) {
  const JsValue global(context, JS_GetGlobalObject(context));
  return global.property(kModulesProperty).property(name);
}

int fill_module(JSContext* context, JSModuleDef* definition) {
  const JSAtom atom = JS_GetModuleName(context, definition);
  const char* const name = JS_AtomToCString(context, atom);
  JS_FreeAtom(context, atom);
  if (!name) return -1;
  const JsValue exports = built_in(context, name);
  JS_FreeCString(context, name);
  JSPropertyEnum* names = nullptr;
  std::uint32_t count = 0;
  if (JS_GetOwnPropertyNames(context, &names, &count, exports.get(), JS_GPN_STRING_MASK) < 0) {
    return -1;
  }
  int result = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const char* const text = JS_AtomToCString(context, names[i].atom);
    if (text && result == 0) {
      result = JS_SetModuleExport(context, definition, text,
                                  JS_GetProperty(context, exports.get(), names[i].atom));
    }
    JS_FreeCString(context, text);
  }
  free_names(context, names, count);
  return result;
}

}  // namespace

void Host::begin_call() {
  const std::uint64_t kept_bytes = max_log_bytes;
  const ZoneTable* const kept_zones = zones;
  *this = Host{};
  max_log_bytes = kept_bytes;
  zones = kept_zones;
}

void Host::take(CodeOutcome& outcome) {
  outcome.out_errors = std::move(out_errors);
  outcome.log = std::move(log);
}

void describe_stop(Host& host, std::uint64_t max_result_bytes, CodeOutcome& outcome) {
  switch (host.stop) {
    case HostStop::error:
      outcome.end = CodeOutcome::End::error;
      outcome.message = std::move(host.message);
      outcome.type = std::move(host.type);
      outcome.data = std::move(host.data);
      break;
    case HostStop::unauthorized:
      outcome.end = CodeOutcome::End::unauthorized;
      break;
    case HostStop::early_return:
      outcome.end = CodeOutcome::End::early_return;
      outcome.value = std::move(host.value);
      break;
    case HostStop::too_large:
      outcome.end = CodeOutcome::End::limit;
      outcome.message =
          "result: more than " + std::to_string(max_result_bytes >> 20) + " MiB of JSON";
      break;
    case HostStop::none:
      break;
  }
}

bool compile_built_ins(JSContext* context, std::vector<std::uint8_t>& bytecode) {
  const std::string_view source = library_source();
  const JsValue compiled(
      context, JS_Eval(context, source.data(), source.size(), kLibraryName,
                       JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_STRICT | JS_EVAL_FLAG_COMPILE_ONLY));
  return !compiled.is_exception() && write_bytecode(context, compiled, bytecode);
}

bool write_bytecode(JSContext* context, const JsValue& compiled,
                    std::vector<std::uint8_t>& bytecode) {
  std::size_t size = 0;
  std::uint8_t* const bytes =
      JS_WriteObject(context, &size, compiled.get(), JS_WRITE_OBJ_BYTECODE);
  if (!bytes) return false;
  bytecode.assign(bytes, bytes + size);
  js_free(context, bytes);
  return true;
}

bool install_built_ins(JSContext* context, const std::vector<std::uint8_t>& bytecode) {
  const JSValue read =
      JS_ReadObject(context, bytecode.data(), bytecode.size(), JS_READ_OBJ_BYTECODE);
  if (JS_IsException(read)) return false;
  // The library's one expression is a function of the host; it answers with its modules.
  const JsValue library(context, JS_EvalFunction(context, read));
  if (!library.is_function()) return false;
  const JsValue host(context, JS_NewObject(context));
  JS_SetPropertyFunctionList(context, host.get(), kFunctions.data(),
                             static_cast<int>(kFunctions.size()));
  JSValue argument = host.get();
  const JsValue made(context, JS_Call(context, library.get(), JS_UNDEFINED, 1, &argument));
  if (!made.is_object()) return false;
  const JsValue global(context, JS_GetGlobalObject(context));
  JS_DefinePropertyValueStr(context, global.get(), kModulesProperty,
                            made.property("modules").release(), 0);
  const JsValue roots = made.property("roots");
  const JsValue shadowable = made.property("shadowable");
  return freeze_all(context, roots.get(), shadowable.get());
}

JSModuleDef* load_built_in(JSContext* context, const char* name, void*) {
  if (std::find(kModules.begin(), kModules.end(), std::string_view(name)) == kModules.end()) {
    JS_ThrowReferenceError(context,
                           "cannot import '%s': handlers may import @aws-appsync/utils, "
                           "@aws-appsync/utils/dynamodb, /rds and /ai; bundle everything else",
                           name);
    return nullptr;
  }
  JSModuleDef* const definition = JS_NewCModule(context, name, &fill_module);
  const JsValue exports = built_in(context, name);
  if (!exports.is_object()) return definition;  // who compiles asks for names of modules alone
  JSPropertyEnum* names = nullptr;
  std::uint32_t count = 0;
  if (!definition ||
      JS_GetOwnPropertyNames(context, &names, &count, exports.get(), JS_GPN_STRING_MASK) < 0) {
    return nullptr;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const char* const text = JS_AtomToCString(context, names[i].atom);
    if (text) JS_AddModuleExport(context, definition, text);
    JS_FreeCString(context, text);
  }
  free_names(context, names, count);
  return definition;
}

}  // namespace eventsd::handler
