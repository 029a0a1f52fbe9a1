// Event buses as data sources.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/outbound_calls.hpp"
#include "data/outbound_http.hpp"
#include "eventsd/data_source.hpp"
#include "net/url.hpp"

namespace eventsd::data {

enum class EventBridgeForm : std::uint8_t {
  api,      // EventBridge's own: PutEvents in AWS JSON 1.1
  webhook,  // a POST for each event, in the form in which EventBridge delivers it to its targets
};

// Where the events of a bus go.
struct EventBridgeTarget {
  net::Url url;
  EventBridgeForm form = EventBridgeForm::api;
};

// Reads an address of the configuration: a URL, or "webhook+" and a URL.
//   errors   bad_request: quotes the text and says what is expected
Result<EventBridgeTarget> parse_eventbridge_target(std::string_view address);

struct EventBridgeSourceOptions {
  OutboundHttpOptions http;
  std::optional<EventBridgeTarget> target;  // absent: calls fail as not configured
  std::string bus;                          // ARN or name, told to the API as EventBusName
  std::string region;
  std::string account_id;
  // Seam for tests; null: the system's clock.
  std::function<std::chrono::system_clock::time_point()> now;
};

// Takes {operation: 'PutEvents', events: [{source, detail, detailType, resources?, time?}]}, 1 to
// 10 of them; the result is {Entries, FailedEntryCount} with an entry for each event in order:
// {EventId}, or {ErrorCode, ErrorMessage}. Webhooks are posted to one after the other.
//   errors   EventBridge:NotConfigured, no target; EventBridge:HttpStatus400 and its like: the API
//   refused the whole; those of
//            unanswered()
//   source   handlers rule 5.4
std::shared_ptr<DataSource> make_eventbridge_source(EventBridgeSourceOptions options,
                                                    OutboundCalls& calls);

}  // namespace eventsd::data
