// The operations that handlers ask for, one function each.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "data/dynamodb_source/members.hpp"
#include "data/dynamodb_source/plan.hpp"

namespace eventsd::data::dynamodb_source {

// Of a request without faults; of one with a fault anything.
using Translation = Plan (*)(Members& request, const Surroundings& surroundings,
                             std::optional<Refusal>& fault);

Plan get_item(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault);
Plan put_item(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault);
Plan update_item(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault);
Plan delete_item(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault);
Plan query(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault);
Plan scan(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault);
Plan batch_get(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault);
Plan batch_put(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault);
Plan batch_delete(Members& request, const Surroundings& surroundings,
                  std::optional<Refusal>& fault);
Plan transact_get(Members& request, const Surroundings& surroundings,
                  std::optional<Refusal>& fault);
Plan transact_write(Members& request, const Surroundings& surroundings,
                    std::optional<Refusal>& fault);

// The item of a reply's member as plain JSON; "null" when it has none.
std::string plain_member(const nlohmann::json& reply, const char* name);

}  // namespace eventsd::data::dynamodb_source
