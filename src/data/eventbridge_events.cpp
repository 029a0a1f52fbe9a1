#include "data/eventbridge_events.hpp"

#include <cstdio>

#include "data/request_members.hpp"

namespace eventsd::data {
namespace {

using std::chrono::system_clock;

constexpr std::size_t kMaxEvents = 10;  // of PutEvents

Result<std::string> event_text(const RequestMembers& event, std::string_view name) {
  auto text = event.required_text(name);
  if (text && text->empty()) {
    return fail(ErrorKind::bad_request, std::string(name) + " of an event must not be empty");
  }
  return text;
}

Result<BusEvent> parse_event(std::string_view json, std::size_t number) {
  const auto members = RequestMembers::parse(json, "event " + std::to_string(number));
  if (!members) return members.error();
  BusEvent event;
  auto source = event_text(*members, "source");
  if (!source) return source.error();
  event.source = std::move(*source);
  auto type = event_text(*members, "detailType");
  if (!type) return type.error();
  event.detail_type = std::move(*type);
  const std::string_view detail = members->raw("detail");
  if (detail.empty() || detail.front() != '{') {
    return fail(ErrorKind::bad_request,
                "detail of event " + std::to_string(number) + " must be an object");
  }
  event.detail = detail;
  if (const std::string_view resources = members->raw("resources"); !resources.empty()) {
    const auto elements = parse_elements(resources, "resources");
    if (!elements) return elements.error();
    for (const std::string_view element : *elements) {
      const auto text = parse_text(element, "an element of resources");
      if (!text) return text.error();
      event.resources.emplace_back(element);
    }
  }
  const auto time = members->text("time");
  if (!time) return time.error();
  if (*time) {
    event.time = parse_rfc3339(**time);
    if (!event.time) {
      return fail(ErrorKind::bad_request, "time of event " + std::to_string(number) +
                                              " must be an RFC 3339 timestamp, such as "
                                              "2026-01-31T12:00:00Z");
    }
  }
  return event;
}

std::string joined(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& element : elements) {
    if (text.size() > 1) text += ',';
    text += element;
  }
  return text + "]";
}

// Digits of `text` at `at`; -1: something else stands there.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  int number = 0;
  for (const char c : text.substr(at, digits)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::string rfc3339(system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()));
  return text;
}

}  // namespace

Result<std::vector<BusEvent>> parse_bus_events(std::string_view request) {
  const auto members = RequestMembers::parse(request);
  if (!members) return members.error();
  const auto operation = members->required_text("operation");
  if (!operation) return operation.error();
  if (*operation != "PutEvents") {
    return fail(ErrorKind::bad_request, "operation must be PutEvents, not \"" + *operation + "\"");
  }
  const auto elements = parse_elements(members->raw("events"), "events");
  if (!elements) return elements.error();
  if (elements->empty() || elements->size() > kMaxEvents) {
    return fail(ErrorKind::bad_request,
                "events must hold 1 to 10 events, not " + std::to_string(elements->size()));
  }
  std::vector<BusEvent> events;
  for (const std::string_view element : *elements) {
    auto event = parse_event(element, events.size() + 1);
    if (!event) return event.error();
    events.push_back(std::move(*event));
  }
  return events;
}

std::optional<system_clock::time_point> parse_rfc3339(std::string_view text) {
  namespace chrono = std::chrono;
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' ||
      text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  const int hour = number_at(text, 11, 2);
  const int minute = number_at(text, 14, 2);
  const int second = number_at(text, 17, 2);
  const chrono::year_month_day date{chrono::year(year), chrono::month(unsigned(month)),
                                    chrono::day(unsigned(day))};
  if (year < 0 || month < 0 || day < 0 || !date.ok() || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  auto time = chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute) +
              chrono::seconds(second) + chrono::milliseconds(0);
  std::size_t at = 19;
  if (text[at] == '.') {
    const std::size_t first = ++at;
    for (int weight = 100; number_at(text, at, 1) >= 0; ++at, weight /= 10) {
      time += chrono::milliseconds(number_at(text, at, 1) * weight);
    }
    if (at == first) return std::nullopt;
  }
  const std::string_view zone = text.substr(at);
  if (zone == "Z" || zone == "z") return time;
  const int hours = number_at(zone, 1, 2);
  const int minutes = number_at(zone, 4, 2);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || hours < 0 ||
      hours > 23 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  const auto offset = chrono::hours(hours) + chrono::minutes(minutes);
  return zone[0] == '+' ? time - offset : time + offset;
}

std::string put_events_body(const std::vector<BusEvent>& events, std::string_view bus) {
  std::string body = R"({"Entries":[)";
  for (const BusEvent& event : events) {
    if (body.back() != '[') body += ',';
    body += R"({"EventBusName":)" + json_text(bus) + R"(,"Source":)" + json_text(event.source) +
            R"(,"DetailType":)" + json_text(event.detail_type) + R"(,"Detail":)" +
            json_text(event.detail);
    if (!event.resources.empty()) body += R"(,"Resources":)" + joined(event.resources);
    if (event.time) {
      const auto seconds =
          std::chrono::floor<std::chrono::seconds>(event.time->time_since_epoch()).count();
      body += R"(,"Time":)" + std::to_string(seconds);
    }
    body += '}';
  }
  return body + "]}";
}

std::string delivered_event(const BusEvent& event, const BusPlace& place) {
  return R"({"version":"0","id":)" + json_text(place.id) + R"(,"detail-type":)" +
         json_text(event.detail_type) + R"(,"source":)" + json_text(event.source) +
         R"(,"account":)" + json_text(place.account) + R"(,"time":")" +
         rfc3339(event.time.value_or(place.now)) + R"(","region":)" + json_text(place.region) +
         R"(,"resources":)" + joined(event.resources) + R"(,"detail":)" + event.detail + "}";
}

}  // namespace eventsd::data
