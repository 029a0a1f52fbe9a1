#include "net/http_pool.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <list>
#include <map>
#include <string>

#include "net/http_exchange.hpp"

namespace eventsd::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Handler = std::function<void(Result<HttpResponse>)>;

enum class Kept : std::uint8_t { no, yes };  // whether a connection has served before

// Kept alive by the wait for its timer, so that nothing is left over when the context ends first.
struct Call {
  Call(asio::io_context& context, HttpRequest what, HttpSendLimits bounds, Handler done)
      : request(std::move(what)), limits(bounds), handler(std::move(done)), timer(context) {
    const Url& url = request.url;
    origin = (url.is_tls() ? "s " : "p ") + url.host + " " + std::to_string(url.port);
    bytes = request.body.size() + 1024;  // with its headers, about
  }

  HttpRequest request;
  const HttpSendLimits limits;
  Handler handler;  // null: done
  asio::steady_timer timer;
  std::string origin;
  std::size_t bytes = 0;
  std::shared_ptr<Connecting> connecting;
  std::shared_ptr<HttpExchange> exchange;
};
using CallPtr = std::shared_ptr<Call>;

struct Idle {
  Idle(asio::io_context& context, Socket open) : socket(std::move(open)), timer(context) {}
  Socket socket;
  asio::steady_timer timer;
  bool gone = false;  // taken or closed
};

struct Origin {
  std::size_t open = 0;  // connections: connecting, busy and idle
  std::list<std::shared_ptr<Idle>> idle;
  std::deque<CallPtr> waiting;
  std::size_t waiting_bytes = 0;
};

bool may_be_repeated(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS";
}

