// HTTP/1.1 connections that are kept for further requests: what data sources call through.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "eventsd/result.hpp"
#include "net/http_client.hpp"

namespace eventsd::net {

struct HttpPoolOptions {
  ConnectOptions connect;
  // An origin is scheme, host and port.
  std::size_t max_connections = 64;  // per origin; more requests than that wait for their turn
  std::size_t max_idle = 16;         // per origin
  std::size_t max_waiting_bytes = 16u << 20;  // of the requests that wait, per origin
  // Shorter than the five seconds after which Node.js closes: a request that meets a connection on
  // its way out may have been read, and only some methods may be sent again.
  std::chrono::milliseconds idle_timeout{4'000};
};

struct HttpSendLimits {
  std::chrono::milliseconds timeout{30'000};      // all of it: waiting, connecting, the answer
  std::uint64_t max_response_bytes = 8ull << 20;  // of the body
};

// No redirects, no proxy, no compression; every address that a name resolves to is checked, at
// every new connection. What is on its way when the pool goes still ends.
//   thread   the context's
class HttpPool {
 public:
  virtual ~HttpPool() = default;

  // Sends one request; any complete response is a success. A request that met a kept connection on
  // which the peer said nothing more is sent once again over a new one, if its method is idempotent
  // (RFC 9110 section 9.2.2).
  //   errors   those of async_http_request(); overloaded: too much waits for this origin
  //   thread   the context's; the handler is called once, never from within this call
  virtual void send(HttpRequest request, HttpSendLimits limits,
                    std::function<void(Result<HttpResponse>)> handler) = 0;
};

// To be destroyed on the context's thread.
std::unique_ptr<HttpPool> make_http_pool(boost::asio::io_context& context, HttpPoolOptions options);

}  // namespace eventsd::net
