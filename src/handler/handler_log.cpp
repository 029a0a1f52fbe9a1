#include "handler/handler_log.hpp"

#include "handler/log.hpp"
#include "handler/redactor.hpp"

namespace eventsd::handler {
namespace {

spdlog::level::level_enum level_of(CodeLogLevel level) {
  switch (level) {
    case CodeLogLevel::error:
      return spdlog::level::err;
    case CodeLogLevel::info:
      return spdlog::level::info;
    case CodeLogLevel::debug:
      break;
  }
  return spdlog::level::debug;
}

}  // namespace

void log_console(const HandlerRequest& request, const CodeModule& module, std::string_view function,
                 const CodeOutcome& outcome) {
  if (outcome.log.empty() && outcome.out_errors.empty()) return;
  const auto log = logger();
  for (const CodeLogLine& line : outcome.log) {
    const auto level = level_of(line.level);
    if (!log->should_log(level)) continue;
    log->log(level, "console ns={} handler={} at={}:{}:{} request={} text={}",
             request.namespace_name, function, module.name, line.line, line.column,
             request.request_id, redact(line.text, request.secrets));
  }
  for (const std::string& error : outcome.out_errors) {
    log->error("util.appendError ns={} handler={} request={} error={}", request.namespace_name,
               function, request.request_id, redact(error, request.secrets));
  }
}

void log_failure(const HandlerRequest& request, std::string_view function, std::string_view why) {
  logger()->error("a handler failed ns={} handler={} request={} err=\"{}\"", request.namespace_name,
                  function, request.request_id, redact(why, request.secrets));
}

void log_refusal(const HandlerRequest& request, std::string_view function,
                 const CodeOutcome& outcome) {
  const auto level = outcome.data.empty() ? spdlog::level::debug : spdlog::level::info;
  const auto log = logger();
  if (!log->should_log(level)) return;
  log->log(level, "util.error ns={} handler={} request={} type=\"{}\" message=\"{}\" data={}",
           request.namespace_name, function, request.request_id,
           redact(outcome.type, request.secrets), redact(outcome.message, request.secrets),
           outcome.data.empty() ? "null" : redact(outcome.data, request.secrets));
}

}  // namespace eventsd::handler
