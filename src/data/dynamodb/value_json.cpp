#include "data/dynamodb/value_json.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "data/dynamodb/base64.hpp"

namespace eventsd::data::dynamodb {

namespace {

using Json = nlohmann::json;

Failure cannot_convert(const Json& json, std::string_view to) {
  std::string_view what = "STRING_VALUE";
  if (json.is_number_integer()) what = "NUMBER_VALUE";
  if (json.is_number_float()) what = "DECIMAL_VALUE";
  if (json.is_boolean()) what = json.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
  if (json.is_array()) what = "Start of list";
  if (json.is_object()) what = "Start of structure or map";
  if (json.is_null()) what = "NULL_VALUE";
  return {"SerializationException",
          std::string(what) + " cannot be converted to " + std::string(to)};
}

Outcome<std::string> read_string(const Json& json) {
  if (!json.is_string()) return cannot_convert(json, "String");
  return json.get<std::string>();
}

Outcome<Decimal> read_number(const Json& json) {
  if (json.is_string()) return Decimal::parse(json.get_ref<const std::string&>());
  if (json.is_number()) return Decimal::parse(json.dump());
  return cannot_convert(json, "String");
}

Outcome<Binary> read_binary(const Json& json) {
  if (!json.is_string()) return cannot_convert(json, "Blob");
  std::optional<std::string> bytes = decode_base64(json.get_ref<const std::string&>());
  if (!bytes) return Failure("SerializationException", "Invalid base64 in a binary value");
  return Binary{std::move(*bytes)};
}

// A set's elements; `read` makes one of them.
template <typename Set, typename Read>
Outcome<Value> read_set(const Json& json, Read read, std::string_view empty_text) {
  if (!json.is_array()) return cannot_convert(json, "List");
  if (json.empty()) return invalid_values(empty_text);
  Set set;
  for (const Json& element : json) {
    auto value = read(element);
    if (!value) return value.error();
    if (set.insert(std::move(*value)).second) continue;
    std::string listed;
    for (const Json& other : json) {
      listed += (listed.empty() ? "" : ", ") +
                (other.is_string() ? other.get<std::string>() : other.dump());
    }
    if constexpr (std::is_same_v<Set, NumberSet>) {
      return invalid("Input collection contains duplicates");
    } else if constexpr (std::is_same_v<Set, BinarySet>) {
      return invalid_values("Input collection [" + listed + "]of type BS contains duplicates.");
    } else {
      return invalid_values("Input collection [" + listed + "] contains duplicates.");
    }
  }
  return Value{std::move(set)};
}

Outcome<Value> read_value(const Json& json, std::size_t depth);

Outcome<Item> read_map(const Json& json, std::size_t depth) {
  if (!json.is_object()) return cannot_convert(json, "Map");
  Item item;
  for (const auto& [name, member] : json.items()) {
    Outcome<Value> value = read_value(member, depth);
    if (!value) return value.error();
    item.emplace_hint(item.end(), name, std::move(*value));
  }
  return item;
}

Outcome<Value> read_list(const Json& json, std::size_t depth) {
  if (!json.is_array()) return cannot_convert(json, "List");
  List list;
  list.reserve(json.size());
  for (const Json& element : json) {
    Outcome<Value> value = read_value(element, depth);
    if (!value) return value.error();
    list.push_back(std::move(*value));
  }
  return Value{std::move(list)};
}

template <typename T>
Outcome<Value> as_value(Outcome<T> outcome) {
  if (!outcome) return outcome.error();
  return Value{std::move(*outcome)};
}

Outcome<Value> read_typed(Type type, const Json& json, std::size_t depth) {
  switch (type) {
    case Type::null:
      if (json.is_null() || (json.is_boolean() && json.get<bool>())) return Value{Null{}};
      if (!json.is_boolean()) return cannot_convert(json, "Boolean");
      return invalid_values("Null attribute value types must have the value of true");
    case Type::boolean:
      if (!json.is_boolean()) return cannot_convert(json, "Boolean");
      return Value{json.get<bool>()};
    case Type::string:
      return as_value(read_string(json));
    case Type::number:
      return as_value(read_number(json));
    case Type::binary:
      return as_value(read_binary(json));
    case Type::list:
      return read_list(json, depth + 1);
    case Type::map:
      return as_value(read_map(json, depth + 1));
    case Type::string_set:
      return read_set<StringSet>(json, read_string, "An string set  may not be empty");
    case Type::number_set:
      return read_set<NumberSet>(json, read_number, "An number set  may not be empty");
    case Type::binary_set:
      return read_set<BinarySet>(json, read_binary, "Binary sets should not be empty");
  }
  return invalid("unreachable");
}

Outcome<Value> read_value(const Json& json, std::size_t depth) {
  if (!json.is_object()) return cannot_convert(json, "AttributeValue");
  if (depth > kMaxNesting) return invalid("Nesting Levels have exceeded supported limits");
  std::optional<Type> type;
  const Json* found = nullptr;
  for (const auto& [name, member] : json.items()) {
    const std::optional<Type> known = type_of_name(name);
    if (!known) continue;  // as unknown members everywhere else
    if (type) {
      return invalid(
          "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
          "the supported datatypes");
    }
    type = known;
    found = &member;
  }
  if (!type) {
    return invalid(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  }
  return read_typed(*type, *found, depth);
}

template <typename Container, typename Append>
void append_list(std::string& out, const Container& container, Append append) {
  out += '[';
  bool first = true;
  for (const auto& element : container) {
    if (!first) out += ',';
    first = false;
    append(element);
  }
  out += ']';
}

void append_binary(std::string& out, const Binary& binary) {
  out += '"';
  append_base64(out, binary.bytes);
  out += '"';
}

void append_number(std::string& out, const Decimal& number) {
  out += '"';
  out += number.text();
  out += '"';
}

}  // namespace

Outcome<Value> parse_value(const Json& json) { return read_value(json, 1); }

Outcome<Item> parse_item(const Json& json) { return read_map(json, 1); }

Item parse_stored_item(std::string_view text) {
  Outcome<Item> item = parse_item(Json::parse(text));
  if (!item) throw std::runtime_error("a stored item is damaged: " + item.error().message);
  return std::move(*item);
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  out.append(text, start);
  out += '"';
}

void append_value(std::string& out, const Value& value) {
  out += "{\"";
  out += type_name(value.type());
  out += "\":";
  switch (value.type()) {
    case Type::null:
      out += "true";
      break;
    case Type::boolean:
      out += *value.get<bool>() ? "true" : "false";
      break;
    case Type::string:
      append_json_string(out, *value.get<std::string>());
      break;
    case Type::number:
      append_number(out, *value.get<Decimal>());
      break;
    case Type::binary:
      append_binary(out, *value.get<Binary>());
      break;
    case Type::list:
      append_list(out, *value.get<List>(), [&](const Value& v) { append_value(out, v); });
      break;
    case Type::map:
      append_item(out, *value.get<Item>());
      break;
    case Type::string_set:
      append_list(out, *value.get<StringSet>(),
                  [&](const std::string& s) { append_json_string(out, s); });
      break;
    case Type::number_set:
      append_list(out, *value.get<NumberSet>(), [&](const Decimal& n) { append_number(out, n); });
      break;
    case Type::binary_set:
      append_list(out, *value.get<BinarySet>(), [&](const Binary& b) { append_binary(out, b); });
      break;
  }
  out += '}';
}

void append_item(std::string& out, const Item& item) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : item) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, name);
    out += ':';
    append_value(out, value);
  }
  out += '}';
}

std::string item_text(const Item& item) {
  std::string text;
  append_item(text, item);
  return text;
}

}  // namespace eventsd::data::dynamodb
