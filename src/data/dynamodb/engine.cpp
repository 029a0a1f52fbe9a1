#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>

#include "data/dynamodb/access.hpp"
#include "data/dynamodb/catalog_store.hpp"
#include "data/dynamodb/dynamodb.hpp"
#include "data/dynamodb/ensure_tables.hpp"
#include "data/dynamodb/log.hpp"
#include "data/dynamodb/operations.hpp"
#include "data/dynamodb/reader_pool.hpp"
#include "data/dynamodb/request_metrics.hpp"
#include "data/dynamodb/value_json.hpp"
#include "data/dynamodb/writer.hpp"

namespace eventsd::data::dynamodb {

namespace {

using store::Connection;
using store::SqlResult;

// What a request takes in memory is several times its text.
constexpr std::uint64_t kRequestOverhead = 1024;

Failure unavailable() {
  return {"InternalServerError", "The tables cannot be read or written right now"};
}

class Engine final : public DynamoDb {
 public:
  Engine(Options options, Connection connection, Catalog catalog)
      : arn_prefix_("arn:aws:dynamodb:" + options.region + ":" + options.account_id + ":table/"),
        writer_(std::move(connection), std::move(catalog), writer_settings(options)),
        readers_(options.path, options.readers, options.max_queue_bytes) {}
  ~Engine() override { stop(); }

  void execute(std::string operation, std::string request, std::function<void(Reply)> done,
               Allows allows) override {
    const std::uint64_t bytes = request.size() + kRequestOverhead;
    // The function is shared so that it is still here when the queue does not take the job.
    const auto reply = std::make_shared<std::function<void(Reply)>>(
        [this, operation, begun = std::chrono::steady_clock::now(),
         done = std::move(done)](Reply answer) {
          metrics_.note(operation,
                        answer ? RequestMetrics::End::answered : RequestMetrics::End::refused,
                        std::chrono::steady_clock::now() - begun);
          done(std::move(answer));
        });
    const bool queued = readers_.submit(
        [this, operation = std::move(operation), request = std::move(request), reply, bytes,
         allows = std::move(allows)](Rows* rows) {
          run({operation, request, allows, *reply, bytes}, rows);
        },
        bytes);
    if (queued) return;
    (*reply)(stopped_ ? unavailable()
                      : Failure("ThrottlingException", "Too many requests are waiting; try again"));
  }

  Result<void> check_tables(const std::vector<TableSpec>& tables) const override {
    const auto changes = find_table_changes(tables, *catalog());
    if (!changes) return fail(ErrorKind::bad_request, changes.error().message);
    return {};
  }

  void ensure_tables(std::vector<TableSpec> tables,
                     std::function<void(Result<void>)> done) override {
    writer_.submit(
        [tables = std::move(tables)](WriteContext& context) -> Outcome<std::string> {
          const Status status = dynamodb::ensure_tables(tables, context);
          if (!status) return status.error();
          return std::string();
        },
        [done = std::move(done)](const Reply& reply) {
          if (reply) return done({});
          const bool faulty = reply.error().type == "ValidationException";
          done(fail(faulty ? ErrorKind::bad_request : ErrorKind::store_unavailable,
                    reply.error().message));
        },
        kRequestOverhead);
  }

  std::string metrics() const override { return metrics_.text(); }

  void expire(std::function<void()> done) override { writer_.expire(std::move(done)); }

  std::string trouble() const override {
    const std::lock_guard lock(mutex_);
    return trouble_;
  }

  void stop() override {
    stopped_ = true;
    // Readers first: what they have read may still go to the writer.
    readers_.stop();
    writer_.stop();
  }

 private:
  Writer::Settings writer_settings(const Options& options) {
    return {.max_queue_bytes = options.max_queue_bytes,
            .ttl_interval = options.ttl_interval,
            .now = options.now,
            .publish =
                [this](CatalogPtr catalog) {
                  const std::lock_guard lock(mutex_);
                  catalog_ = std::move(catalog);
                },
            .on_trouble =
                [this](std::string what) {
                  const std::lock_guard lock(mutex_);
                  trouble_ = std::move(what);
                }};
  }

  CatalogPtr catalog() const {
    const std::lock_guard lock(mutex_);
    return catalog_;
  }

  struct Call {
    const std::string& operation;
    const std::string& request;
    const Allows& allows;
    const std::function<void(Reply)>& done;
    std::uint64_t bytes;
  };

  // On a reader thread: answers, or hands a job to the writer.
  void run(const Call& call, Rows* rows) {
    Outcome<WriteJob> job = unavailable();
    Reply reply = unavailable();
    try {
      if (rows != nullptr) {
        reply = begin(call, *rows, job);
        // The table may have been deleted between the look at the catalog and at the rows.
        if (rows->sql_error() && reply.has_error()) reply = begin(call, *rows, job);
      }
    } catch (const std::exception& exception) {
      logger()->error("dynamodb operation={} failed err=\"{}\"", call.operation, exception.what());
    }
    if (job) {
      writer_.submit(std::move(*job), call.done, call.bytes);
    } else {
      call.done(std::move(reply));
    }
  }

