#include "app/bench_http.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "app/events_endpoint.hpp"

namespace eventsd::app::bench {
namespace {

bool equals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// Calls `each(name, value)` for every header of a head without its last empty line.
template <typename Each>
void for_each_header(std::string_view head, Each&& each) {
  auto start = head.find("\r\n");
  while (start != std::string_view::npos) {
    start += 2;
    const auto end = head.find("\r\n", start);
    const std::string_view line =
        head.substr(start, end == std::string_view::npos ? end : end - start);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
      while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
      each(line.substr(0, colon), value);
    }
    start = end;
  }
}

// The length of a chunked body with its framing; nullopt when it is not all there.
std::optional<std::size_t> take_chunks(std::string_view bytes, std::string& body) {
  std::size_t at = 0;
  for (;;) {
    const auto end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    std::from_chars(bytes.data() + at, bytes.data() + end, size, 16);
    at = end + 2;
    if (size == 0) break;
    if (bytes.size() < at || bytes.size() - at < size + 2) return std::nullopt;
    body.append(bytes.substr(at, size));
    at += size + 2;
  }
  for (;;) {  // trailers, then an empty line
    const auto end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return std::nullopt;
    const bool is_empty = end == at;
    at = end + 2;
    if (is_empty) return at;
  }
}

net::HttpResponse response_of(const HttpAnswer& answer) {
  net::HttpResponse response;
  response.status = answer.status;
  for_each_header(answer.head, [&](std::string_view name, std::string_view value) {
    response.headers.emplace_back(name, value);
  });
  response.body = answer.body;
  return response;
}

}  // namespace

std::size_t take_http_answer(std::string_view bytes, HttpAnswer& answer) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const auto end = bytes.find(kEnd);
  if (end == std::string_view::npos) return 0;
  answer = {};
  answer.head = bytes.substr(0, end);
  const auto space = answer.head.find(' ');
  if (space != std::string_view::npos) {
    std::from_chars(answer.head.data() + space + 1, answer.head.data() + answer.head.size(),
                    answer.status);
  }
  std::optional<std::size_t> length;
  bool is_chunked = false;
  answer.is_last = answer.head.starts_with("HTTP/1.0");
  for_each_header(answer.head, [&](std::string_view name, std::string_view value) {
    if (equals(name, "content-length")) {
      std::size_t number = 0;
      std::from_chars(value.data(), value.data() + value.size(), number);
      length = number;
    } else if (equals(name, "transfer-encoding")) {
      is_chunked = equals(value, "chunked");
    } else if (equals(name, "connection") && equals(value, "close")) {
      answer.is_last = true;
    }
  });
  const std::size_t start = end + kEnd.size();
  if (answer.status == 101 || answer.status == 204 || answer.status == 304) return start;
  const std::string_view rest = bytes.substr(start);
  if (is_chunked) {
    const auto taken = take_chunks(rest, answer.body);
    return taken ? start + *taken : 0;
  }
  if (!length) {
    answer.is_last = true;
    length = rest.size();
  }
  if (rest.size() < *length) return 0;
  answer.body = rest.substr(0, *length);
  return start + *length;
}

std::string explain_http(const HttpAnswer& answer) { return explain(response_of(answer)); }

std::string error_type_of(const HttpAnswer& answer) {
  // "HTTP 401 UnauthorizedException: text": the type alone is the same for every request.
  std::string text = explain_http(answer);
  const std::string status = "HTTP " + std::to_string(answer.status);
  const auto colon = text.find(": ");
  if (colon == std::string::npos || colon <= status.size()) return text.substr(0, 100);
  return text.substr(0, colon);
}

Result<void> HttpConnection::post(std::string_view body, std::size_t index) {
  request_ =
      "POST " + access_.publish_path + " HTTP/1.1\r\nHost: " + access_.publish_authority +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n";
  access_.credentials->append_headers(request_, body);
  request_ += "\r\n";
  request_ += body;
  is_waiting_ = true;
  if (is_open()) {
    send(request_);
    request_.clear();
    return {};
  }
  auto opened = open(access_.publish, index);
  if (!opened) is_waiting_ = false;
  return opened;
}

void HttpConnection::on_connected() { send(std::exchange(request_, {})); }

std::size_t HttpConnection::on_bytes(std::string_view bytes) {
  HttpAnswer answer;
  const std::size_t length = take_http_answer(bytes, answer);
  if (length == 0) return 0;
  if (answer.is_last) drop();
  if (std::exchange(is_waiting_, false)) on_answer(answer);
  return length;
}

void HttpConnection::on_ended(const std::string& reason) {
  request_.clear();
  if (std::exchange(is_waiting_, false)) on_failed(reason);
}

}  // namespace eventsd::app::bench
