#include "data/rds/pg_pool.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <list>

namespace eventsd::data::rds {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// The answer comes before the deadline that the server is told.
constexpr milliseconds kReserve{100};

struct Call {
  Call(asio::io_context& io, std::vector<Statement> what, milliseconds deadline,
       std::function<void(Result<TransactionEnd>)> then)
      : statements(std::make_shared<const std::vector<Statement>>(std::move(what))),
        until(Clock::now() + deadline),
        done(std::move(then)),
        timer(io, until) {
    for (const Statement& statement : *statements) {
      bytes += statement.text.size() + 1'024;
      for (const Parameter& one : statement.parameters) bytes += one.text ? one.text->size() : 0;
    }
  }
  milliseconds statement_timeout() const {
    const auto left = std::chrono::floor<milliseconds>(until - Clock::now());
    return std::max(left > 2 * kReserve ? left - kReserve : left / 2, milliseconds(1));
  }

  const std::shared_ptr<const std::vector<Statement>> statements;
  const Clock::time_point until;
  std::function<void(Result<TransactionEnd>)> done;  // null: answered
  asio::steady_timer timer;
  std::size_t bytes = 0;
};
using CallPtr = std::shared_ptr<Call>;

// A connection, or one that is on its way.
struct Place {
  explicit Place(asio::io_context& io) : timer(io) {}
  std::unique_ptr<PgConnecting> connecting;
  std::unique_ptr<PgSession> session;
  CallPtr call;              // null: it is idle, or being cleaned
  bool kept = false;         // it has served another call before
  asio::steady_timer timer;  // of connecting, or of being idle
};
using PlacePtr = std::shared_ptr<Place>;

class Pool final : public std::enable_shared_from_this<Pool> {
 public:
  Pool(asio::io_context& io, PgPoolOptions options) : io_(io), options_(std::move(options)) {}

  void run(std::vector<Statement> statements, milliseconds deadline,
           std::function<void(Result<TransactionEnd>)> done) {
    auto call = std::make_shared<Call>(io_, std::move(statements), deadline, std::move(done));
    if (waiting_bytes_ + call->bytes > options_.max_waiting_bytes) {
      return answer(call, fail(ErrorKind::overloaded,
                               "too many statements wait for " + options_.target.where()));
    }
    call->timer.async_wait([weak = weak_from_this(), call](error_code cancelled) {
      const auto self = weak.lock();
      if (!cancelled && self) self->on_deadline(call);
    });
    waiting_bytes_ += call->bytes;
    waiting_.push_back(std::move(call));
    serve();
  }

  void close() {
    closed_ = true;
    waiting_.clear();
    for (const PlacePtr& place : places_) {
      place->timer.cancel();
      place->connecting.reset();
      place->session.reset();
    }
    places_.clear();
    idle_.clear();
  }

 private:
  void answer(const CallPtr& call, Result<TransactionEnd> result) {
    call->timer.cancel();
    if (auto done = std::exchange(call->done, nullptr)) done(std::move(result));
  }

  // Gives those that wait a connection each, as far as there are any.
  void serve() {
    while (!closed_ && !waiting_.empty()) {
      if (!idle_.empty()) {
        const PlacePtr place = idle_.back();
        idle_.pop_back();
        place->timer.cancel();
        place->kept = true;
        take_waiting(place);
        begin(place);
      } else if (places_.size() < options_.max_connections) {
        auto place = std::make_shared<Place>(io_);
        places_.push_back(place);
        take_waiting(place);
        connect(place);
      } else {
        return;
      }
    }
  }

  void take_waiting(const PlacePtr& place) {
    place->call = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= place->call->bytes;
  }

  void connect(const PlacePtr& place) {
    place->kept = false;
    place->timer.expires_after(options_.connect_timeout);
    place->timer.async_wait([weak = weak_from_this(), place](error_code cancelled) {
      const auto self = weak.lock();
      if (cancelled || !self || place->session || !self->is_open(place)) return;
      self->drop(place, fail(ErrorKind::request_timeout,
                             self->options_.target.where() + " did not accept a connection"));
    });
    async_resolve_pg_target(io_, options_.target, options_.allow_link_local,
                            [weak = weak_from_this(), place](Result<PgOptions> options) {
                              const auto self = weak.lock();
                              if (!self || !self->is_open(place)) return;
                              if (!options) return self->drop(place, options.error());
                              place->connecting = async_pg_connect(
                                  self->io_, *options,
                                  [weak, place](Result<std::unique_ptr<PgSession>> session) {
                                    const auto self = weak.lock();
                                    if (!self || !self->is_open(place)) return;
                                    place->connecting.reset();
                                    if (!session) return self->drop(place, session.error());
                                    place->timer.cancel();
                                    place->session = std::move(*session);
                                    self->begin(place);
                                  });
                            });
  }

