// The bytes of HTTP/1.1 requests, one after the other, into HttpRequest. Strict where RFC 9112 lets
// a server choose: what two parsers might read differently is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/http_message.hpp"

namespace eventsd::server {

// One request. Keeps nothing of the bytes but what it has put into the request.
//   source   RFC 9112; no line folding, no bare CR or LF, one Content-Length at the most and none
//            beside Transfer-Encoding, "chunked" the only coding, HTTP/1.0 and 1.1
class RequestParser {
 public:
  enum class Status : std::uint8_t {
    more,
    done,
    malformed,
    unknown_coding,
    header_too_large,  // or a chunk header, or the trailers
    body_too_large,
  };
  struct Caps {
    std::size_t header;  // request line and header lines; chunk headers and trailers, each
    std::size_t body;
  };

  // Ready for the next request; `request` keeps its memory.
  void begin(HttpRequest& request, Caps caps);

  // Takes what it can of `bytes`; `used` is what need not be offered again. After anything but
  // `more` it is not called before begin().
  Status parse(std::string_view bytes, std::size_t& used);

  // The request is whole but for its body.
  bool is_head_done() const { return state_ != State::head; }
  bool is_http_1_1() const { return minor_ >= 1; }
  bool keeps_alive() const { return keep_alive_; }
  bool expects_continue() const { return expects_continue_; }

 private:
  enum class State : std::uint8_t { head, body, chunk_size, chunk, chunk_end, trailers, done };
  Status parse_head(std::string_view bytes, std::size_t& used);
  Status parse_lines(std::string_view head);
  bool parse_request_line(std::string_view line);
  Status settle_framing();
  Status parse_chunk_size(std::string_view bytes, std::size_t& used);
  Status parse_trailers(std::string_view bytes, std::size_t& used);
  void take_body(std::string_view bytes, std::size_t& used);

  HttpRequest* request_ = nullptr;
  Caps caps_{};
  std::size_t scanned_ = 0;  // bytes of the head in which no end was found
  std::size_t rest_ = 0;     // of the body or the chunk
  State state_ = State::head;
  unsigned minor_ = 1;
  bool keep_alive_ = true;
  bool expects_continue_ = false;
};

// "name: value" without its CRLF. False: malformed. Name and value point into `line`.
bool parse_header_line(std::string_view line, std::string_view& name, std::string_view& value);

}  // namespace eventsd::server
