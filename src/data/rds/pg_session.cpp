#include "data/rds/pg_session.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <cstring>
#include <optional>

namespace eventsd::data::rds {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;
using boost::system::error_code;

using ConnectionPtr = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

// The socket is libpq's, which may close it and open another; what is waited on is a copy.
bool assign_copy(stream_descriptor& copy, int socket) {
  error_code error;
  copy.close(error);
  const int duplicate = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) return false;
  copy.assign(duplicate, error);
  if (error) ::close(duplicate);
  return !error;
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  return text;
}

class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::io_context& io, ConnectionPtr connection)
      : connection_(std::move(connection)), socket_(io) {
    PQsetnonblocking(connection_.get(), 1);
    usable_ = assign_copy(socket_, PQsocket(connection_.get()));
  }

  void close() {
    done_ = nullptr;
    ended_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
    connection_.reset();
  }

  void run(const std::string& commands, std::function<void(PgEnd)> done) {
    begin(nullptr, 0, std::move(done));
    started(PQsendQuery(connection_.get(), commands.c_str()));
  }

  void run(const Statement& statement, Typing typing, StatementResult& result,
           std::size_t max_result_bytes, std::function<void(PgEnd)> done) {
    begin(&result, max_result_bytes, std::move(done));
    std::vector<Oid> types;
    std::vector<const char*> values;
    for (const Parameter& parameter : statement.parameters) {
      types.push_back(typing == Typing::inferred ? parameter.type : parameter.declared);
      values.push_back(parameter.text ? parameter.text->c_str() : nullptr);
    }
    const int sent = PQsendQueryParams(connection_.get(), statement.text.c_str(),
                                       static_cast<int>(values.size()), types.data(), values.data(),
                                       nullptr, nullptr, /*resultFormat: text*/ 0);
    if (sent == 1) PQsetSingleRowMode(connection_.get());
    started(sent);
  }

  void watch(std::function<void()> ended) {
    ended_ = std::move(ended);
    wait_readable();
  }

  bool is_outside_of_transactions() const {
    return usable_ && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  }

 private:
  void begin(StatementResult* result, std::size_t max_result_bytes,
             std::function<void(PgEnd)> done) {
    ended_ = nullptr;
    done_ = std::move(done);
    end_ = {};
    result_ = result;
    has_columns_ = false;
    max_result_bytes_ = max_result_bytes;
  }

  void started(int sent) {
    if (sent != 1 || !usable_) {
      // Not from within the call.
      asio::post(socket_.get_executor(), [self = shared_from_this()] { self->lose(); });
      return;
    }
    unflushed_ = true;
    pump();
  }

  // Writes and reads what can be, then waits for the rest.
  void pump() {
    if (!connection_ || !done_) return;
    if (unflushed_) {
      const int left = PQflush(connection_.get());
      if (left < 0) return lose();
      unflushed_ = left == 1;
    }
    if (PQconsumeInput(connection_.get()) != 1) return lose();
    while (PQisBusy(connection_.get()) == 0) {
      const ResultPtr result(PQgetResult(connection_.get()), PQclear);
      if (!result) return finish();
      take(result.get());
      if (!usable_ || end_.how == PgEnd::How::too_large) return finish();
    }
    if (unflushed_) wait_writable();
    wait_readable();
  }

  void wait_readable() {
    if (std::exchange(waits_readable_, true)) return;
    socket_.async_wait(stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
      self->waits_readable_ = false;
      if (error || !self->connection_) return;
      self->done_ ? self->pump() : self->look();
    });
  }

  void wait_writable() {
    if (std::exchange(waits_writable_, true)) return;
    socket_.async_wait(stream_descriptor::wait_write,
                       [self = shared_from_this()](error_code error) {
                         self->waits_writable_ = false;
                         if (!error) self->pump();
                       });
  }

  // Something came while nothing ran: a notice, or the end.
  void look() {
    const bool alive =
        PQconsumeInput(connection_.get()) == 1 && PQstatus(connection_.get()) == CONNECTION_OK;
    while (PGnotify* notification = PQnotifies(connection_.get())) PQfreemem(notification);
    if (alive) return wait_readable();
    usable_ = false;
    if (auto ended = std::exchange(ended_, nullptr)) ended();
  }

  void lose() {
    if (!connection_ || !done_) return;
    usable_ = false;
    // What the server said last may say why.
    if (end_.how != PgEnd::How::refused) {
      end_ = {PgEnd::How::lost, {}, one_line(PQerrorMessage(connection_.get())), 0};
    }
    finish();
  }

  void finish() {
    result_ = nullptr;
    if (end_.how == PgEnd::How::too_large || end_.how == PgEnd::How::lost) usable_ = false;
    if (auto done = std::exchange(done_, nullptr)) done(std::move(end_));
  }

  void take(const PGresult* result) {
    switch (PQresultStatus(result)) {
      case PGRES_COMMAND_OK:
        count_updates(result);
        break;
      case PGRES_SINGLE_TUPLE:
      case PGRES_TUPLES_OK:
        take_rows(result);
        count_updates(result);
        break;
      case PGRES_EMPTY_QUERY:
        refuse("42601", "ERROR: the statement is empty");
        break;
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
        // It cannot be ended but by taking part in it.
        refuse("0A000", "ERROR: COPY from or to the client is not supported");
        usable_ = false;
        break;
      default:
        take_error(result);
    }
  }

  void take_error(const PGresult* result) {
    const auto field = [&](int code) {
      const char* text = PQresultErrorField(result, code);
      return std::string(text ? text : "");
    };
    const std::string state = field(PG_DIAG_SQLSTATE);
    if (state.empty()) {  // libpq's own: the connection is gone, maybe with a reason given before
      usable_ = false;
      if (end_.how == PgEnd::How::refused) return;
      end_ = {PgEnd::How::lost, {}, one_line(PQresultErrorMessage(result)), 0};
      return;
    }
    refuse(state, field(PG_DIAG_SEVERITY_NONLOCALIZED) + ": " + field(PG_DIAG_MESSAGE_PRIMARY));
  }

  void refuse(std::string state, std::string message) {
    if (end_.how == PgEnd::How::refused) return;  // the first is the cause
    end_ = {PgEnd::How::refused, std::move(state), std::move(message), 0};
  }

  void take_rows(const PGresult* result) {
    if (!result_) return;
    const int fields = PQnfields(result);
    if (!std::exchange(has_columns_, true)) {
      std::vector<Column> columns;
      for (int i = 0; i < fields; ++i) {
        columns.push_back({PQfname(result, i), PQftype(result, i), PQfmod(result, i)});
      }
      result_->set_columns(std::move(columns));
    }
    std::vector<std::optional<std::string_view>> values(static_cast<std::size_t>(fields));
    for (int row = 0; row < PQntuples(result); ++row) {
      for (int i = 0; i < fields; ++i) {
        values[static_cast<std::size_t>(i)] = std::nullopt;
        if (PQgetisnull(result, row, i) != 0) continue;
        values[static_cast<std::size_t>(i)] = std::string_view(
            PQgetvalue(result, row, i), static_cast<std::size_t>(PQgetlength(result, row, i)));
      }
      result_->add_row(values);
      if (result_->bytes() > max_result_bytes_) {
        end_.how = PgEnd::How::too_large;
        return;
      }
    }
  }

  void count_updates(const PGresult* result) {
    const std::string_view tag = PQcmdStatus(const_cast<PGresult*>(result));
    for (const std::string_view word : {"INSERT", "UPDATE", "DELETE", "MERGE"}) {
      if (!tag.starts_with(word)) continue;
      const std::string_view count = tag.substr(tag.rfind(' ') + 1);
      std::from_chars(count.data(), count.data() + count.size(), end_.records_updated);
    }
  }

  ConnectionPtr connection_;
  stream_descriptor socket_;
  bool usable_ = false;
  bool unflushed_ = false;
  bool waits_readable_ = false;
  bool waits_writable_ = false;
  std::function<void(PgEnd)> done_;  // null: nothing runs
  std::function<void()> ended_;
  PgEnd end_;
  StatementResult* result_ = nullptr;
  bool has_columns_ = false;
  std::size_t max_result_bytes_ = 0;
};

