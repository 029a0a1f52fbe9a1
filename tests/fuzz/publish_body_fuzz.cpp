// The body of an HTTP publish, against nlohmann/json and against the same request on a socket.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "protocol/client_message.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace {

using namespace eventsd;
using namespace eventsd::protocol;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const PublishLimits limits;
  const Result<Publish> parsed = parse_publish_body(text, limits);
  if (!parsed) {
    require(!error_text(parsed.error()).empty());
    return 0;
  }
  require(is_valid_utf8(text) && is_valid_json(text));
  const Events& events = parsed->batch->events;
  require(!events.empty() && events.size() <= limits.max_events);
  for (const Event& event : events) {
    const std::string payload = payload_of(event);
    require(is_valid_utf8(payload) && is_valid_json(payload));
    require(event.data_suffix == data_suffix(payload) && event.payload_size == payload.size());
  }
  // nlohmann refuses numbers that no double holds, which JSON does not: then there is no oracle.
  const auto body = nlohmann::json::parse(text, nullptr, false);
  if (!body.is_discarded()) {
    require(body.at("channel").get<std::string>() == parsed->channel);
    require(std::ranges::equal(body.at("events").get<std::vector<std::string>>(), events, {}, {},
                               payload_of));
  }
  // Written again as a frame, it is the same publish.
  std::string frame = R"({"type":"publish","id":"1","channel":)";
  append_json_string(frame, parsed->channel);
  frame += R"(,"events":)";
  for (const Event& event : events) {
    frame += &event == &events.front() ? '[' : ',';
    append_json_string(frame, payload_of(event));
  }
  frame += "]}";
  const ClientMessage message = parse_client_message(frame, limits);
  const Publish* const publish = std::get_if<Publish>(&message);
  require(publish != nullptr);
  require(publish->channel == std::string_view(parsed->channel));
  require(std::ranges::equal(publish->batch->events, events, {}, &Event::data_suffix,
                             &Event::data_suffix));
  return 0;
}
