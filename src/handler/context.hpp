// ctx, as handlers and functions that are asked directly get it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "eventsd/handler.hpp"

namespace eventsd::handler {

// What a `response` sees besides what `request` has seen.
struct ResponseContext {
  std::string_view stash;          // JSON text; empty: {}
  std::string_view result;         // JSON text
  std::string_view error_message;  // with error_type: ctx.error
  std::string_view error_type;     // empty: no error
};

// JSON text for a worker: no `identity` where there is none, no `events` for subscribe.
//   source   handlers rule 1.3
std::string code_context(const HandlerRequest& request);
std::string code_context(const HandlerRequest& request, const ResponseContext& response);

// A function's event, with all its nulls.
//   source   handlers rule 5.2
std::string direct_event(const HandlerRequest& request);

}  // namespace eventsd::handler