  // Sets `job` when the operation writes, and answers otherwise.
  Reply begin(const Call& call, Rows& rows, Outcome<WriteJob>& job) {
    const Operation operation = find_operation(call.operation);
    if (std::holds_alternative<std::monostate>(operation)) {
      return Failure("UnknownOperationException",
                     "The operation " + call.operation + " is not supported");
    }
    const nlohmann::json request = nlohmann::json::parse(call.request, nullptr, false);
    if (request.is_discarded()) {
      return Failure("SerializationException", "The request is not valid JSON");
    }
    if (call.allows) {
      for (const Access& access : needed_access(call.operation, request, arn_prefix_)) {
        if (std::optional<Failure> refusal = call.allows(access.action, access.resource)) {
          return std::move(*refusal);
        }
      }
    }
    ReadContext context{.catalog = catalog(), .rows = rows, .arn_prefix = arn_prefix_};
    if (const auto* reading = std::get_if<Reading>(&operation)) {
      return read(*reading, request, context);
    }
    job = std::get<Writing>(operation)(request, context);
    return job ? unavailable() : job.error();
  }

  // All that a request reads is of one moment.
  Reply read(Reading reading, const nlohmann::json& request, ReadContext& context) {
    const store::SqlStatus begun = context.rows.connection().execute("BEGIN");
    if (!begun) return context.rows.failure(begun.error());
    Reply reply = reading(request, context);
    if (!context.rows.connection().in_transaction()) return reply;
    const store::SqlStatus ended = context.rows.connection().execute("COMMIT");
    if (!ended) return context.rows.failure(ended.error());
    return reply;
  }

  const std::string arn_prefix_;
  std::atomic<bool> stopped_{false};
  RequestMetrics metrics_;

  // Guards catalog_ and trouble_, which the writer replaces and everybody reads; there is no event
  // loop on the reading side to post to.
  mutable std::mutex mutex_;
  CatalogPtr catalog_;
  std::string trouble_;

  Writer writer_;
  ReaderPool readers_;
};

Error cannot_use(const std::string& path, const std::string& why) {
  return fail(ErrorKind::store_unavailable,
              "the DynamoDB tables in " + path + " cannot be used: " + why +
                  "; restore the file from a backup, or remove it to start with empty tables");
}

// The catalog as the configuration wants it.
Result<Catalog> prepare(Connection& connection, const Options& options) {
  Rows rows(connection);
  try {
    const Outcome<Catalog> catalog = load_catalog(rows);
    if (!catalog) return cannot_use(options.path, rows.sql_error()->message);
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(options.now().time_since_epoch());
    WriteContext context(rows, *catalog, now.count());
    if (const auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) {
      return cannot_use(options.path, begun.error().message);
    }
    const Status status = ensure_tables(options.tables, context);
    if (rows.sql_error()) return cannot_use(options.path, rows.sql_error()->message);
    if (!status) return fail(ErrorKind::bad_request, status.error().message);
    if (const auto committed = connection.execute("COMMIT"); !committed) {
      return cannot_use(options.path, committed.error().message);
    }
    return context.catalog();
  } catch (const std::exception& exception) {
    return cannot_use(options.path, exception.what());
  }
}

}  // namespace

Result<std::unique_ptr<DynamoDb>> make_dynamodb(Options options) {
  if (!options.now) options.now = [] { return std::chrono::system_clock::now(); };
  SqlResult<Connection> connection = open_for_writing(options.path, options.synchronous);
  if (!connection) return cannot_use(options.path, connection.error().message);
  Result<Catalog> catalog = prepare(*connection, options);
  if (!catalog) return catalog.error();
  return std::make_unique<Engine>(std::move(options), std::move(*connection), std::move(*catalog));
}

Task<Reply> execute_on(boost::asio::io_context& io, DynamoDb& store, std::string operation,
                       std::string request, Allows allows) {
  Completion<Reply> done;
  auto work = boost::asio::make_work_guard(io);
  const auto answer = [&io, &done, work](Reply reply) {
    boost::asio::post(
        io, [&done, reply = std::move(reply)]() mutable { done.complete(std::move(reply)); });
  };
  store.execute(std::move(operation), std::move(request), answer, std::move(allows));
  Reply reply = co_await done;
  co_return reply;
}

int http_status(const Failure& failure) {
  return failure.type == "InternalServerError" ? 500 : 400;
}

std::string failure_body(const Failure& failure) {
  std::string body =
      R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + failure.type + R"(","message":)";
  append_json_string(body, failure.message);
  if (!failure.members.empty()) body += "," + failure.members;
  return body + "}";
}

}  // namespace eventsd::data::dynamodb
