// An HTTP/1.1 client for what eventsd calls and for its own command line. One connection a request,
// no redirects, no proxy, no compression.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventsd/result.hpp"
#include "net/connect.hpp"
#include "net/url.hpp"

namespace eventsd::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  Url url;
  HttpHeaders headers;  // Host, Content-Length, Connection and User-Agent are set by the client
  std::string body;
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  // The first header of this name, compared without case.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct HttpOptions {
  ConnectOptions connect;
  std::chrono::milliseconds timeout{30'000};      // all of it, connecting included
  std::uint64_t max_response_bytes = 8ull << 20;  // of the body
};

// Sends one request; any complete response is a success, whatever its status.
//   errors   those of async_connect(); bad_request: a header or the method is malformed;
//            request_timeout; payload_too_large: the response; internal: the peer broke off or sent
//            what is not HTTP
//   thread   the context's; the handler is called once, never from within this call
void async_http_request(boost::asio::io_context& context, HttpRequest request, HttpOptions options,
                        std::function<void(Result<HttpResponse>)> handler);

// The same, waiting for the answer. For command-line programs and tests, not for a shard.
Result<HttpResponse> http_request(const HttpRequest& request, const HttpOptions& options);

}  // namespace eventsd::net
