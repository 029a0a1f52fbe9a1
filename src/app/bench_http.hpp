// Answers of HTTP/1.1, and a connection that is kept for one request after the other.
#pragma once

#include <string>
#include <string_view>

#include "app/bench_socket.hpp"

namespace eventsd::app::bench {

struct HttpAnswer {
  int status = 0;
  std::string_view head;  // status line and headers; valid as long as the bytes
  std::string body;       // without the framing of chunks
  bool is_last = false;   // the server closes the connection
};

// Reads one answer (Content-Length or chunked) from the beginning of `bytes`. Returns its length; 0
// when it is not all there. One that ends with the connection is taken with what is there.
std::size_t take_http_answer(std::string_view bytes, HttpAnswer& answer);

// "HTTP 401 UnauthorizedException: text", see explain(net::HttpResponse).
std::string explain_http(const HttpAnswer& answer);

// The errorType of an answer that is not 200: x-amzn-errortype, the body's, or "HTTP 502".
std::string error_type_of(const HttpAnswer& answer);

// One request at a time.
class HttpConnection : public Stream {
 public:
  HttpConnection(Loop& loop, const Access& access) : Stream(loop), access_(access) {}

  // POSTs `body` with its credentials, connecting first when there is no connection.
  // REQUIRES: none is under way.
  Result<void> post(std::string_view body, std::size_t index);

 protected:
  virtual void on_answer(const HttpAnswer& answer) = 0;
  // The request that was under way has no answer.
  virtual void on_failed(const std::string& reason) = 0;

 private:
  void on_connected() final;
  std::size_t on_bytes(std::string_view bytes) final;
  void on_ended(const std::string& reason) final;

  const Access& access_;
  std::string request_;  // while it waits for the connection
  bool is_waiting_ = false;
};

}  // namespace eventsd::app::bench
