// The events of a PutEvents request, checked, and the two forms in which they leave. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::data {

struct BusEvent {
  std::string source;
  std::string detail_type;
  std::string detail;                  // JSON object
  std::vector<std::string> resources;  // JSON strings
  std::optional<std::chrono::system_clock::time_point> time;
};

// Checks {operation: 'PutEvents', events}.
//   errors   bad_request: names the member
Result<std::vector<BusEvent>> parse_bus_events(std::string_view request);

// RFC 3339: 2026-01-31T12:00:00.5Z, also with an offset.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text);

// The body of PutEvents.
std::string put_events_body(const std::vector<BusEvent>& events, std::string_view bus);

// What a target of EventBridge gets.
struct BusPlace {
  std::string id;  // of the event
  std::string account;
  std::string region;
  std::chrono::system_clock::time_point now;  // for events without a time
};
std::string delivered_event(const BusEvent& event, const BusPlace& place);

}  // namespace eventsd::data
