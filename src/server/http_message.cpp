#include "server/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>

#include "protocol/server_message.hpp"

namespace eventsd::server {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view reason(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

// RFC 9110 §5.6.7; made anew once a second.
std::string_view http_date() {
  thread_local std::time_t made_at = 0;
  thread_local char text[40];
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made_at = now;
  }
  return text;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

std::string HttpRequest::joined_header(std::string_view name) const {
  std::string joined;
  for (const auto& [key, value] : headers) {
    if (!equals_ignoring_case(key, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

std::size_t HttpRequest::count_header(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [&](const auto& header) { return equals_ignoring_case(header.first, name); }));
}

HttpResponse error_response(const Error& error) {
  const ErrorInfo& info = error_info(error.kind);
  HttpResponse response;
  response.status = info.http_status;
  response.body = protocol::http_error_body(error);
  // A handler's own type may hold anything; a header may not.
  const std::string_view type = http_error_type(error);
  const bool fits =
      type.size() <= 128 && std::ranges::all_of(type, [](char c) { return c > ' ' && c < '\x7f'; });
  response.headers.emplace_back("x-amzn-errortype", fits ? type : info.http_type);
  if (info.http_status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string serialise(const HttpResponse& response, bool keep_alive, bool head_only) {
  std::string text;
  text.reserve(512 + response.body.size());
  fmt::format_to(std::back_inserter(text), "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 reason(response.status), http_date());
  if (response.status != 101) {
    if (!response.body.empty()) {
      fmt::format_to(std::back_inserter(text), "Content-Type: {}\r\n", response.content_type);
    }
    if (response.status != 204) {
      fmt::format_to(std::back_inserter(text), "Content-Length: {}\r\n", response.body.size());
    }
    if (!keep_alive) text += "Connection: close\r\n";
  }
  for (const auto& [name, value] : response.headers) {
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
  }
  text += "\r\n";
  if (!head_only) text += response.body;
  return text;
}

}  // namespace eventsd::server
