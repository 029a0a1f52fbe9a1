// TransactGetItems and TransactWriteItems.
#include <openssl/sha.h>

#include <nlohmann/json.hpp>
#include <set>

#include "data/dynamodb/answer.hpp"
#include "data/dynamodb/capacity.hpp"
#include "data/dynamodb/item_write.hpp"
#include "data/dynamodb/key_rules.hpp"
#include "data/dynamodb/operations.hpp"
#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/request.hpp"
#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

constexpr std::size_t kMaxActions = 100;
constexpr std::size_t kMaxBytes = 4U << 20;
constexpr std::size_t kMaxToken = 36;
constexpr std::int64_t kTokenLifeMs = 10 * 60 * 1000;

Outcome<const Request*> transact_items(RequestReader& request) {
  const Request* items = request.array("TransactItems");
  if (items != nullptr && items->empty()) {
    request.constraint("TransactItems", "'[]'",
                       "Member must have length greater than or equal to 1");
  }
  if (items != nullptr && items->size() > kMaxActions) {
    request.constraint("TransactItems", "'[" + std::to_string(items->size()) + " items]'",
                       "Member must have length less than or equal to 100");
  }
  if (const auto fault = request.fault()) return *fault;
  return items;
}

Failure too_large() {
  return invalid("Transaction request cannot exceed 4 MB: the aggregate size of the items is over");
}

Failure one_operation_each() {
  return invalid("Transaction request cannot include multiple operations on one item");
}

Outcome<ItemWrite> read_action(const Request& json, const Catalog& catalog) {
  static constexpr std::pair<const char*, WriteKind> kActions[] = {
      {"ConditionCheck", WriteKind::check},
      {"Put", WriteKind::put},
      {"Update", WriteKind::update},
      {"Delete", WriteKind::erase}};
  RequestReader request(json);
  const Request* action = nullptr;
  WriteKind kind = WriteKind::put;
  for (const auto& [name, candidate] : kActions) {
    const Request* found = request.object(name, RequestReader::Need::optional);
    if (found == nullptr) continue;
    if (action != nullptr) action = &json;  // more than one
    if (action == nullptr) action = found;
    kind = candidate;
  }
  if (const auto fault = request.fault()) return *fault;
  if (action == nullptr || action == &json) {
    return invalid("TransactItems can only contain one of Check, Put, Update or Delete");
  }
  if (kind == WriteKind::update && action->find("UpdateExpression") == action->end()) {
    return invalid(
        "1 validation error detected: Value null at "
        "'transactItems.member.update.updateExpression' failed to satisfy constraint: Member must "
        "not be null");
  }
  return read_item_write(kind, *action, catalog);
}

// One reason for each action.
Failure cancelled(const std::vector<std::optional<Failure>>& faults) {
  std::string codes;
  std::string reasons = "[";
  for (const std::optional<Failure>& fault : faults) {
    std::string code = "None";
    Answer reason;
    if (fault) {
      code = fault->type == "ConditionalCheckFailedException" ? "ConditionalCheckFailed"
                                                              : "ValidationError";
    }
    reason.text("Code", code);
    if (fault) reason.text("Message", fault->message);
    std::string text = std::move(reason).finish();
    if (fault && !fault->members.empty()) {
      text.insert(text.size() - 1, "," + fault->members);
    }
    append_element(reasons, text);
    codes += (codes.empty() ? "" : ", ") + code;
  }
  return {"TransactionCanceledException",
          "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
              codes + "]",
          "\"CancellationReasons\":" + reasons + "]"};
}

bool belongs_to_transaction(const Failure& failure) {
  return failure.type == "ConditionalCheckFailedException" || failure.type == "ValidationException";
}

Status run_actions(const std::vector<ItemWrite>& writes, CapacityMeter& meter,
                   WriteContext& writing) {
  std::vector<ItemEffect> effects(writes.size());
  std::vector<std::optional<Failure>> faults(writes.size());
  bool faulty = false;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    Outcome<ItemEffect> effect = judge(writes[i], writing);
    if (effect) {
      effects[i] = std::move(*effect);
      continue;
    }
    if (!belongs_to_transaction(effect.error())) return effect.error();
    faults[i] = effect.error();
    faulty = true;
  }
  if (faulty) return cancelled(faults);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const Status status = perform(writes[i], effects[i], writing);
    if (!status) return status;
    const Item* now = effects[i].now                     ? &*effects[i].now
                      : writes[i].kind == WriteKind::put ? &writes[i].item
                                                         : nullptr;
    meter.write(*writes[i].table, effects[i].before ? &*effects[i].before : nullptr, now,
                std::max(effects[i].size, effects[i].size_before), Strength::transactional);
  }
  return {};
}

