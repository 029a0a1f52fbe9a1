// The members of a handler's request, read with complaints that name their place.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "data/dynamodb/value.hpp"
#include "data/dynamodb_source/refusal.hpp"

namespace eventsd::data::dynamodb_source {

// Reads members one by one; the first thing that is wrong is kept in `fault`, so that an operation
// asks once, at the end. What a getter returns is of no use when there is a fault. A member that is
// null counts as absent.
//   REQUIRES  the JSON and `fault` outlive the reader
class Members {
 public:
  enum class Need : std::uint8_t { optional, required };

  // `where`: the object's place, "transactItems[3]"; empty: the request itself.
  Members(const nlohmann::json& object, std::string where, std::optional<Refusal>& fault);

  // Null when absent.
  const nlohmann::json* find(std::string_view name) const;
  const nlohmann::json* object(std::string_view name, Need need);
  const nlohmann::json* array(std::string_view name, Need need);
  std::string text(std::string_view name, Need need);
  std::optional<std::int64_t> whole(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  // Typed attribute values by name. A value that is null stands for DynamoDB's NULL.
  dynamodb::Item item(std::string_view name, Need need);

  std::string place(std::string_view name) const;
  void fail(Refusal refusal);
  void fail_shape(std::string_view name, std::string_view what);

 private:
  const nlohmann::json& object_;
  const std::string where_;
  std::optional<Refusal>& fault_;
};

// The attribute values of an object that is at `where`.
dynamodb::Item read_item(const nlohmann::json& json, const std::string& where,
                         std::optional<Refusal>& fault);

}  // namespace eventsd::data::dynamodb_source
