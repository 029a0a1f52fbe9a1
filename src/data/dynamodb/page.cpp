#include "data/dynamodb/page.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "data/dynamodb/answer.hpp"
#include "data/dynamodb/evaluate.hpp"
#include "data/dynamodb/key_rules.hpp"
#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

constexpr std::size_t kMaxPageBytes = 1U << 20;

// The rows of one page as they are read.
class Page {
 public:
  explicit Page(PageRequest& request) : request_(request) {}

  // False: the page is full.
  bool take(std::string_view text, std::size_t size) {
    ++scanned_;
    if (reads_table()) {
      bytes_ += size;
      accept(text);
    } else {
      const Item visible = projected(*request_.table, *request_.index, parse_stored_item(text));
      bytes_ += size_of(visible);
      accept(visible);
    }
    const bool full = bytes_ >= kMaxPageBytes ||
                      (request_.limit && scanned_ == static_cast<std::size_t>(*request_.limit));
    if (full) last_ = parse_stored_item(text);
    return !full;
  }

  std::string finish() {
    Answer answer;
    if (request_.select != Select::count) answer.raw("Items", items_ + "]");
    answer.number("Count", static_cast<std::int64_t>(count_));
    answer.number("ScannedCount", static_cast<std::int64_t>(scanned_));
    if (last_) {
      answer.item("LastEvaluatedKey", key_of(*request_.table, request_.index, *last_));
    }
    request_.meter.read(*request_.table, request_.index, bytes_, request_.strength);
    request_.meter.append_one(answer);
    return std::move(answer).finish();
  }

 private:
  // Is everything of the item to be seen? (A local index fetches from the table when asked for
  // all.)
  bool reads_table() const {
    const Index* index = request_.index;
    if (index == nullptr || index->projection == Projection::all) return true;
    return !index->global &&
           (request_.select == Select::all || request_.select == Select::specific);
  }

  // The stored text goes out as it is when nobody has to look into it.
  void accept(std::string_view text) {
    if (request_.filter || request_.projection) {
      accept(parse_stored_item(text));
      return;
    }
    ++count_;
    if (request_.select != Select::count) append_element(items_, text);
  }

  void accept(const Item& item) {
    if (request_.filter && !holds(*request_.filter, item)) return;
    ++count_;
    if (request_.select == Select::count) return;
    append_element(items_,
                   item_text(request_.projection ? project(item, *request_.projection) : item));
  }

  PageRequest& request_;
  std::string items_ = "[";
  std::size_t count_ = 0;
  std::size_t scanned_ = 0;
  std::size_t bytes_ = 0;
  std::optional<Item> last_;
};

