#include "data/request_members.hpp"

#include <nlohmann/json.hpp>

#include "protocol/json_scanner.hpp"

namespace eventsd::data {
namespace {

Error fault(std::string_view what, std::string_view expected) {
  return fail(ErrorKind::bad_request, std::string(what) + " must be " + std::string(expected));
}

std::string_view slice(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

Result<RequestMembers> RequestMembers::parse(std::string_view text, std::string what) {
  RequestMembers found;
  protocol::JsonScanner scanner(text);
  if (scanner.peek() != '{') return fault(what, "an object");
  const bool well_formed = scanner.read_object([&](std::string_view name) {
    scanner.peek();
    const char* begin = scanner.position();
    if (!scanner.skip_value()) return false;
    const std::string_view value = slice(begin, scanner.position());
    if (value == "null") {
      found.members_.erase(std::string(name));
    } else {
      found.members_[std::string(name)] = value;
    }
    return true;
  });
  if (!well_formed || !scanner.at_end()) {
    return fault(what, "well-formed JSON, nested at most 128 deep");
  }
  found.what_ = std::move(what);
  return found;
}

std::string_view RequestMembers::raw(std::string_view name) const {
  const auto place = members_.find(std::string(name));
  return place == members_.end() ? std::string_view() : place->second;
}

Result<std::optional<std::string>> RequestMembers::text(std::string_view name) const {
  const std::string_view json = raw(name);
  if (json.empty()) return std::optional<std::string>();
  auto value = parse_text(json, name);
  if (!value) return value.error();
  return std::optional<std::string>(std::move(*value));
}

Result<std::string> RequestMembers::required_text(std::string_view name) const {
  auto value = text(name);
  if (!value) return value.error();
  if (!*value) {
    return fail(ErrorKind::bad_request, what_ + " has no \"" + std::string(name) + "\"");
  }
  return std::move(**value);
}

Result<RequestMembers> RequestMembers::object(std::string_view name) const {
  const std::string_view json = raw(name);
  return parse(json.empty() ? "{}" : json, std::string(name));
}

Result<std::set<std::string>> member_names(std::string_view text, std::string_view what) {
  std::set<std::string> names;
  protocol::JsonScanner scanner(text);
  if (scanner.peek() != '{') return fault(what, "an object");
  const bool well_formed = scanner.read_object([&](std::string_view name) {
    names.emplace(name);
    return scanner.skip_value();
  });
  if (!well_formed) return fault(what, "well-formed JSON");
  return names;
}

Result<std::vector<std::string_view>> parse_elements(std::string_view text, std::string_view what) {
  std::vector<std::string_view> elements;
  protocol::JsonScanner scanner(text);
  if (scanner.peek() != '[') return fault(what, "an array");
  const bool well_formed = scanner.read_array([&] {
    scanner.peek();
    const char* begin = scanner.position();
    if (!scanner.skip_value()) return false;
    elements.push_back(slice(begin, scanner.position()));
    return true;
  });
  if (!well_formed || !scanner.at_end()) return fault(what, "well-formed JSON");
  return elements;
}

Result<std::string> parse_text(std::string_view json, std::string_view what) {
  protocol::JsonScanner scanner(json);
  protocol::JsonString literal;
  if (scanner.peek() != '"' || !scanner.read_string(literal)) return fault(what, "a string");
  if (!literal.has_text) return fault(what, "text without halves of surrogate pairs");
  return protocol::decode_json_string(literal);
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace eventsd::data
