// What a handler has to say, in the log.
#pragma once

#include <string_view>

#include "eventsd/code_runner.hpp"
#include "eventsd/handler.hpp"

namespace eventsd::handler {

// Lines of console.* at their level, and util.appendError's as errors: with namespace, function,
// file, line and request id, and without the request's credentials.
//   source   handlers rules 7 and 1.6
void log_console(const HandlerRequest& request, const CodeModule& module, std::string_view function,
                 const CodeOutcome& outcome);

// Why a handler failed; who publishes or subscribes is not told.
void log_failure(const HandlerRequest& request, std::string_view function, std::string_view why);

// util.error's further arguments, which have no place on the wire.
void log_refusal(const HandlerRequest& request, std::string_view function,
                 const CodeOutcome& outcome);

}  // namespace eventsd::handler
