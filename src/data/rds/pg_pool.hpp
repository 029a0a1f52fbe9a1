// The connections of one database, and the calls that wait for one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/rds/pg_target.hpp"
#include "data/rds/pg_transaction.hpp"
#include "data/rds/statement.hpp"
#include "eventsd/result.hpp"

namespace eventsd::data::rds {

struct PgPoolOptions {
  PgTarget target;
  bool allow_link_local = false;  // outbound.allowLinkLocal
  TransactionOptions transaction;
  std::size_t max_connections = 10;
  std::size_t max_waiting_bytes = 16u << 20;  // of the calls that wait
  // Resolving included; also for discarding a call's state before the next.
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
};

// Each call has a connection to itself. Afterwards the connection's state (settings, temporary
// tables, listeners) is discarded, so that nothing passes from one call to another.
//   thread   the io_context's
class PgPool {
 public:
  // Closes all; calls that have not ended are not told.
  virtual ~PgPool() = default;

  // Runs the statements in one transaction, within `deadline` of now, waiting included. A kept
  // connection that turns out to have ended before the transaction began is replaced, once.
  //   errors   overloaded; request_timeout; forbidden, internal: no connection, for the log.
  //            Refusals by the server are in the end.
  virtual void run(std::vector<Statement> statements, std::chrono::milliseconds deadline,
                   std::function<void(Result<TransactionEnd>)> done) = 0;
};

std::unique_ptr<PgPool> make_pg_pool(boost::asio::io_context& io, PgPoolOptions options);

}  // namespace eventsd::data::rds
