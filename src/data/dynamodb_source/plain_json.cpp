#include "data/dynamodb_source/plain_json.hpp"

#include "data/dynamodb/base64.hpp"
#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using namespace dynamodb;

struct Writer {
  std::string& out;

  void operator()(Null) const { out += "null"; }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(const std::string& text) const { append_json_string(out, text); }
  void operator()(const Decimal& number) const { out += number.text(); }
  void operator()(const Binary& binary) const {
    out += '"';
    append_base64(out, binary.bytes);
    out += '"';
  }
  void operator()(const Item& item) const { append_plain(out, item); }
  void operator()(const Value& value) const { append_plain(out, value); }
  template <typename Elements>
  void operator()(const Elements& elements) const {
    out += '[';
    bool first = true;
    for (const auto& element : elements) {
      if (!first) out += ',';
      first = false;
      (*this)(element);
    }
    out += ']';
  }
};

}  // namespace

void append_plain(std::string& out, const Value& value) { std::visit(Writer{out}, value.data); }

void append_plain(std::string& out, const Item& item) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : item) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, name);
    out += ':';
    append_plain(out, value);
  }
  out += '}';
}

std::string plain_text(const Item& item) {
  std::string text;
  append_plain(text, item);
  return text;
}

}  // namespace eventsd::data::dynamodb_source
