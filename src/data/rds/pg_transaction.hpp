// The statements of one call, in one transaction.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/rds/pg_session.hpp"
#include "data/rds/statement.hpp"

namespace eventsd::data::rds {

struct TransactionOptions {
  std::string schema;                       // search_path; empty: the database's
  std::size_t max_result_bytes = 5u << 20;  // of all rows, as JSON
};

struct TransactionEnd {
  PgEnd end;
  std::string result;      // {"sqlStatementResults":[…]}, when it is done
  bool had_begun = false;  // the server may have seen a statement
};

// Begins, runs the statements one after the other, commits; rolls back when one of them is refused.
// Time zone UTC, dates in ISO form and `timeout` for each statement are set for the transaction
// alone. Statements that PostgreSQL cannot find types for are tried once more, from the beginning,
// with the types of the Data API.
//   REQUIRES  `session` outlives the transaction
//   thread   the session's; `done` is called once, never from within this call
void run_transaction(PgSession& session, std::shared_ptr<const std::vector<Statement>> statements,
                     TransactionOptions options, std::chrono::milliseconds timeout,
                     std::function<void(TransactionEnd)> done);

}  // namespace eventsd::data::rds
