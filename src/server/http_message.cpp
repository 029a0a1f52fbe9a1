#include "server/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "protocol/server_message.hpp"

namespace eventsd::server {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::time_t seconds_now() {
  // The coarse clock is enough for a date, and costs no reading of the hardware's.
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec;
}

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

constexpr std::string_view kJson = "application/json; charset=UTF-8";

// RFC 9110 §5.6.7; made anew once a second.
std::string_view http_date() {
  thread_local std::time_t made_at = 0;
  thread_local char text[40];
  const std::time_t now = seconds_now();
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

void HttpRequest::clear() {
  for (std::string* text :
       {&method, &path, &query, &raw_path, &head, &body, &source_ip, &request_id}) {
    text->clear();
  }
  headers.clear();
  parameters.clear();
  tls = false;
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

void serialise(std::string& out, const HttpResponse& response, bool keep_alive, bool head_only,
               std::string_view request_id) {
  const fmt::format_int status(response.status);
  out.append("HTTP/1.1 ").append(status.data(), status.size()).append(" ");
  out.append(reason(response.status)).append("\r\nDate: ").append(http_date()).append("\r\n");
  if (response.status != 101) {
    if (!response.body.empty()) {
      const std::string_view type = response.content_type;
      out.append("Content-Type: ").append(type.empty() ? kJson : type).append("\r\n");
    }
    if (response.status != 204) {
      const fmt::format_int size(response.body.size());
      out.append("Content-Length: ").append(size.data(), size.size()).append("\r\n");
    }
    if (!keep_alive) out.append("Connection: close\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  out.append(response.lines);
  if (!request_id.empty()) out.append("x-amzn-requestid: ").append(request_id).append("\r\n");
  out.append("\r\n");
  if (!head_only) out.append(response.body);
}

}  // namespace eventsd::server
