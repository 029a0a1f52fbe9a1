// One HTTP/1.1 request and its answer over a connection that is up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "eventsd/result.hpp"
#include "net/connect.hpp"
#include "net/http_client.hpp"

namespace eventsd::net {

enum class ConnectionUse : std::uint8_t { once, again };  // what the request says of it

struct ExchangeOutcome {
  Result<HttpResponse> response;
  std::optional<Socket> socket;  // can be used for another request; absent: it has been closed
  std::chrono::seconds kept{0};  // how long the peer keeps it, by its own word; 0: it does not say
  bool silent = false;           // failed before the peer sent anything
};

// An exchange on its way.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  // Closes the connection; the handler is not called any more.
  virtual void cancel() = 0;
};

//   errors   bad_request: a header or the method is malformed
Result<void> check_http_request(const HttpRequest& request);

// Writes the request and reads the answer; interim answers (1xx) are passed over.
//   REQUIRES  check_http_request() found nothing
//   errors   payload_too_large: the response; internal: the peer broke off or sent what is not HTTP
//   thread   the socket's; the handler is called once, never from within this call. There is no
//            time limit: whoever began it cancels it.
std::shared_ptr<HttpExchange> async_http_exchange(Socket socket, HttpRequest request,
                                                  std::uint64_t max_response_bytes,
                                                  ConnectionUse use,
                                                  std::function<void(ExchangeOutcome)> handler);

}  // namespace eventsd::net
