#include "data/dynamodb_source/members.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;

void keep(std::optional<Refusal>& fault, Refusal refusal) {
  if (!fault) fault = std::move(refusal);
}

// DynamoDB's client refuses what is no attribute value at all; the rest is the service's to judge.
bool is_of_shape(const dynamodb::Failure& failure) {
  return failure.type == "SerializationException" ||
         failure.message.starts_with("Supplied AttributeValue");
}

}  // namespace

Members::Members(const Json& object, std::string where, std::optional<Refusal>& fault)
    : object_(object), where_(std::move(where)), fault_(fault) {
  if (object.is_object()) return;
  keep(fault_, Refusal::shape((where_.empty() ? "the request" : where_) + " must be an object"));
}

std::string Members::place(std::string_view name) const {
  return where_.empty() ? std::string(name) : where_ + "." + std::string(name);
}

void Members::fail(Refusal refusal) { keep(fault_, std::move(refusal)); }

void Members::fail_shape(std::string_view name, std::string_view what) {
  fail(Refusal::shape(place(name) + " " + std::string(what)));
}

const Json* Members::find(std::string_view name) const {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const Json* Members::object(std::string_view name, Need need) {
  const Json* found = find(name);
  if (!found && need == Need::required) fail_shape(name, "is missing");
  if (!found || found->is_object()) return found;
  fail_shape(name, "must be an object");
  return nullptr;
}

const Json* Members::array(std::string_view name, Need need) {
  const Json* found = find(name);
  if (!found && need == Need::required) fail_shape(name, "is missing");
  if (!found || found->is_array()) return found;
  fail_shape(name, "must be an array");
  return nullptr;
}

std::string Members::text(std::string_view name, Need need) {
  const Json* found = find(name);
  if (!found && need == Need::required) fail_shape(name, "is missing");
  if (!found) return {};
  if (found->is_string()) return found->get<std::string>();
  fail_shape(name, "must be a string");
  return {};
}

std::optional<std::int64_t> Members::whole(std::string_view name) {
  const Json* found = find(name);
  if (!found) return std::nullopt;
  if (found->is_number()) {
    const double number = found->get<double>();
    if (std::trunc(number) == number && std::abs(number) < 1e15) {
      return static_cast<std::int64_t>(number);
    }
  }
  fail_shape(name, "must be a whole number");
  return std::nullopt;
}

std::optional<bool> Members::flag(std::string_view name) {
  const Json* found = find(name);
  if (!found) return std::nullopt;
  if (found->is_boolean()) return found->get<bool>();
  fail_shape(name, "must be true or false");
  return std::nullopt;
}

dynamodb::Item Members::item(std::string_view name, Need need) {
  const Json* found = object(name, need);
  return found ? read_item(*found, place(name), fault_) : dynamodb::Item();
}

dynamodb::Item read_item(const Json& json, const std::string& where,
                         std::optional<Refusal>& fault) {
  dynamodb::Item item;
  if (!json.is_object()) {
    keep(fault, Refusal::shape(where + " must be an object of attribute values"));
    return item;
  }
  for (const auto& [name, member] : json.items()) {
    if (member.is_null()) {
      item.emplace(name, dynamodb::Value{dynamodb::Null{}});
      continue;
    }
    dynamodb::Outcome<dynamodb::Value> value = dynamodb::parse_value(member);
    if (value) {
      item.emplace(name, std::move(*value));
    } else if (is_of_shape(value.error())) {
      keep(fault, Refusal::shape(where + "." + name +
                                 " is no attribute value such as {\"S\": "
                                 "\"text\"}: " +
                                 value.error().message));
    } else {
      keep(fault, Refusal::service(value.error()));
    }
  }
  return item;
}

}  // namespace eventsd::data::dynamodb_source
