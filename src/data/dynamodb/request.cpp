#include "data/dynamodb/request.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

using Json = nlohmann::json;

Failure wrong_type(const Json& json, std::string_view to) {
  std::string_view what = "STRING_VALUE";
  if (json.is_number_integer()) what = "NUMBER_VALUE";
  if (json.is_number_float()) what = "DECIMAL_VALUE";
  if (json.is_boolean()) what = json.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
  if (json.is_array()) return {"SerializationException", "Unrecognized collection type class"};
  if (json.is_object())
    return {"SerializationException",
            "Start of structure or map found where "
            "not expected"};
  return {"SerializationException",
          std::string(what) + " cannot be converted to " + std::string(to)};
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

}  // namespace

std::string lower_first(std::string_view name) {
  std::string text(name);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

std::string table_name_of(std::string_view name_or_arn) {
  if (!name_or_arn.starts_with("arn:")) return std::string(name_or_arn);
  const std::size_t table = name_or_arn.find(":table/");
  if (table == std::string_view::npos) return std::string(name_or_arn);
  std::string_view name = name_or_arn.substr(table + 7);
  return std::string(name.substr(0, name.find('/')));
}

RequestReader::RequestReader(const Json& json) : json_(json) {
  if (!json.is_object()) fail({"SerializationException", "Start of structure or map expected"});
}

const Json* RequestReader::member(std::string_view name) const {
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(name);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

void RequestReader::fail(Failure failure) {
  if (!failure_) failure_ = std::move(failure);
}

void RequestReader::constraint(std::string_view name, std::string_view value,
                               const std::string& text) {
  constraints_.push_back("Value " + std::string(value) + " at '" + lower_first(name) +
                         "' failed to satisfy constraint: " + text);
}

void RequestReader::missing(std::string_view name) {
  constraint(name, "null", "Member must not be null");
}

std::string RequestReader::text(std::string_view name, Need need) {
  const Json* json = member(name);
  if (json == nullptr) {
    if (need == Need::required) missing(name);
    return {};
  }
  if (!json->is_string()) {
    fail(wrong_type(*json, "String"));
    return {};
  }
  return json->get<std::string>();
}

std::string RequestReader::table_name() {
  if (!has("TableName")) {
    fail(invalid("The parameter 'TableName' is required but was not present in the request"));
    return {};
  }
  std::string name = table_name_of(text("TableName"));
  if (name.size() < 3 || name.size() > 255) {
    fail(invalid("TableName must be at least 3 characters long and at most 255 characters long"));
  } else if (!std::all_of(name.begin(), name.end(), is_name_character)) {
    constraint("TableName", "'" + name + "'",
               "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  }
  return name;
}

std::optional<std::int64_t> RequestReader::integer(std::string_view name, std::int64_t least,
                                                   std::int64_t most) {
  const Json* json = member(name);
  if (json == nullptr) return std::nullopt;
  if (!json->is_number()) {
    fail(wrong_type(*json, "Integer"));
    return std::nullopt;
  }
  const double wide = json->get<double>();
  const auto number = wide > 9e15 ? most + 1 : wide < -9e15 ? least - 1 : json->get<std::int64_t>();
  const std::string shown = "'" + std::to_string(number) + "'";
  if (number < least) {
    constraint(name, shown,
               "Member must have value greater than or equal to " + std::to_string(least));
  }
  if (number > most) {
    constraint(name, shown, "Member must have value less than or equal to " + std::to_string(most));
  }
  return number;
}

bool RequestReader::flag(std::string_view name, bool otherwise) {
  const Json* json = member(name);
  if (json == nullptr) return otherwise;
  if (json->is_boolean()) return json->get<bool>();
  fail(wrong_type(*json, "Boolean"));
  return otherwise;
}

std::string RequestReader::choice(std::string_view name,
                                  std::initializer_list<std::string_view> words) {
  if (!has(name)) return std::string(*words.begin());
  std::string word = text(name);
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  std::string listed;
  for (const std::string_view other : words) {
    if (!other.empty()) listed += (listed.empty() ? "" : ", ") + std::string(other);
  }
  constraint(name, "'" + word + "'", "Member must satisfy enum value set: [" + listed + "]");
  return word;
}

Item RequestReader::item(std::string_view name, Need need) {
  const Json* json = object(name, need);
  if (json == nullptr) return {};
  Outcome<Item> item = parse_item(*json);
  if (item) return std::move(*item);
  fail(item.error());
  return {};
}

const Json* RequestReader::array(std::string_view name, Need need) {
  const Json* json = member(name);
  if (json == nullptr && need == Need::required) missing(name);
  if (json == nullptr || json->is_array()) return json;
  fail(wrong_type(*json, "List"));
  return nullptr;
}

const Json* RequestReader::object(std::string_view name, Need need) {
  const Json* json = member(name);
  if (json == nullptr && need == Need::required) missing(name);
  if (json == nullptr || json->is_object()) return json;
  fail(wrong_type(*json, "Map"));
  return nullptr;
}

Placeholders RequestReader::placeholders(std::initializer_list<std::string_view> expressions) {
  bool any = false;
  std::string without_projection;
  bool may_have_values = false;
  std::size_t takers = 0;
  for (const std::string_view expression : expressions) {
    any = any || has(expression);
    if (expression == "ProjectionExpression") continue;
    may_have_values = may_have_values || has(expression);
    without_projection += (takers++ == 0 ? "" : " and ") + std::string(expression);
  }
  if (has("ExpressionAttributeNames") && !any) {
    fail(invalid("ExpressionAttributeNames can only be specified when using expressions"));
  }
  if (has("ExpressionAttributeValues") && !may_have_values) {
    fail(invalid("ExpressionAttributeValues can only be specified when using expressions" +
                 (takers == 0
                      ? std::string()
                      : ": " + without_projection + (takers > 1 ? " are" : " is") + " null")));
  }
  Outcome<Placeholders> made =
      Placeholders::make(member("ExpressionAttributeNames"), member("ExpressionAttributeValues"));
  if (made) return std::move(*made);
  fail(made.error());
  return {};
}

void RequestReader::refuse_legacy(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!has(name)) continue;
    fail(invalid("The legacy parameter " + std::string(name) +
                 " is not supported here; use the expression parameters (KeyConditionExpression, "
                 "FilterExpression, ConditionExpression, UpdateExpression, ProjectionExpression)"));
  }
}

std::optional<Failure> RequestReader::fault() const {
  if (failure_) return failure_;
  if (constraints_.empty()) return std::nullopt;
  std::string text = std::to_string(constraints_.size()) + " validation error" +
                     (constraints_.size() > 1 ? "s" : "") + " detected: ";
  for (std::size_t i = 0; i < constraints_.size(); ++i) {
    text += (i > 0 ? "; " : "") + constraints_[i];
  }
  return invalid(std::move(text));
}

}  // namespace eventsd::data::dynamodb
