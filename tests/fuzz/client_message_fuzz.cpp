// The message parser against nlohmann/json: what is no JSON there is invalid here, and a message
// that is served has the members that nlohmann sees.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "protocol/client_message.hpp"
#include "protocol/escaped_json.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace {

using namespace eventsd;
using namespace eventsd::protocol;
using Json = nlohmann::json;

constexpr int kMaxDepth = 128;

void require(bool holds) {
  if (!holds) std::abort();
}

// Arrays and objects inside one another; brackets in strings do not count.
int nesting(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (text[i] == '[' || text[i] == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_string && (text[i] == ']' || text[i] == '}')) {
      --depth;
    }
  }
  return deepest;
}

enum class Verdict { json, not_json, unknown };

// nlohmann skips a byte order mark, takes NUL for the end and refuses numbers that no double holds;
// JSON does none of that.
Verdict judge(std::string_view text, Json& out) {
  if (text.starts_with("\xef")) return Verdict::unknown;
  if (text.find('\0') != text.npos || nesting(text) > kMaxDepth) return Verdict::not_json;
  try {
    out = Json::parse(text);
    return Verdict::json;
  } catch (const Json::out_of_range&) {
    return Verdict::unknown;
  } catch (const Json::exception&) {
    // Halves of surrogate pairs are JSON's, but not nlohmann's.
    const bool surrogates = text.find("\\ud") != text.npos || text.find("\\uD") != text.npos;
    return surrogates ? Verdict::unknown : Verdict::not_json;
  }
}

std::string string_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void check_credentials(const Json& message, const Credentials& credentials) {
  const auto found = message.find("authorization");
  if (found == message.end() || found->is_null()) {
    require(credentials.empty() && credentials.object.empty());
    return;
  }
  require(found->is_object());
  require(Json::parse(credentials.object) == *found);
}

// The literal that we write for a text: JSON as it stands there and JSON without its escapes are
// the same.
void check_escaped(std::string_view text) {
  std::string written;
  append_json_string(written, text);
  JsonScanner scanner(written);
  JsonString literal;
  require(scanner.peek() == '"' && scanner.read_string(literal) && scanner.at_end());
  require(decode_json_string(literal) == text);
  if (literal.is_usual) require(is_valid_escaped_json(literal) == is_valid_json(text));
}

// True when every event is what the message says and what JSON is.
bool events_are_json(const Json& events) {
  for (const Json& event : events) {
    Json ignored;
    if (!event.is_string()) return false;
    if (judge(event.get_ref<const std::string&>(), ignored) == Verdict::not_json) return false;
  }
  return true;
}

void check_publish(const Json& message, const Publish& publish, const PublishLimits& limits) {
  require(publish.id == string_member(message, "id") && is_operation_id(publish.id));
  require(message.at("channel").get<std::string>() == publish.channel);
  const auto events = message.at("events").get<std::vector<std::string>>();
  require(std::ranges::equal(events, publish.batch->events, {}, {}, payload_of));
  for (const Event& event : publish.batch->events) {
    require(event.data_suffix == data_suffix(payload_of(event)));
    require(event.payload_size == payload_of(event).size());
  }
  require(!events.empty() && events.size() <= limits.max_events);
  require(events_are_json(message.at("events")));
  check_credentials(message, publish.credentials.decode());
}

// A publish that was refused has one of the known faults.
bool has_publish_fault(const Json& message, const PublishLimits& limits) {
  if (!is_operation_id(string_member(message, "id"))) return true;
  if (!message.contains("channel") || !message["channel"].is_string()) return true;
  const Json authorization = message.value("authorization", Json());
  if (!authorization.is_null() && !authorization.is_object()) return true;
  if (!message.contains("events") || !message["events"].is_array()) return true;
  const Json& events = message["events"];
  if (events.empty() || events.size() > limits.max_events) return true;
  std::size_t size = 0;
  for (const Json& event : events) {
    if (!event.is_string()) return true;
    const auto text = event.get<std::string>();
    size += text.size();
    if (!is_valid_json(text)) return true;
  }
  return size > limits.max_publish_size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!is_valid_utf8(text)) return 0;  // the frame decoder's work
  PublishLimits limits;
  limits.max_publish_size = 200;
  check_escaped(text);
  const ClientMessage parsed = parse_client_message(text, limits);
  const Invalid* const invalid = std::get_if<Invalid>(&parsed);
  if (invalid != nullptr) require(invalid->id.empty() || is_operation_id(invalid->id));

  Json message;
  const Verdict verdict = judge(text, message);
  if (verdict == Verdict::unknown) return 0;
  require(is_valid_json(text) == (verdict == Verdict::json));
  if (verdict == Verdict::not_json || !message.is_object()) {
    require(invalid != nullptr && invalid->error.kind == ErrorKind::bad_request);
    require(invalid->reply == Invalid::ReplyType::error && invalid->id.empty());
    return 0;
  }
  const std::string type = string_member(message, "type");
  const std::string id = string_member(message, "id");
  require(std::holds_alternative<ConnectionInit>(parsed) == (type == "connection_init"));
  require(std::holds_alternative<KeepAlive>(parsed) == (type == "ka"));
  require(std::holds_alternative<Unsubscribe>(parsed) ==
          (type == "unsubscribe" && is_operation_id(id)));
  if (const auto* publish = std::get_if<Publish>(&parsed)) {
    require(type == "publish");
    check_publish(message, *publish, limits);
  } else if (type == "publish") {
    require(has_publish_fault(message, limits));
  }
  if (const auto* subscribe = std::get_if<Subscribe>(&parsed)) {
    require(type == "subscribe" && subscribe->id == id && is_operation_id(id));
    require(message.at("channel").get<std::string>() == subscribe->channel);
    require(message.contains("replay") == subscribe->replay.has_value());
    check_credentials(message, subscribe->credentials);
  }
  return 0;
}