// What tells two requests with one token apart.
std::string digest_of(const Request& json) {
  Request relevant = json;
  for (const char* name :
       {"ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"}) {
    relevant.erase(name);
  }
  const std::string text = relevant.dump();
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return {reinterpret_cast<const char*>(digest), sizeof digest};
}

struct Get {
  TablePtr table;
  std::string key;
  std::optional<std::vector<Path>> paths;
};

Outcome<Get> read_get(const Request& json, const Catalog& catalog) {
  RequestReader outer(json);
  const Request* inner = outer.object("Get");
  if (const auto fault = outer.fault()) return *fault;
  RequestReader request(*inner);
  const std::string table_name = request.table_name();
  const Item key = request.item("Key");
  Placeholders placeholders = request.placeholders({"ProjectionExpression"});
  const std::string projection = request.text("ProjectionExpression");
  if (const auto fault = request.fault()) return *fault;
  Get get;
  if (request.has("ProjectionExpression")) {
    Outcome<std::vector<Path>> parsed = parse_projection(projection, placeholders);
    if (!parsed) return parsed.error();
    get.paths = std::move(*parsed);
  }
  Status status = placeholders.check_all_used();
  if (!status) return status.error();
  Outcome<TablePtr> table = find_table(catalog, table_name);
  if (!table) return table.error();
  get.table = std::move(*table);
  status = check_key(get.table->key, key);
  if (!status) return status.error();
  get.key = row_key(get.table->key, key);
  return get;
}

}  // namespace

Outcome<std::string> transact_get_items(const Request& json, ReadContext& context) {
  RequestReader request(json);
  CapacityMeter meter(request);
  const Outcome<const Request*> items = transact_items(request);
  if (!items) return items.error();
  std::vector<Get> gets;
  std::set<std::pair<std::int64_t, std::string>> seen;
  for (const Request& element : **items) {
    Outcome<Get> get = read_get(element, *context.catalog);
    if (!get) return get.error();
    if (!seen.emplace(get->table->id, get->key).second) return one_operation_each();
    gets.push_back(std::move(*get));
  }
  std::string responses = "[";
  std::size_t bytes = 0;
  for (const Get& get : gets) {
    const Outcome<std::optional<StoredRow>> row = context.rows.get(*get.table, get.key);
    if (!row) return row.error();
    meter.read(*get.table, nullptr, *row ? (*row)->size : 0, Strength::transactional);
    if (!*row) {
      append_element(responses, "{}");
      continue;
    }
    bytes += (*row)->size;
    if (bytes > kMaxBytes) return too_large();
    Answer response;
    if (get.paths) {
      response.item("Item", project(parse_stored_item((*row)->item), *get.paths));
    } else {
      response.raw("Item", (*row)->item);
    }
    append_element(responses, std::move(response).finish());
  }
  Answer answer;
  answer.raw("Responses", responses + "]");
  meter.append_list(answer);
  return std::move(answer).finish();
}

Outcome<WriteJob> transact_write_items(const Request& json, ReadContext& context) {
  RequestReader request(json);
  CapacityMeter meter(request);
  request.choice("ReturnItemCollectionMetrics", {"NONE", "SIZE"});
  const std::string token = request.text("ClientRequestToken");
  if (token.size() > kMaxToken) {
    request.constraint("ClientRequestToken", "'" + token + "'",
                       "Member must have length less than or equal to 36");
  }
  const Outcome<const Request*> items = transact_items(request);
  if (!items) return items.error();
  std::vector<ItemWrite> writes;
  std::set<std::pair<std::int64_t, std::string>> seen;
  std::size_t bytes = 0;
  for (const Request& element : **items) {
    Outcome<ItemWrite> write = read_action(element, *context.catalog);
    if (!write) return write.error();
    if (!seen.emplace(write->table->id, write->key).second) return one_operation_each();
    bytes += write->size;
    writes.push_back(std::move(*write));
  }
  if (bytes > kMaxBytes) return too_large();
  const std::string digest = token.empty() ? std::string() : digest_of(json);
  return WriteJob([writes = std::move(writes), meter, token,
                   digest](WriteContext& writing) mutable -> Outcome<std::string> {
    bool done_before = false;
    if (!token.empty()) {
      const Outcome<std::optional<std::string>> used =
          find_token(writing.rows(), token, writing.now_ms - kTokenLifeMs);
      if (!used) return used.error();
      done_before = used->has_value();
      if (done_before && **used != digest) {
        return Failure("IdempotentParameterMismatchException",
                       "The provided ClientRequestToken has been used with other parameters");
      }
    }
    if (!done_before) {
      Status status = run_actions(writes, meter, writing);
      if (status && !token.empty()) {
        status = keep_token(writing.rows(), token, digest, writing.now_ms,
                            writing.now_ms - kTokenLifeMs);
      }
      if (!status) return status.error();
    }
    Answer answer;
    meter.append_list(answer);
    return std::move(answer).finish();
  });
}

}  // namespace eventsd::data::dynamodb
