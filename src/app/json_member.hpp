// Members of JSON objects that others have written: absent and mistyped ones are simply not there.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace eventsd::app {

// Empty when `object` is none, or the member is absent or not a string.
std::string string_member(const nlohmann::json& object, const char* name);

// nullopt when `object` is none, or the member is absent or not a number.
std::optional<double> number_member(const nlohmann::json& object, const char* name);

// The member, or null when it is absent or not an array.
const nlohmann::json* array_member(const nlohmann::json& object, const char* name);

}  // namespace eventsd::app
