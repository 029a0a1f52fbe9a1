// HTTP requests and answers, as handlers see them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::server {

// Stays where it is as long as its headers are looked at.
struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // percent-encoded as sent, slashes collapsed, no trailing slash ("/" stays)
  std::string query;   // without '?'
  std::string raw_path;  // as sent, which is what signatures cover; empty when `path` is the same
  std::string head;      // what the headers point into
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string body;
  std::string source_ip;
  std::string request_id;
  std::vector<std::string> parameters;  // what {…} in the route matched, in order
  bool tls = false;

  // Empty, but with its memory.
  void clear();

  // The first of that name (names without case); empty when absent.
  std::string_view header(std::string_view name) const;
  // All of that name, joined by ", " (RFC 9110 §5.3).
  std::string joined_header(std::string_view name) const;
  std::size_t count_header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;  // empty: JSON in UTF-8
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string lines;                 // further header lines, each with its CRLF
  bool close = false;                // ends the connection after this answer
  std::shared_ptr<const void> hold;  // lives until the answer has been written
};

// The error form of PROTOCOL.md: body and x-amzn-errortype.
HttpResponse error_response(const Error& error);

// Appends status line, headers and body as they go over the wire. No request id: no such header.
void serialise(std::string& out, const HttpResponse& response, bool keep_alive, bool head_only,
               std::string_view request_id);

bool equals_ignoring_case(std::string_view a, std::string_view b);

// Calls `visit` with each comma-separated element of a header value, trimmed, empty ones left out.
template <typename Visit>
void for_each_element(std::string_view value, Visit visit) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    std::string_view element = value.substr(0, comma);
    value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
    const std::size_t first = element.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    visit(element.substr(first, element.find_last_not_of(" \t") - first + 1));
  }
}

}  // namespace eventsd::server
