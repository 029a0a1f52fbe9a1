// The operations, one function each. They run on a reader thread; those that write return a job for
// the writer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "data/dynamodb/rows.hpp"
#include "data/dynamodb/write_context.hpp"

namespace eventsd::data::dynamodb {

struct ReadContext {
  CatalogPtr catalog;
  Rows& rows;
  std::string_view arn_prefix;  // "arn:aws:dynamodb:us-east-1:000000000000:table/"; outlives jobs
};

using Request = nlohmann::json;
using Reading = Outcome<std::string> (*)(const Request&, ReadContext&);
using Writing = Outcome<WriteJob> (*)(const Request&, ReadContext&);

Outcome<std::string> get_item(const Request& request, ReadContext& context);
Outcome<std::string> query(const Request& request, ReadContext& context);
Outcome<std::string> scan(const Request& request, ReadContext& context);
Outcome<std::string> batch_get_item(const Request& request, ReadContext& context);
Outcome<std::string> transact_get_items(const Request& request, ReadContext& context);
Outcome<std::string> describe_table(const Request& request, ReadContext& context);
Outcome<std::string> list_tables(const Request& request, ReadContext& context);
Outcome<std::string> describe_time_to_live(const Request& request, ReadContext& context);

Outcome<WriteJob> put_item(const Request& request, ReadContext& context);
Outcome<WriteJob> update_item(const Request& request, ReadContext& context);
Outcome<WriteJob> delete_item(const Request& request, ReadContext& context);
Outcome<WriteJob> batch_write_item(const Request& request, ReadContext& context);
Outcome<WriteJob> transact_write_items(const Request& request, ReadContext& context);
Outcome<WriteJob> create_table(const Request& request, ReadContext& context);
Outcome<WriteJob> delete_table(const Request& request, ReadContext& context);
Outcome<WriteJob> update_time_to_live(const Request& request, ReadContext& context);

// The operation of that name ("PutItem"); monostate when there is none.
using Operation = std::variant<std::monostate, Reading, Writing>;
Operation find_operation(std::string_view name);

// The table of a request.
//   errors   ResourceNotFoundException
[[nodiscard]] Outcome<TablePtr> find_table(const Catalog& catalog, std::string_view name);

}  // namespace eventsd::data::dynamodb
