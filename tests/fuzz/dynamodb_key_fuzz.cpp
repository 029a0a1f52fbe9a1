// Two keys from one input: their row keys compare as they do. Values survive their JSON.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "data/dynamodb/base64.hpp"
#include "data/dynamodb/key_codec.hpp"
#include "data/dynamodb/value_json.hpp"

namespace {

using namespace eventsd::data::dynamodb;

void require(bool holds) {
  if (!holds) std::abort();
}

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

void check_order(const Value& a, const Value& b) {
  const KeySchema schema{.hash = {"h", Type::string}, .range = KeyAttribute{"r", a.type()}};
  const Item first{{"h", Value{std::string("p")}}, {"r", a}};
  const Item second{{"h", Value{std::string("p")}}, {"r", b}};
  const std::string one = row_key(schema, first);
  const std::string two = row_key(schema, second);
  require(sign(*compare(a, b)) == sign(one.compare(two) <=> 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = text.find('|');
  const std::string left = text.substr(0, middle);
  const std::string right = middle == std::string::npos ? "" : text.substr(middle + 1);
  check_order(Value{Binary{left}}, Value{Binary{right}});
  const Outcome<Decimal> a = Decimal::parse(left);
  const Outcome<Decimal> b = Decimal::parse(right);
  if (a) require(*Decimal::parse(a->text()) == *a);
  if (a && b) {
    check_order(Value{*a}, Value{*b});
    const Outcome<Decimal> sum = Decimal::add(*a, *b);
    if (sum) require(*Decimal::subtract(*sum, *b) == *a);
  }
  const std::optional<std::string> bytes = decode_base64(text);
  if (bytes) {
    std::string again;
    append_base64(again, *bytes);
    require(again == text);
  }
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return 0;
  const Outcome<Item> item = parse_item(json);
  if (item) require(parse_stored_item(item_text(*item)) == *item);
  return 0;
}
