// The embedded tables: DynamoDB's operations on a SQLite file of their own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dynamodb/failure.hpp"
#include "eventsd/result.hpp"
#include "eventsd/task.hpp"

namespace eventsd::data::dynamodb {

// A key attribute in configuration is "NAME:TYPE" with type S, N or B.
struct IndexSpec {
  std::string name;
  std::string partition_key;
  std::string sort_key;  // empty: none
};

// A table of the configuration.
struct TableSpec {
  std::string name;
  std::string partition_key;
  std::string sort_key;       // empty: none
  std::string ttl_attribute;  // empty: none
  std::vector<IndexSpec> indexes;
  std::string place = {};  // "FILE:LINE:COLUMN" for messages; empty: none
};

struct Options {
  std::string path;  // database file; created with its folder present
  std::vector<TableSpec> tables;
  std::string region = "us-east-1";
  std::string account_id = "000000000000";
  unsigned readers = 2;                       // read-only connections, one thread each
  std::uint64_t max_queue_bytes = 64U << 20;  // requests that wait, reads and writes each
  std::string synchronous = "FULL";
  std::chrono::milliseconds ttl_interval{1000};  // between looks for expired items
  // Seam for tests; null: the system's clock.
  std::function<std::chrono::system_clock::time_point()> now;
};

// May the caller do `action` ("dynamodb:PutItem") on `resource` (a table's ARN, "*")? Absent: yes;
// else the refusal, usually AccessDeniedException.
//   thread   one of the store's readers, so it must be pure
using Allows =
    std::function<std::optional<Failure>(std::string_view action, std::string_view resource)>;

// What an operation answers: a JSON object, or DynamoDB's error.
using Reply = Outcome<std::string>;

// Requests are parsed and read on the reader threads, each with a read-only connection; writes go
// to one writer thread, which commits all that wait in one transaction. An answer to a write is
// given after its commit, so it is durable and any later read sees it.
class DynamoDb {
 public:
  virtual ~DynamoDb() = default;

  // Runs an operation, e.g. "PutItem", with its JSON request. `done` is called once, on one of the
  // store's threads (when stopped or full: on the caller's). `allows`, when set, is asked first.
  //   errors   in the reply; UnknownOperationException, SerializationException, ThrottlingException
  //            (a queue is full), InternalServerError, and the operation's own
  //   thread   any
  virtual void execute(std::string operation, std::string request, std::function<void(Reply)> done,
                       Allows allows = {}) = 0;

  // Whether tables of a configuration fit those that exist, as far as they are known now.
  //   errors   bad_request, as of make_dynamodb()
  virtual Result<void> check_tables(const std::vector<TableSpec>& tables) const = 0;

  // Makes them as make_dynamodb() does: all or none. `done` is called on the writer thread (when
  // stopped or full: on the caller's).
  virtual void ensure_tables(std::vector<TableSpec> tables,
                             std::function<void(Result<void>)> done) = 0;

  // eventsd_dynamodb_… for a scrape.
  virtual std::string metrics() const = 0;

  // Deletes expired items now, on the writer thread; `done` is called there.
  virtual void expire(std::function<void()> done) = 0;

  // Empty, or why the tables cannot be used until an operator acts (damaged file).
  virtual std::string trouble() const = 0;

  // Ends what is queued, then stops the threads. Idempotent.
  virtual void stop() = 0;
};

// Opens or creates the file and makes sure that the configured tables exist, with their indexes and
// time to live. Tables that are not in the configuration stay.
//   errors   bad_request: a table exists with another key, or a specification is faulty;
//            store_unavailable: the file cannot be used. The message says what and the remedy.
Result<std::unique_ptr<DynamoDb>> make_dynamodb(Options options);

// Tables whose file cannot be used: every request ends in InternalServerError, and trouble() is
// `why`, until an operator has acted and the daemon is started again.
std::unique_ptr<DynamoDb> make_unusable_dynamodb(std::string why);

// DynamoDb::execute() as a task for the thread of an io_context, which it keeps running meanwhile.
//   REQUIRES  `store` outlives the task, and the task is not destroyed before it ends
Task<Reply> execute_on(boost::asio::io_context& io, DynamoDb& store, std::string operation,
                       std::string request, Allows allows = {});

// The HTTP status of a failure: 500 for InternalServerError, else 400.
int http_status(const Failure& failure);

// {"__type":"com.amazonaws.dynamodb.v20120810#…","message":…}
std::string failure_body(const Failure& failure);

}  // namespace eventsd::data::dynamodb
