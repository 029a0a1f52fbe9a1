// HTTP/1.1 on one connection: keep-alive, pipelining, and the way to a WebSocket.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "eventsd/config.hpp"
#include "eventsd/metrics.hpp"
#include "eventsd/task.hpp"
#include "net/timer_wheel.hpp"
#include "net/transport.hpp"
#include "server/http_message.hpp"
#include "server/http_router.hpp"

struct ssl_ctx_st;

namespace eventsd::server {

class HttpSession;

// What sessions of one listener have in common; lives longer than they do. The functions are called
// on the session's thread, each time anew, so that a reload reaches open connections.
struct HttpListener {
  boost::asio::io_context& io;
  net::TimerWheel& timers;
  TaskGroup& tasks;
  ShardMetrics& metrics;
  std::vector<char>& read_buffer;
  HttpRouter router;
  std::function<ConfigPtr()> config;
  // Null: this listener speaks plain text only.
  std::function<std::shared_ptr<ssl_ctx_st>()> tls;
  // May this address speak for others (X-Forwarded-For)?
  std::function<bool(std::string_view ip)> is_trusted_proxy;
  // Asked with a proxied client's address before its first request is answered; false: refused.
  std::function<Task<bool>(std::string ip)> admit;
  // Gives back what admit granted, when the connection is gone. Set whenever admit is.
  std::function<void(const std::string& ip)> release;
  // Headers that every answer of this listener has (CORS); may look at the request.
  std::function<void(const HttpRequest&, HttpResponse&)> decorate;
  // Takes the connection over, and `on_end` with it; an answer is returned only when it was
  // refused. Null: no upgrades.
  using Upgrade = std::function<std::optional<HttpResponse>(
      HttpRequest&, net::Transport&, std::string early_bytes, std::function<void()>& on_end)>;
  Upgrade upgrade;
  std::unordered_set<HttpSession*> sessions;  // those that are alive
  bool draining = false;                      // every answer ends its connection
  std::string answer;  // on its way to the kernel; nothing is kept in it between two callbacks
  // Sessions with a request that has begun and is not answered: a drain waits for them.
  std::size_t busy = 0;

  // Cuts every session's connection; their tasks end soon after.
  void abort_sessions();
};

// Who is at the other end, as known when the connection was accepted.
struct HttpPeer {
  std::string ip;
  // It may speak for others (PROXY protocol, X-Forwarded-For), and is not counted by its address.
  // What was decided at accept holds for the connection, so that it is counted exactly once.
  bool is_trusted_proxy = false;
};

// Starts a session on this thread. `on_end` is called once, when the connection is gone, whatever
// it became.
//   thread   the listener's
//   source   RFC 9112; PROTOCOL.md P rules
void start_http_session(HttpListener& listener, net::Transport transport, HttpPeer peer,
                        std::function<void()> on_end);

}  // namespace eventsd::server