// Whether the peer has neither ended the connection nor sent what nobody asked for.
bool is_quiet(Socket& socket) {
  char byte = 0;
  const auto got = ::recv(lowest_socket(socket).native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

class Pool final : public std::enable_shared_from_this<Pool> {
 public:
  Pool(asio::io_context& context, HttpPoolOptions options)
      : context_(context), options_(std::move(options)) {}

  void send(HttpRequest request, HttpSendLimits limits, Handler handler) {
    const auto checked = check_http_request(request);
    auto call = std::make_shared<Call>(context_, std::move(request), limits, std::move(handler));
    if (!checked) return fail_later(call, checked.error());
    call->timer.expires_after(limits.timeout);
    call->timer.async_wait([self = shared_from_this(), call](error_code error) {
      if (!error) self->on_timeout(call);
    });
    Origin& origin = origins_[call->origin];
    while (!origin.idle.empty()) {
      if (is_quiet(origin.idle.back()->socket)) return use(call, take_idle(origin), Kept::yes);
      drop_idle(origin, origin.idle.back());
    }
    if (origin.open < options_.max_connections) return connect(call);
    if (origin.waiting_bytes + call->bytes > options_.max_waiting_bytes) {
      return fail_later(call, fail(ErrorKind::overloaded,
                                   "too many requests wait for " + call->request.url.authority()));
    }
    origin.waiting_bytes += call->bytes;
    origin.waiting.push_back(call);
  }

  // Keeps nothing any more.
  void close() {
    closed_ = true;
    for (auto& [name, origin] : origins_) {
      while (!origin.idle.empty()) drop_idle(origin, origin.idle.front());
    }
  }

 private:
  void fail_later(const CallPtr& call, Error error) {
    asio::post(context_, [self = shared_from_this(), call, error = std::move(error)] {
      self->finish(call, error);
    });
  }

  void finish(const CallPtr& call, Result<HttpResponse> result) {
    call->timer.cancel();
    call->connecting.reset();
    call->exchange.reset();
    if (auto handler = std::exchange(call->handler, nullptr)) handler(std::move(result));
  }

  void on_timeout(const CallPtr& call) {
    if (!call->handler) return;
    Origin& origin = origins_[call->origin];
    const auto place = std::find(origin.waiting.begin(), origin.waiting.end(), call);
    if (place != origin.waiting.end()) {
      origin.waiting_bytes -= call->bytes;
      origin.waiting.erase(place);
    } else {
      if (call->connecting) call->connecting->cancel();
      if (call->exchange) call->exchange->cancel();
      end_connection(call->origin);
    }
    finish(call, fail(ErrorKind::request_timeout,
                      call->request.url.authority() + " did not answer within " +
                          std::to_string(call->limits.timeout.count()) + " ms"));
  }

  void connect(const CallPtr& call) {
    ++origins_[call->origin].open;
    reconnect(call);
  }

  void reconnect(const CallPtr& call) {
    call->connecting = async_connect(
        context_, call->request.url, options_.connect,
        [self = shared_from_this(), weak = std::weak_ptr(call)](Result<Socket> socket) {
          const CallPtr call = weak.lock();
          if (!call) return;
          call->connecting.reset();
          if (!socket) {
            self->end_connection(call->origin);
            return self->finish(call, socket.error());
          }
          self->use(call, std::move(*socket), Kept::no);
        });
  }

  void use(const CallPtr& call, Socket socket, Kept kept) {
    const bool again = kept == Kept::yes && may_be_repeated(call->request.method);
    HttpRequest request;
    if (again) {
      request = call->request;
    } else {
      request = {call->request.method, call->request.url, std::move(call->request.headers),
                 std::move(call->request.body)};
    }
    call->exchange = async_http_exchange(
        std::move(socket), std::move(request), call->limits.max_response_bytes,
        ConnectionUse::again,
        [self = shared_from_this(), weak = std::weak_ptr(call), again](ExchangeOutcome outcome) {
          const CallPtr call = weak.lock();
          if (!call) return;
          call->exchange.reset();
          if (again && outcome.silent) return self->reconnect(call);
          if (outcome.socket) {
            self->keep(call->origin, std::move(*outcome.socket), outcome.kept);
          } else {
            self->end_connection(call->origin);
          }
          self->finish(call, std::move(outcome.response));
        });
  }

  // A connection is free: the first that waits has it, else it stays for a while.
  void keep(const std::string& name, Socket socket, std::chrono::seconds kept) {
    Origin& origin = origins_[name];
    if (!origin.waiting.empty()) return use(take_waiting(origin), std::move(socket), Kept::yes);
    std::chrono::milliseconds stay = options_.idle_timeout;
    if (kept.count() > 0) {
      stay = std::min<std::chrono::milliseconds>(stay, kept - std::chrono::seconds(1));
    }
    if (closed_ || stay.count() <= 0 || origin.idle.size() >= options_.max_idle) {
      error_code ignored;
      lowest_socket(socket).close(ignored);
      return end_connection(name);
    }
    auto idle = std::make_shared<Idle>(context_, std::move(socket));
    origin.idle.push_back(idle);
    const auto drop = [weak = weak_from_this(), name, idle](error_code error) {
      const auto self = weak.lock();
      if (error == asio::error::operation_aborted || idle->gone || !self) return;
      self->drop_idle(self->origins_[name], idle);
      self->forget_if_unused(name);
    };
    idle->timer.expires_after(stay);
    idle->timer.async_wait(drop);
    // Nothing is asked, so whatever comes is the peer's end, or what cannot be trusted.
    lowest_socket(idle->socket).async_wait(PlainSocket::wait_read, drop);
  }

  // The one that was used last: the others may come of age.
  Socket take_idle(Origin& origin) {
    const auto idle = origin.idle.back();
    origin.idle.pop_back();
    idle->gone = true;
    idle->timer.cancel();
    error_code ignored;
    lowest_socket(idle->socket).cancel(ignored);
    return std::move(idle->socket);
  }

  void drop_idle(Origin& origin, const std::shared_ptr<Idle> idle) {
    idle->gone = true;
    idle->timer.cancel();
    error_code ignored;
    lowest_socket(idle->socket).close(ignored);
    origin.idle.remove(idle);
    --origin.open;
  }

  CallPtr take_waiting(Origin& origin) {
    CallPtr next = std::move(origin.waiting.front());
    origin.waiting.pop_front();
    origin.waiting_bytes -= next->bytes;
    return next;
  }

  void end_connection(const std::string& name) {
    Origin& origin = origins_[name];
    --origin.open;
    if (!origin.waiting.empty()) return connect(take_waiting(origin));
    forget_if_unused(name);
  }

  void forget_if_unused(const std::string& name) {
    const auto place = origins_.find(name);
    if (place != origins_.end() && place->second.open == 0 && place->second.waiting.empty()) {
      origins_.erase(place);
    }
  }

  asio::io_context& context_;
  const HttpPoolOptions options_;
  std::map<std::string, Origin> origins_;
  bool closed_ = false;
};

// What callers hold: kept connections go with it, requests on their way do not.
class PoolOwner final : public HttpPool {
 public:
  explicit PoolOwner(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}
  ~PoolOwner() override { pool_->close(); }
  void send(HttpRequest request, HttpSendLimits limits, Handler handler) override {
    pool_->send(std::move(request), limits, std::move(handler));
  }

 private:
  const std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<HttpPool> make_http_pool(asio::io_context& context, HttpPoolOptions options) {
  return std::make_unique<PoolOwner>(std::make_shared<Pool>(context, std::move(options)));
}

}  // namespace eventsd::net
