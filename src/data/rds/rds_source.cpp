#include "data/rds/rds_source.hpp"

#include <algorithm>

#include "data/outage.hpp"
#include "data/outbound_http.hpp"
#include "data/rds/pg_pool.hpp"
#include "data/request_members.hpp"

namespace eventsd::data::rds {
namespace {

constexpr std::string_view kQueryCanceled = "57014";

DataSourceAnswer failure(std::string_view type, std::string text) {
  return DataSourceAnswer::failure("RDS:" + std::string(type), std::move(text));
}

// Names no host: that is for the log.
DataSourceAnswer answer_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::request_timeout:
      return failure("StatementTimeoutException", "Execution timed out.");
    case ErrorKind::overloaded:
      return failure("TooManyRequestsException", "Rate Exceeded.");
    default:
      return failure("DatabaseUnavailableException", "The database cannot be reached.");
  }
}

DataSourceAnswer answer_of(const TransactionEnd& ended) {
  switch (ended.end.how) {
    case PgEnd::How::done:
      return DataSourceAnswer::success(json_text(ended.result));
    case PgEnd::How::too_large:
      return failure("ResultTooLargeException", "The result is larger than 5 MiB.");
    case PgEnd::How::lost:
      return failure("DatabaseUnavailableException", "The connection to the database broke off.");
    case PgEnd::How::refused:
      break;
  }
  if (ended.end.state == kQueryCanceled) {
    return failure("StatementTimeoutException", ended.end.message);
  }
  return failure("DatabaseErrorException", ended.end.message + "; SQLState: " + ended.end.state);
}

class Source final : public DataSource {
 public:
  Source(RdsSourceOptions options, PgTarget target, OutboundCalls& calls)
      : calls_(calls), wall_time_(options.wall_time) {
    PgPoolOptions pool;
    pool.target = std::move(target);
    pool.allow_link_local = options.allow_link_local;
    pool.transaction = {std::move(options.schema), kMaxAnswerBytes};
    pool.max_connections = options.max_connections;
    pool.connect_timeout = std::min(pool.connect_timeout, wall_time_);
    state_ = on_its_thread(calls,
                           std::make_unique<State>(State{make_pg_pool(calls.io(), std::move(pool)),
                                                         Outage(std::move(options.name))}));
  }

  Task<DataSourceAnswer> call(DataSourceCall call) override {
    const std::chrono::milliseconds left = time_left(call, wall_time_);
    DataSourceAnswer answer =
        co_await calls_.run("RDS", left, [state = state_, left, &call](Answer done) {
          auto statements = parse_statements(call.request);
          if (!statements) return done(DataSourceAnswer::invalid(statements.error().message));
          state->pool->run(std::move(*statements), left,
                           [state, done](Result<TransactionEnd> ended) {
                             tell(*state, ended);
                             done(ended ? answer_of(*ended) : answer_of(ended.error()));
                           });
        });
    co_return answer;
  }

 private:
  struct State {
    std::unique_ptr<PgPool> pool;
    Outage outage;
  };

  static void tell(State& state, const Result<TransactionEnd>& ended) {
    if (!ended) return state.outage.failed(ended.error().message);
    if (ended->end.how == PgEnd::How::lost) return state.outage.failed(ended->end.message);
    state.outage.answered();
  }

  OutboundCalls& calls_;
  const std::chrono::milliseconds wall_time_;
  std::shared_ptr<State> state_;
};

}  // namespace

Result<std::shared_ptr<DataSource>> make_rds_source(RdsSourceOptions options,
                                                    OutboundCalls& calls) {
  auto target = parse_pg_target(options.connection_string, options.database);
  if (!target) return target.error();
  return std::shared_ptr<DataSource>(
      std::make_shared<Source>(std::move(options), std::move(*target), calls));
}

}  // namespace eventsd::data::rds
