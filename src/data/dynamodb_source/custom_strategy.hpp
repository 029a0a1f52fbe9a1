// conditionalCheckFailedHandler {strategy: Custom}: what the function is told, and what it says.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "data/dynamodb/value.hpp"
#include "eventsd/data_source.hpp"

namespace eventsd::data::dynamodb_source {

// The table that the request is for.
struct TablePlace {
  std::string table;
  std::string region;
};

// The function's event: arguments, requestMapping, currentValue, resolver, identity. Numbers of
// currentValue are numbers, {"N":8}, as in requests that the handlers' library makes.
std::string custom_event(const DataSourceCall& call, const std::optional<dynamodb::Item>& found,
                         const TablePlace& place);

struct Verdict {
  enum class Action : std::uint8_t { reject, discard, retry };
  Action action = Action::reject;
  std::string request = {};  // of a retry: the request in place of the first, JSON text
  std::string trouble = {};  // why the answer is none, and therefore a rejection
};

// `request` is the first one. A retry is the same operation on the same key: those two are not the
// function's to choose.
Verdict read_verdict(const DataSourceAnswer& answer, std::string_view request);

}  // namespace eventsd::data::dynamodb_source
