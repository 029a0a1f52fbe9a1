#include "data/rds/field_value.hpp"

#include <array>

#include "data/dynamodb/base64.hpp"
#include "data/request_members.hpp"
#include "protocol/json_scanner.hpp"

namespace eventsd::data::rds {
namespace {

constexpr int kMaxArrayDepth = 6;  // of PostgreSQL

bool is_json_number(std::string_view text) {
  protocol::JsonScanner scanner(text);
  const char first = scanner.peek();
  return (first == '-' || (first >= '0' && first <= '9')) && scanner.skip_value() &&
         scanner.at_end();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "\x00ff": bytea_output is hex.
std::optional<std::string> decode_bytea(std::string_view text) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 2; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

// The JSON of a value that is no array; empty: the text does not fit the kind.
std::string scalar(ValueKind kind, std::string_view text) {
  switch (kind) {
    case ValueKind::long_integer:
    case ValueKind::double_float:
      return is_json_number(text) ? std::string(text) : "";
    case ValueKind::boolean:
      return text == "t" ? "true" : text == "f" ? "false" : "";
    case ValueKind::blob: {
      const auto bytes = decode_bytea(text);
      if (!bytes) return "";
      std::string json = "\"";
      dynamodb::append_base64(json, *bytes);
      return json + '"';
    }
    default:
      return json_text(text);
  }
}

std::string_view member_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::long_integer:
      return "longValue";
    case ValueKind::double_float:
      return "doubleValue";
    case ValueKind::boolean:
      return "booleanValue";
    case ValueKind::blob:
      return "blobValue";
    case ValueKind::array:
      return "arrayValue";
    case ValueKind::text:
      break;
  }
  return "stringValue";
}

// Reads {1,NULL,"a b",{…}} as {"longValues":[…]} or {"arrayValues":[…]}.
class ArrayReader {
 public:
  ArrayReader(ValueKind element, std::string_view text) : element_(element), text_(text) {}

  // Empty: it is no array of this kind.
  std::string read() {
    skip_bounds();
    std::string json;
    if (!read_array(json, 0) || at_ != text_.size()) return "";
    return json;
  }

 private:
  char look() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // [2:3]= in front of an array that does not begin at 1.
  void skip_bounds() {
    if (look() != '[') return;
    const std::size_t equals = text_.find('=');
    if (equals != std::string_view::npos) at_ = equals + 1;
  }

  bool read_array(std::string& json, int depth) {
    if (look() != '{' || depth >= kMaxArrayDepth) return false;
    ++at_;
    const bool nests = look() == '{';
    json += "{\"" + (nests ? "arrayValues" : std::string(member_of(element_)) + "s") + "\":[";
    for (bool first = true; look() != '}'; first = false) {
      if (!first) {
        if (look() != ',') return false;
        ++at_;
        json += ',';
      }
      if (nests ? !read_array(json, depth + 1) : !read_element(json)) return false;
    }
    ++at_;
    json += "]}";
    return true;
  }

  bool read_element(std::string& json) {
    std::string value;
    bool quoted = false;
    if (look() == '"') {
      quoted = true;
      ++at_;
      while (at_ < text_.size() && look() != '"') {
        if (look() == '\\') ++at_;
        if (at_ < text_.size()) value += text_[at_++];
      }
      if (at_ == text_.size()) return false;
      ++at_;
    } else {
      while (at_ < text_.size() && look() != ',' && look() != '}') value += text_[at_++];
      if (value.empty()) return false;
    }
    const std::string element =
        !quoted && (value == "NULL" || value == "null") ? "null" : scalar(element_, value);
    json += element;
    return !element.empty();
  }

  const ValueKind element_;
  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

void append_field(std::string& json, const ColumnType& type,
                  std::optional<std::string_view> value) {
  if (!value) {
    json += R"({"isNull":true})";
    return;
  }
  ValueKind kind = type.kind;
  std::string text =
      kind == ValueKind::array ? ArrayReader(type.element, *value).read() : scalar(kind, *value);
  if (text.empty()) {
    kind = ValueKind::text;
    text = json_text(*value);
  }
  json += "{\"";
  json += member_of(kind);
  json += "\":";
  json += text;
  json += '}';
}

}  // namespace eventsd::data::rds
