// What handlers and functions answer, read with suspicion. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eventsd/handler.hpp"

namespace eventsd::handler {

// What onPublish returned; empty: undefined.
//   errors   handler_failed, with the reason for the log
//   source   handlers rule 1.4
Result<HandledEvents> read_events(std::string_view json, const std::vector<HandlerEvent>& asked);

// What a function answered that was asked directly.
struct DirectAnswer {
  HandledEvents events;
  std::string error;  // its top-level `error`, for the log; empty: none
};
//   errors   handler_failed; for subscribe handler_refused too, with the function's text
//   source   handlers rule 5.2
Result<DirectAnswer> read_direct_publish(std::string_view json,
                                         const std::vector<HandlerEvent>& asked);
Result<void> read_direct_subscribe(std::string_view json);

}  // namespace eventsd::handler