class SessionOwner final : public PgSession {
 public:
  explicit SessionOwner(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  ~SessionOwner() override { session_->close(); }
  void run(std::string commands, std::function<void(PgEnd)> done) override {
    session_->run(commands, std::move(done));
  }
  void run(const Statement& statement, Typing typing, StatementResult& result,
           std::size_t max_result_bytes, std::function<void(PgEnd)> done) override {
    session_->run(statement, typing, result, max_result_bytes, std::move(done));
  }
  void watch(std::function<void()> ended) override { session_->watch(std::move(ended)); }
  bool is_outside_of_transactions() const override {
    return session_->is_outside_of_transactions();
  }

 private:
  const std::shared_ptr<Session> session_;
};

using Connected = std::function<void(Result<std::unique_ptr<PgSession>>)>;

class Connecting final : public std::enable_shared_from_this<Connecting> {
 public:
  Connecting(asio::io_context& io, Connected done)
      : io_(io), connection_(nullptr, PQfinish), socket_(io), done_(std::move(done)) {}

  void start(const PgOptions& options) {
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : options) {
      names.push_back(name.c_str());
      values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    connection_.reset(PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/0));
    // libpq would print notices.
    if (connection_)
      PQsetNoticeReceiver(
          connection_.get(), [](void*, const PGresult*) {}, nullptr);
    if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) {
      asio::post(io_, [self = shared_from_this()] { self->give_up(); });
      return;
    }
    wait(PGRES_POLLING_WRITING);
  }

  void cancel() {
    done_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
    connection_.reset();
  }

 private:
  void wait(PostgresPollingStatusType want) {
    if (!assign_copy(socket_, PQsocket(connection_.get()))) return give_up();
    const auto kind = want == PGRES_POLLING_READING ? stream_descriptor::wait_read
                                                    : stream_descriptor::wait_write;
    socket_.async_wait(kind, [self = shared_from_this()](error_code error) {
      if (self->done_ && error != asio::error::operation_aborted) self->poll();
    });
  }

  void poll() {
    const PostgresPollingStatusType status = PQconnectPoll(connection_.get());
    if (status == PGRES_POLLING_FAILED) return give_up();
    if (status != PGRES_POLLING_OK) return wait(status);
    error_code ignored;
    socket_.close(ignored);
    auto session = std::make_shared<Session>(io_, std::move(connection_));
    finish(std::unique_ptr<PgSession>(std::make_unique<SessionOwner>(std::move(session))));
  }

  void give_up() {
    const std::string why =
        connection_ ? one_line(PQerrorMessage(connection_.get())) : "out of memory";
    finish(fail(ErrorKind::internal, why));
  }

  void finish(Result<std::unique_ptr<PgSession>> result) {
    if (auto done = std::exchange(done_, nullptr)) done(std::move(result));
  }

  asio::io_context& io_;
  ConnectionPtr connection_;
  stream_descriptor socket_;
  Connected done_;  // null: over
};

class ConnectingOwner final : public PgConnecting {
 public:
  explicit ConnectingOwner(std::shared_ptr<Connecting> attempt) : attempt_(std::move(attempt)) {}
  ~ConnectingOwner() override { attempt_->cancel(); }

 private:
  const std::shared_ptr<Connecting> attempt_;
};

}  // namespace

std::unique_ptr<PgConnecting> async_pg_connect(asio::io_context& io, const PgOptions& options,
                                               Connected done) {
  auto attempt = std::make_shared<Connecting>(io, std::move(done));
  attempt->start(options);
  return std::make_unique<ConnectingOwner>(std::move(attempt));
}

}  // namespace eventsd::data::rds
