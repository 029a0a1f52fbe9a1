// A keep-alive HTTP/1.1 connection for publishes and history reads; one request at a time.
#pragma once

#include <string>
#include <string_view>

#include "ws_client/loop.hpp"
#include "ws_client/ws_client.hpp"

namespace bench {

class HttpClient : public Endpoint {
 public:
  // Called inside Loop::turn(). A listener may send the next request, never destroy.
  struct Listener {
    virtual ~Listener() = default;
    virtual void on_response(HttpClient& client, int status, std::string_view body) = 0;
    // The connection ended; a request that was out has no answer.
    virtual void on_http_closed(HttpClient& client) = 0;
  };

  HttpClient(Loop& loop, Listener& listener) : Endpoint(loop), listener_(listener) {}

  // Connects; requests may be made at once. REQUIRES: !is_open().
  void open(const Target& target, const std::string& source = {});

  // POST /event. `events` is the inside of the array: quoted JSON strings with commas.
  void publish(std::string_view channel, std::string_view events);
  // GET with the API key; `path` holds the query.
  void get(std::string_view path);

 protected:
  void on_connected() override {}
  std::size_t on_bytes(std::string_view bytes) override;
  void on_ended() override { listener_.on_http_closed(*this); }

 private:
  Listener& listener_;
  std::string common_headers_;
};

// One blocking GET or POST for programs that need an answer now (history checks). Returns the
// status and the body; status 0 when the connection failed or `seconds` passed.
struct HttpAnswer {
  int status = 0;
  std::string body;
};
HttpAnswer http_get(const Target& target, std::string_view path, int seconds = 10);

}  // namespace bench
