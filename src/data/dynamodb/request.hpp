// The members of a request, read with DynamoDB's complaints about them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/dynamodb/placeholders.hpp"
#include "data/dynamodb/value.hpp"

namespace eventsd::data::dynamodb {

// Reads members one by one and keeps what is wrong, so that an operation asks once, at the end.
// What a getter returns is of no use when fault() says something.
//   REQUIRES  the JSON outlives the reader
class RequestReader {
 public:
  explicit RequestReader(const nlohmann::json& json);

  // Null when absent or null.
  const nlohmann::json* member(std::string_view name) const;
  bool has(std::string_view name) const { return member(name) != nullptr; }

  enum class Need : std::uint8_t { optional, required };
  std::string text(std::string_view name, Need need = Need::optional);
  // TableName: a name or a table's ARN.
  std::string table_name();
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  bool flag(std::string_view name, bool otherwise);
  // One of the words; the first when absent.
  std::string choice(std::string_view name, std::initializer_list<std::string_view> words);
  Item item(std::string_view name, Need need = Need::required);
  // An array or object; null (and a fault when required) when absent.
  const nlohmann::json* array(std::string_view name, Need need = Need::required);
  const nlohmann::json* object(std::string_view name, Need need = Need::required);
  // ExpressionAttributeNames and ExpressionAttributeValues. `expressions`: members that may use
  // them; without any of those they are out of place.
  Placeholders placeholders(std::initializer_list<std::string_view> expressions);

  // The conditional parameters of before 2014: not taken.
  void refuse_legacy(std::initializer_list<std::string_view> names);

  // `Value 'x' at 'limit' failed to satisfy constraint: …`; several are reported together.
  void constraint(std::string_view name, std::string_view value, const std::string& text);
  void fail(Failure failure);

  // What is wrong with the request; absent: nothing so far.
  std::optional<Failure> fault() const;

 private:
  void missing(std::string_view name);

  const nlohmann::json& json_;
  std::optional<Failure> failure_;
  std::vector<std::string> constraints_;
};

// `name` as error messages have it: "TableName" → "tableName".
std::string lower_first(std::string_view name);

// Splits "arn:aws:dynamodb:…:table/NAME" (also with "/index/…") or takes the name as it is.
std::string table_name_of(std::string_view name_or_arn);

}  // namespace eventsd::data::dynamodb