  bool is_open(const PlacePtr& place) const {
    return std::find(places_.begin(), places_.end(), place) != places_.end();
  }

  void begin(const PlacePtr& place) {
    run_transaction(*place->session, place->call->statements, options_.transaction,
                    place->call->statement_timeout(),
                    [weak = weak_from_this(), place](TransactionEnd end) {
                      const auto self = weak.lock();
                      if (self && self->is_open(place)) self->on_end(place, std::move(end));
                    });
  }

  void on_end(const PlacePtr& place, TransactionEnd end) {
    const bool usable = place->session->is_outside_of_transactions();
    if (!usable && place->kept && !end.had_begun) {
      release_session(place);
      return connect(place);
    }
    const CallPtr call = std::exchange(place->call, nullptr);
    if (usable) {
      clean(place);
    } else {
      drop(place, {});
    }
    answer(call, std::move(end));
    serve();
  }

  // Nothing of one call is to be found by the next.
  void clean(const PlacePtr& place) {
    // No call's deadline covers this, and a server that has gone may never say so.
    place->timer.expires_after(options_.connect_timeout);
    place->timer.async_wait([weak = weak_from_this(), place](error_code cancelled) {
      const auto self = weak.lock();
      if (cancelled || !self || place->call || !self->is_open(place)) return;
      self->drop(place, {});
      self->serve();
    });
    place->session->run("DISCARD ALL", [weak = weak_from_this(), place](const PgEnd& end) {
      const auto self = weak.lock();
      if (!self || !self->is_open(place)) return;
      if (end.how != PgEnd::How::done) {
        self->drop(place, {});
      } else {
        self->keep(place);
      }
      self->serve();
    });
  }

  void keep(const PlacePtr& place) {
    idle_.push_back(place);
    place->session->watch([weak = weak_from_this(), place] {
      const auto self = weak.lock();
      if (self && self->is_open(place)) self->drop(place, {});
    });
    place->timer.expires_after(options_.idle_timeout);
    place->timer.async_wait([weak = weak_from_this(), place](error_code cancelled) {
      const auto self = weak.lock();
      if (!cancelled && self && !place->call && self->is_open(place)) self->drop(place, {});
    });
  }

  // The session may be the one that is calling.
  void release_session(const PlacePtr& place) {
    asio::post(io_, [session = std::shared_ptr<PgSession>(std::move(place->session))] {});
  }

  // Ends a connection; its call, if it has one, gets the error.
  void drop(const PlacePtr& place, Error error) {
    place->timer.cancel();
    release_session(place);
    if (place->connecting) {
      asio::post(io_, [attempt = std::shared_ptr<PgConnecting>(std::move(place->connecting))] {});
    }
    places_.remove(place);
    idle_.erase(std::remove(idle_.begin(), idle_.end(), place), idle_.end());
    if (const CallPtr call = std::exchange(place->call, nullptr)) {
      answer(call, std::move(error));
      serve();
    }
  }

  void on_deadline(const CallPtr& call) {
    if (!call->done) return;
    const Error error =
        fail(ErrorKind::request_timeout, options_.target.where() + " did not answer in time");
    const auto waits = std::find(waiting_.begin(), waiting_.end(), call);
    if (waits != waiting_.end()) {
      waiting_bytes_ -= call->bytes;
      waiting_.erase(waits);
      return answer(call, error);
    }
    const auto place = std::find_if(places_.begin(), places_.end(),
                                    [&](const PlacePtr& one) { return one->call == call; });
    if (place != places_.end()) drop(PlacePtr(*place), error);
  }

  asio::io_context& io_;
  const PgPoolOptions options_;
  std::list<PlacePtr> places_;
  std::deque<PlacePtr> idle_;
  std::deque<CallPtr> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool closed_ = false;
};

class PoolOwner final : public PgPool {
 public:
  explicit PoolOwner(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}
  ~PoolOwner() override { pool_->close(); }
  void run(std::vector<Statement> statements, milliseconds deadline,
           std::function<void(Result<TransactionEnd>)> done) override {
    pool_->run(std::move(statements), deadline, std::move(done));
  }

 private:
  const std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<PgPool> make_pg_pool(asio::io_context& io, PgPoolOptions options) {
  return std::make_unique<PoolOwner>(std::make_shared<Pool>(io, std::move(options)));
}

}  // namespace eventsd::data::rds
