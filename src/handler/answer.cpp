#include "handler/answer.hpp"

#include <unordered_map>

#include "protocol/json_scanner.hpp"
#include "protocol/text.hpp"

namespace eventsd::handler {
namespace {

using protocol::JsonScanner;
using protocol::JsonString;

Error failed(std::string reason) { return deny(ErrorKind::handler_failed, std::move(reason)); }

// One value, passed and kept as it stands.
struct Text {
  std::string_view json;  // empty: the member is absent
  bool is(std::string_view literal) const { return json == literal; }
  bool is_string() const { return json.starts_with('"'); }
  std::string decoded() const {
    JsonScanner scanner(json);
    JsonString literal;
    scanner.peek();
    if (!scanner.read_string(literal) || !literal.has_text) return {};
    return protocol::decode_json_string(literal);
  }
  // As JavaScript's `if (x)` has it, after a round through JSON.
  bool truthy() const {
    if (json.empty() || is("null") || is("false") || is("\"\"") || is("-0")) return false;
    if (json.front() != '-' && (json.front() < '0' || json.front() > '9')) return true;
    return json.substr(0, json.find_first_of("eE")).find_first_of("123456789") !=
           std::string_view::npos;
  }
  // A string's text; of anything else its JSON.
  std::string text() const { return is_string() ? decoded() : std::string(json); }
};

bool pass(JsonScanner& scanner, Text& into) {
  scanner.peek();
  const char* const begin = scanner.position();
  if (!scanner.skip_value()) return false;
  into.json = {begin, static_cast<std::size_t>(scanner.position() - begin)};
  return true;
}

struct Entry {
  Text id;
  Text payload;
  Text error;
};

bool read_entry(JsonScanner& scanner, Entry& entry) {
  return scanner.read_object([&](std::string_view name) {
    Text ignored;
    Text& into = name == "id"        ? entry.id
                 : name == "payload" ? entry.payload
                 : name == "error"   ? entry.error
                                     : ignored;
    return pass(scanner, into);
  });
}

// Turns entries into events and holds their ids against those that were asked.
class Collector {
 public:
  explicit Collector(const std::vector<HandlerEvent>& asked) {
    for (const HandlerEvent& event : asked) open_.emplace(event.id, true);
    events_.reserve(asked.size());
  }

  // False: the entry is faulty, see `fault`.
  bool add(const Entry& entry) {
    if (!entry.id.is_string()) return refuse("an entry has no id that is a string");
    HandledEvent event;
    event.id = entry.id.decoded();
    const auto found = open_.find(event.id);
    if (found == open_.end()) return refuse("unknown event id");
    if (!found->second) return refuse("an event id is returned twice");
    found->second = false;
    if (entry.error.truthy()) {
      event.error = entry.error.text();
      if (event.error.empty()) event.error = "Error";  // half of a surrogate pair alone
    } else {
      event.payload = entry.payload.json.empty() ? "null" : std::string(entry.payload.json);
    }
    events_.push_back(std::move(event));
    return true;
  }

  bool refuse(std::string why) {
    fault = std::move(why);
    return false;
  }
  HandledEvents take() { return std::move(events_); }

  std::string fault;

 private:
  std::unordered_map<std::string, bool> open_;
  HandledEvents events_;
};

Result<HandledEvents> read_array(JsonScanner& scanner, const std::vector<HandlerEvent>& asked) {
  Collector collector(asked);
  const bool good = scanner.read_array([&] {
    const char next = scanner.peek();
    if (next == '{') {
      Entry entry;
      return read_entry(scanner, entry) && collector.add(entry);
    }
    Text other;
    if (!pass(scanner, other)) return false;
    return other.is("null") || collector.refuse("an entry is neither an object nor null");
  });
  if (good) return collector.take();
  return failed("onPublish: " + (collector.fault.empty() ? "malformed JSON" : collector.fault));
}

// What is broken in itself never reaches a client.
bool is_text(std::string_view json) {
  return protocol::is_valid_json(json) && protocol::is_valid_utf8(json);
}

}  // namespace

Result<HandledEvents> read_events(std::string_view json, const std::vector<HandlerEvent>& asked) {
  if (json.empty() || json == "null") return HandledEvents{};
  if (!is_text(json)) return failed("onPublish: the answer is not JSON");
  JsonScanner scanner(json);
  if (scanner.peek() != '[') return failed("onPublish returned neither an array nor null");
  return read_array(scanner, asked);
}

Result<DirectAnswer> read_direct_publish(std::string_view json,
                                         const std::vector<HandlerEvent>& asked) {
  DirectAnswer answer;
  if (json.empty() || json == "null") return answer;
  if (!is_text(json)) return failed("the function's answer is not JSON");
  JsonScanner scanner(json);
  if (scanner.peek() != '{') {
    return failed("the function's answer is no object such as {\"events\":[…]}");
  }
  Text events;
  Text error;
  scanner.read_object([&](std::string_view name) {
    Text ignored;
    return pass(scanner, name == "events" ? events : name == "error" ? error : ignored);
  });
  if (error.truthy()) answer.error = error.text();
  if (events.json.empty() || events.is("null")) return answer;
  JsonScanner list(events.json);
  if (list.peek() != '[') return failed("`events` of the function's answer is no array");
  auto read = read_array(list, asked);
  if (!read) return read.error();
  answer.events = std::move(*read);
  return answer;
}

Result<void> read_direct_subscribe(std::string_view json) {
  if (json.empty() || json == "null") return {};
  if (!is_text(json)) return failed("the function's answer is not JSON");
  JsonScanner scanner(json);
  if (scanner.peek() != '{') return failed("the function's answer is neither null nor an object");
  Text error;
  scanner.read_object([&](std::string_view name) {
    Text ignored;
    return pass(scanner, name == "error" ? error : ignored);
  });
  if (error.truthy()) return fail(ErrorKind::handler_refused, error.text());
  return {};
}

}  // namespace eventsd::handler