Outcome<Select> read_select(RequestReader& request, const PageRequest& page) {
  const std::string word = request.choice(
      "Select", {"", "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"});
  if (const auto fault = request.fault()) return *fault;
  const bool projection = request.has("ProjectionExpression");
  if (word.empty()) {
    if (projection) return Select::specific;
    return page.index != nullptr ? Select::projected : Select::all;
  }
  if (word == "SPECIFIC_ATTRIBUTES") {
    if (projection) return Select::specific;
    return invalid(
        "One or more parameter values were invalid: Must specify the AttributesToGet or "
        "ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
  }
  if (projection) {
    return invalid("Cannot specify the ProjectionExpression when choosing to get " +
                   (word == "COUNT" ? "only the Count" : word));
  }
  if (word == "COUNT") return Select::count;
  if (word == "ALL_PROJECTED_ATTRIBUTES") {
    if (page.index != nullptr) return Select::projected;
    return invalid_values(
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  }
  if (page.index != nullptr && page.index->global && page.index->projection != Projection::all) {
    return invalid_values(
        "Select type ALL_ATTRIBUTES is not supported for global secondary index " +
        page.index->name + " because its projection type is not ALL");
  }
  return Select::all;
}

Status check_projection(const PageRequest& page) {
  if (!page.projection || page.index == nullptr || !page.index->global) return {};
  std::string missing;
  for (const Path& path : *page.projection) {
    if (projects(*page.table, *page.index, top(path))) continue;
    missing += (missing.empty() ? "" : ", ") + top(path);
  }
  if (missing.empty()) return {};
  return invalid_values("Global secondary index " + page.index->name + " does not project [" +
                        missing + "]");
}

}  // namespace

Outcome<PageRequest> read_page_request(const Request& json, const Catalog& catalog,
                                       std::optional<Condition>* key_condition) {
  RequestReader request(json);
  request.refuse_legacy(
      {"AttributesToGet", "QueryFilter", "ScanFilter", "ConditionalOperator", "KeyConditions"});
  PageRequest page;
  const std::string table_name = request.table_name();
  const std::string index_name = request.text("IndexName");
  page.limit = request.integer("Limit", 1, 0x7fffffff);
  const bool consistent = request.flag("ConsistentRead", false);
  if (consistent) page.strength = Strength::consistent;
  page.meter = CapacityMeter(request);
  Placeholders placeholders =
      key_condition != nullptr ? request.placeholders({"ProjectionExpression", "FilterExpression",
                                                       "KeyConditionExpression"})
                               : request.placeholders({"ProjectionExpression", "FilterExpression"});
  const std::string keys = request.text("KeyConditionExpression");
  const std::string filter = request.text("FilterExpression");
  const std::string projection = request.text("ProjectionExpression");
  if (const auto fault = request.fault()) return *fault;
  if (key_condition != nullptr && !request.has("KeyConditionExpression")) {
    return invalid(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
        "request.");
  }
  if (key_condition != nullptr) {
    Outcome<Condition> parsed = parse_condition("KeyConditionExpression", keys, placeholders);
    if (!parsed) return parsed.error();
    *key_condition = std::move(*parsed);
  }
  if (request.has("FilterExpression")) {
    Outcome<Condition> parsed = parse_condition("FilterExpression", filter, placeholders);
    if (!parsed) return parsed.error();
    page.filter = std::move(*parsed);
  }
  if (request.has("ProjectionExpression")) {
    Outcome<std::vector<Path>> parsed = parse_projection(projection, placeholders);
    if (!parsed) return parsed.error();
    page.projection = std::move(*parsed);
  }
  Status status = placeholders.check_all_used();
  if (!status) return status.error();
  Outcome<TablePtr> table = find_table(catalog, table_name);
  if (!table) return table.error();
  page.table = std::move(*table);
  if (request.has("IndexName")) {
    page.index = page.table->find_index(index_name);
    if (page.index == nullptr) {
      return invalid("The table does not have the specified index: " + index_name);
    }
    if (page.index->global && consistent) {
      return invalid("Consistent reads are not supported on global secondary indexes");
    }
  }
  const Outcome<Select> select = read_select(request, page);
  if (!select) return select.error();
  page.select = *select;
  status = check_projection(page);
  if (!status) return status.error();
  return page;
}

Outcome<std::optional<Item>> read_start_key(const Request& json, const PageRequest& page) {
  RequestReader request(json);
  if (!request.has("ExclusiveStartKey")) return std::optional<Item>();
  Item key = request.item("ExclusiveStartKey");
  if (const auto fault = request.fault()) {
    if (fault->type != "ValidationException") return *fault;
    return invalid("The provided starting key is invalid: " + fault->message);
  }
  Item table_key;
  std::set<std::string> expected;
  const auto expect = [&](const KeySchema& schema, bool of_table) {
    for (const KeyAttribute* attribute : {&schema.hash, schema.range ? &*schema.range : nullptr}) {
      if (attribute == nullptr) continue;
      expected.insert(attribute->name);
      const auto found = key.find(attribute->name);
      if (found == key.end() || found->second.type() != attribute->type) return false;
      if (of_table) table_key.insert(*found);
    }
    return true;
  };
  bool fits = expect(page.table->key, true);
  if (page.index != nullptr) fits = expect(page.index->key, false) && fits;
  if (!fits || expected.size() != key.size()) {
    return invalid(
        page.index != nullptr
            ? "The provided starting key is invalid"
            : "The provided starting key is invalid: The provided key element does not match the "
              "schema");
  }
  const Status status = check_key(page.table->key, table_key);
  if (!status) {
    return invalid("The provided starting key is invalid: " + status.error().message);
  }
  return std::optional<Item>(std::move(key));
}

void start_after(PageRequest& page, const Item& start_key) {
  std::string row = row_key(page.table->key, start_key);
  if (page.index != nullptr) row = *index_row_key(*page.index, start_key, row);
  if (!page.forward) {
    if (!page.rows.high || row < *page.rows.high) page.rows.high = std::move(row);
    return;
  }
  row += '\0';  // the next byte string
  if (row > page.rows.low) page.rows.low = std::move(row);
}

Outcome<std::string> read_page(PageRequest& request, Rows& rows) {
  Page page(request);
  const Status status =
      rows.scan({.table = *request.table,
                 .index = request.index,
                 .rows = request.rows,
                 .forward = request.forward},
                [&](std::string_view text, std::size_t size) { return page.take(text, size); });
  if (!status) return status.error();
  return page.finish();
}

}  // namespace eventsd::data::dynamodb
