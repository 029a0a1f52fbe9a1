#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "data/dynamodb/value_json.hpp"
#include "data/dynamodb_source/operations.hpp"
#include "data/dynamodb_source/plain_json.hpp"
#include "data/dynamodb_source/plan.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

struct Named {
  std::string_view name;
  Translation translate;
};

constexpr std::array<Named, 11> kOperations = {{{"GetItem", &get_item},
                                                {"PutItem", &put_item},
                                                {"UpdateItem", &update_item},
                                                {"DeleteItem", &delete_item},
                                                {"Query", &query},
                                                {"Scan", &scan},
                                                {"BatchGetItem", &batch_get},
                                                {"BatchPutItem", &batch_put},
                                                {"BatchDeleteItem", &batch_delete},
                                                {"TransactGetItems", &transact_get},
                                                {"TransactWriteItems", &transact_write}}};

Refusal unknown_operation(const std::string& operation) {
  if (operation == "Sync") {
    return Refusal::shape(
        "operation Sync is for versioned data sources, which Event APIs have not");
  }
  std::string known;
  for (const Named& one : kOperations) {
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  }
  return Refusal::shape("operation \"" + operation.substr(0, 64) + "\" is none of " + known);
}

}  // namespace

std::string plain_member(const nlohmann::json& reply, const char* name) {
  const auto found = reply.find(name);
  if (found == reply.end() || found->is_null()) return "null";
  const auto item = dynamodb::parse_item(*found);
  return item ? plain_text(*item) : "null";
}

Checked<Plan> translate(const nlohmann::json& request, const Surroundings& surroundings) {
  std::optional<Refusal> fault;
  Members members(request, "", fault);
  const std::string operation = members.text("operation", Members::Need::required);
  if (fault) return *fault;
  const auto found = std::find_if(kOperations.begin(), kOperations.end(),
                                  [&](const Named& one) { return one.name == operation; });
  if (found == kOperations.end()) return unknown_operation(operation);
  Plan plan = found->translate(members, surroundings, fault);
  if (fault) return *fault;
  return plan;
}

}  // namespace eventsd::data::dynamodb_source
