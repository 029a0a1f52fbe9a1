// One connection to PostgreSQL, which never blocks its thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "data/rds/pg_target.hpp"
#include "data/rds/statement.hpp"
#include "data/rds/statement_result.hpp"
#include "eventsd/result.hpp"

namespace eventsd::data::rds {

// How a command ended.
struct PgEnd {
  enum class How : std::uint8_t {
    done,
    refused,    // by the server: state and message say why
    too_large,  // more bytes of rows than asked for; the session is of no further use
    lost,       // the connection; message is for the log
  };
  How how = How::done;
  std::string state;  // SQLSTATE
  std::string message;
  std::uint64_t records_updated = 0;  // by INSERT, UPDATE, DELETE, MERGE
};

// Which type a parameter is sent with.
enum class Typing : std::uint8_t { inferred, declared };

//   thread   the io_context's
class PgSession {
 public:
  // Closes the connection; nobody is called any more.
  virtual ~PgSession() = default;

  // Runs commands without parameters or results, separated by semicolons.
  //   REQUIRES  nothing runs
  virtual void run(std::string commands, std::function<void(PgEnd)> done) = 0;

  // Runs one statement; its rows are added to `result`, which the caller keeps, while they come.
  virtual void run(const Statement& statement, Typing typing, StatementResult& result,
                   std::size_t max_result_bytes, std::function<void(PgEnd)> done) = 0;

  // Calls `ended` when the server ends the connection while nothing runs.
  virtual void watch(std::function<void()> ended) = 0;

  virtual bool is_outside_of_transactions() const = 0;
};

// A connection attempt; letting go of it ends it.
class PgConnecting {
 public:
  virtual ~PgConnecting() = default;
};

// Connects with options that async_resolve_pg_target() has completed. There is no time limit;
// theirs (connect_timeout) is for those who wait inside libpq.
//   errors   internal: libpq's message, for the log; it holds no password
//   thread   the io_context's; `done` is called once, never from within this call
std::unique_ptr<PgConnecting> async_pg_connect(
    boost::asio::io_context& io, const PgOptions& options,
    std::function<void(Result<std::unique_ptr<PgSession>>)> done);

}  // namespace eventsd::data::rds
