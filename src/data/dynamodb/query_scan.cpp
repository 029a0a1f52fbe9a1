// Query and Scan.
#include <nlohmann/json.hpp>
#include <set>

#include "data/dynamodb/key_condition.hpp"
#include "data/dynamodb/operations.hpp"
#include "data/dynamodb/page.hpp"
#include "data/dynamodb/request.hpp"

namespace eventsd::data::dynamodb {

namespace {

constexpr std::int64_t kMaxSegments = 1'000'000;

void collect_tops(const Operand& operand, std::set<std::string>& names) {
  if (operand.is_path()) names.insert(top(operand.path));
  for (const Operand& argument : operand.arguments) collect_tops(argument, names);
}

void collect_tops(const Condition& condition, std::set<std::string>& names) {
  for (const Operand& operand : condition.operands) collect_tops(operand, names);
  for (const Condition& part : condition.parts) collect_tops(part, names);
}

// A Query's filter cannot look at the keys that the Query is by.
Status check_filter(const PageRequest& page, const KeySchema& schema) {
  if (!page.filter) return {};
  std::set<std::string> names;
  collect_tops(*page.filter, names);
  for (const std::string& name : names) {
    if (!schema.contains(name)) continue;
    return invalid(
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: " +
        name);
  }
  return {};
}

// The start key must be one that the Query could have come to.
Status check_start(const Item& start, const KeySchema& schema, const KeySelection& selection) {
  const bool same_partition = start.find(schema.hash.name)->second == *selection.hash;
  if (!selection.range) {
    if (same_partition) return {};
    return invalid(
        "The provided starting key is outside query boundaries based on provided conditions");
  }
  const Value& sort_key = start.find(schema.range->name)->second;
  if (!selects(*selection.range, sort_key)) {
    return invalid("The provided starting key does not match the range key predicate");
  }
  if (same_partition) return {};
  return invalid(
      "The provided starting key is outside query boundaries based on provided conditions");
}

struct Segments {
  std::uint32_t segment = 0;
  std::uint32_t total = 1;
};

Outcome<Segments> read_segments(const Request& json) {
  RequestReader request(json);
  const auto segment = request.integer("Segment", 0, kMaxSegments - 1);
  const auto total = request.integer("TotalSegments", 1, kMaxSegments);
  if (const auto fault = request.fault()) return *fault;
  if (segment && !total) {
    return invalid(
        "The TotalSegments parameter is required but was not present in the request when Segment "
        "parameter is present");
  }
  if (total && !segment) {
    return invalid(
        "The Segment parameter is required but was not present in the request when parameter "
        "TotalSegments is present");
  }
  if (!total) return Segments{};
  if (*segment >= *total) {
    return invalid(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
        "Segment: " +
        std::to_string(*segment) + " is not less than TotalSegments: " + std::to_string(*total));
  }
  return Segments{static_cast<std::uint32_t>(*segment), static_cast<std::uint32_t>(*total)};
}

}  // namespace

Outcome<std::string> query(const Request& json, ReadContext& context) {
  std::optional<Condition> condition;
  Outcome<PageRequest> page = read_page_request(json, *context.catalog, &condition);
  if (!page) return page.error();
  RequestReader request(json);
  page->forward = request.flag("ScanIndexForward", true);
  if (const auto fault = request.fault()) return *fault;
  const Outcome<std::vector<KeyCondition>> conditions = key_conditions(*condition);
  if (!conditions) return conditions.error();
  const KeySchema& schema = page->index != nullptr ? page->index->key : page->table->key;
  Outcome<KeySelection> selection = select_rows(schema, *conditions);
  if (!selection) return selection.error();
  Status status = check_filter(*page, schema);
  if (!status) return status.error();
  page->rows = std::move(selection->rows);
  const Outcome<std::optional<Item>> start = read_start_key(json, *page);
  if (!start) return start.error();
  if (*start) {
    status = check_start(**start, schema, *selection);
    if (!status) return status.error();
    start_after(*page, **start);
  }
  return read_page(*page, context.rows);
}

Outcome<std::string> scan(const Request& json, ReadContext& context) {
  const Outcome<Segments> segments = read_segments(json);
  if (!segments) return segments.error();
  Outcome<PageRequest> page = read_page_request(json, *context.catalog, nullptr);
  if (!page) return page.error();
  page->rows = segment_range(segments->segment, segments->total);
  const KeyRange segment_rows = page->rows;
  const Outcome<std::optional<Item>> start = read_start_key(json, *page);
  if (!start) return start.error();
  if (*start) {
    start_after(*page, **start);
    const std::string& low = page->rows.low;
    if (low == segment_rows.low || (segment_rows.high && low >= *segment_rows.high)) {
      return invalid(
          "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
          "ExclusiveStartKey with correct Segment. TotalSegments: " +
          std::to_string(segments->total) + " Segment: " + std::to_string(segments->segment));
    }
  }
  return read_page(*page, context.rows);
}

}  // namespace eventsd::data::dynamodb
