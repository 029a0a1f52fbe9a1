#include "app/json_member.hpp"

#include <nlohmann/json.hpp>

namespace eventsd::app {
namespace {

const nlohmann::json* find_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::string string_member(const nlohmann::json& object, const char* name) {
  const auto* member = find_member(object, name);
  return member != nullptr && member->is_string() ? member->get<std::string>() : std::string();
}

std::optional<double> number_member(const nlohmann::json& object, const char* name) {
  const auto* member = find_member(object, name);
  if (member == nullptr || !member->is_number()) return std::nullopt;
  return member->get<double>();
}

const nlohmann::json* array_member(const nlohmann::json& object, const char* name) {
  const auto* member = find_member(object, name);
  return member != nullptr && member->is_array() ? member : nullptr;
}

}  // namespace eventsd::app
