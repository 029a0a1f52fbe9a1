#include "data/dynamodb_source/plain_reader.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "data/dynamodb/decimal.hpp"
#include "data/dynamodb/value_json.hpp"
#include "data/dynamodb_source/plain_json.hpp"
#include "protocol/json_scanner.hpp"
#include "protocol/text.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using protocol::JsonScanner;
using protocol::JsonString;

// Passes values at the scanner and writes them plain. False: not a case for this reader.
class PlainReader {
 public:
  PlainReader(JsonScanner& scanner, std::string& out) : scanner_(scanner), out_(out) {}

  bool item() {
    if (scanner_.peek() != '{') return false;
    char separator = '{';
    const bool good = scanner_.read_object([&](std::string_view name) {
      // Half of a surrogate pair stays escaped.
      if (name.find('\\') != std::string_view::npos) return false;
      out_ += separator;
      separator = ',';
      dynamodb::append_json_string(out_, name);
      out_ += ':';
      return value();
    });
    if (separator == '{') out_ += '{';
    out_ += '}';
    return good;
  }

 private:
  bool value() {
    if (scanner_.peek() != '{' || ++depth_ > dynamodb::kMaxNesting) return false;
    int members = 0;
    const bool good = scanner_.read_object(
        [&](std::string_view type) { return ++members == 1 && typed_value(type); });
    --depth_;
    return good && members == 1;
  }

  bool typed_value(std::string_view type) {
    const char next = scanner_.peek();
    if (type == "S" && next == '"') {
      JsonString text;
      if (!scanner_.read_string(text) || !text.has_text) return false;
      out_ += '"';
      out_ += text.raw;
      out_ += '"';
      return true;
    }
    if (type == "N" && next == '"') return number();
    if (type == "M") return item();
    if (type == "L" && next == '[') return list();
    return other(type);
  }

  bool number() {
    JsonString text;
    if (!scanner_.read_string(text) || text.has_escapes()) return false;
    const auto number = dynamodb::Decimal::parse(text.raw);
    if (!number) return false;
    out_ += number->text();
    return true;
  }

  bool list() {
    char separator = '[';
    const bool good = scanner_.read_array([&] {
      out_ += separator;
      separator = ',';
      return value();
    });
    if (separator == '[') out_ += '[';
    out_ += ']';
    return good;
  }

  // The rest is rare, or short.
  bool other(std::string_view type) {
    const char* const begin = scanner_.position();
    if (!scanner_.skip_value()) return false;
    const std::string_view raw(begin, static_cast<std::size_t>(scanner_.position() - begin));
    if (type == "BOOL" && (raw == "true" || raw == "false")) {
      out_ += raw;
      return true;
    }
    if (type == "NULL" && raw == "true") {
      out_ += "null";
      return true;
    }
    nlohmann::json typed;
    typed[std::string(type)] = nlohmann::json::parse(raw, nullptr, false);
    const auto parsed = dynamodb::parse_value(typed);
    if (!parsed) return false;
    append_plain(out_, *parsed);
    return true;
  }

  JsonScanner& scanner_;
  std::string& out_;
  std::size_t depth_ = 0;
};

bool read_items(JsonScanner& scanner, std::string& out) {
  if (scanner.peek() != '[') return false;
  out.clear();
  char separator = '[';
  PlainReader reader(scanner, out);
  const bool good = scanner.read_array([&] {
    out += separator;
    separator = ',';
    return reader.item();
  });
  if (separator == '[') out += '[';
  out += ']';
  return good;
}

}  // namespace

std::optional<PlainPage> read_plain_page(std::string_view reply) {
  if (!protocol::is_valid_utf8(reply)) return std::nullopt;
  JsonScanner scanner(reply);
  if (scanner.peek() != '{') return std::nullopt;
  PlainPage page;
  const bool good = scanner.read_object([&](std::string_view name) {
    if (name == "Items") {
      page.items.reserve(reply.size());
      return read_items(scanner, page.items);
    }
    (void)scanner.peek();
    const char* const begin = scanner.position();
    if (!scanner.skip_value()) return false;
    const std::string_view raw(begin, static_cast<std::size_t>(scanner.position() - begin));
    if (name == "LastEvaluatedKey") {
      if (!raw.starts_with("{\"")) return false;  // null, empty, or with white space: seldom
      page.last_key = raw;
    } else if (name == "ScannedCount") {
      const auto [end, error] =
          std::from_chars(raw.data(), raw.data() + raw.size(), page.scanned_count);
      return error == std::errc() && end == raw.data() + raw.size();
    }
    return true;
  });
  if (!good || !scanner.at_end()) return std::nullopt;
  return page;
}

}  // namespace eventsd::data::dynamodb_source
