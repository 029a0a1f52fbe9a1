// Query and Scan.
#include <nlohmann/json.hpp>

#include "data/dynamodb/value_json.hpp"
#include "data/dynamodb_source/expressions.hpp"
#include "data/dynamodb_source/operations.hpp"
#include "data/dynamodb_source/plain_json.hpp"
#include "data/dynamodb_source/plain_reader.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using Need = Members::Need;
using dynamodb::Answer;
using dynamodb::Failure;

std::string plain_items(const Json& reply) {
  std::string items = "[";
  const auto found = reply.find("Items");
  if (found != reply.end() && found->is_array()) {
    for (const Json& one : *found) {
      const auto item = dynamodb::parse_item(one);
      dynamodb::append_element(items, item ? plain_text(*item) : "null");
    }
  }
  return items + "]";
}

Conclusion page(std::string_view items, std::string_view last_key, std::int64_t scanned_count,
                const PageTokens& tokens, const std::string& place) {
  Answer result;
  result.raw("items", items);
  if (last_key.empty()) {
    result.raw("nextToken", "null");
  } else {
    result.text("nextToken", tokens.seal(last_key, place));
  }
  result.number("scannedCount", scanned_count);
  return Conclusion::success(std::move(result).finish());
}

Conclusion conclude(const Json& reply, const PageTokens& tokens, const std::string& place) {
  const auto last = reply.find("LastEvaluatedKey");
  const bool goes_on = last != reply.end() && last->is_object() && !last->empty();
  const auto scanned = reply.find("ScannedCount");
  const bool counted = scanned != reply.end() && scanned->is_number_integer();
  return page(plain_items(reply), goes_on ? last->dump() : "",
              counted ? scanned->get<std::int64_t>() : 0, tokens, place);
}

std::optional<Conclusion> conclude_text(std::string_view reply, const PageTokens& tokens,
                                        const std::string& place) {
  const auto read = read_plain_page(reply);
  if (!read) return std::nullopt;
  return page(read->items, read->last_key, read->scanned_count, tokens, place);
}

// What both read: everything but the key condition, the order and the segments.
std::string read_page_members(Members& request, const Surroundings& surroundings,
                              Expressions& expressions, Answer& ask,
                              std::optional<Refusal>& fault) {
  const std::string index = request.text("index", Need::optional);
  expressions.add(request, "filter", Need::optional, "FilterExpression", fault);
  expressions.add(request, "projection", Need::optional, "ProjectionExpression", fault);
  ask.text("TableName", surroundings.table);
  if (!index.empty()) ask.text("IndexName", index);
  if (const auto limit = request.whole("limit")) ask.number("Limit", *limit);
  if (const auto consistent = request.flag("consistentRead")) {
    ask.flag("ConsistentRead", *consistent);
  }
  const std::string select = request.text("select", Need::optional);
  if (!select.empty()) ask.text("Select", select);
  std::string place = surroundings.token_place + '\n' + surroundings.table + '\n' + index;
  const std::string token = request.text("nextToken", Need::optional);
  if (!token.empty()) {
    if (const auto start = surroundings.tokens.open(token, place)) {
      ask.raw("ExclusiveStartKey", *start);
    } else {
      request.fail(
          Refusal::service(Failure(std::string(kBadToken), "Invalid pagination token given.")));
    }
  }
  return place;
}

Plan page_plan(const char* operation, Answer ask, const PageTokens& tokens,
               const std::string& place) {
  return {operation,
          std::move(ask).finish(),
          [tokens, place](const Json& reply) { return conclude(reply, tokens, place); },
          {},
          [tokens, place](std::string_view reply) { return conclude_text(reply, tokens, place); }};
}

}  // namespace

Plan query(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault) {
  Expressions expressions;
  Answer ask;
  expressions.add(request, "query", Need::required, "KeyConditionExpression", fault);
  const std::string place = read_page_members(request, surroundings, expressions, ask, fault);
  if (const auto forward = request.flag("scanIndexForward")) {
    ask.flag("ScanIndexForward", *forward);
  }
  expressions.append_to(ask);
  return page_plan("Query", std::move(ask), surroundings.tokens, place);
}

Plan scan(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault) {
  Expressions expressions;
  Answer ask;
  const std::string place = read_page_members(request, surroundings, expressions, ask, fault);
  if (const auto total = request.whole("totalSegments")) ask.number("TotalSegments", *total);
  if (const auto segment = request.whole("segment")) ask.number("Segment", *segment);
  expressions.append_to(ask);
  return page_plan("Scan", std::move(ask), surroundings.tokens, place);
}

}  // namespace eventsd::data::dynamodb_source
