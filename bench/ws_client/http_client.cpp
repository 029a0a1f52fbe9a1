#include "ws_client/http_client.hpp"

#include <strings.h>

#include <charconv>
#include <chrono>

namespace bench {
namespace {

// The value of a header, without the white space around it; empty if absent.
std::string_view header_value(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        strncasecmp(line.data(), name.data(), name.size()) == 0) {
      const auto start = line.find_first_not_of(' ', name.size() + 1);
      return start == std::string_view::npos ? std::string_view{} : line.substr(start);
    }
  }
  return {};
}

}  // namespace

void HttpClient::open(const Target& target, const std::string& source) {
  common_headers_ =
      " HTTP/1.1\r\nHost: " + target.authority() + "\r\nx-api-key: " + target.api_key + "\r\n";
  connect(target.host, target.port, source, 0, target.tls);
}

void HttpClient::publish(std::string_view channel, std::string_view events) {
  std::string body = R"({"channel":")";
  body.append(channel).append(R"(","events":[)").append(events).append("]}");
  send("POST /event" + common_headers_ + "content-type: application/json\r\ncontent-length: " +
       std::to_string(body.size()) + "\r\n\r\n" + body);
}

void HttpClient::get(std::string_view path) {
  send("GET " + std::string(path) + common_headers_ + "\r\n");
}

std::size_t HttpClient::on_bytes(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string_view head = bytes.substr(0, end);
  std::size_t length = 0;
  if (const auto value = header_value(head, "content-length"); !value.empty()) {
    std::from_chars(value.data(), value.data() + value.size(), length);
  }
  if (bytes.size() < end + 4 + length) return 0;
  int status = 0;
  if (head.size() >= 12) std::from_chars(head.data() + 9, head.data() + 12, status);
  listener_.on_response(*this, status, bytes.substr(end + 4, length));
  return end + 4 + length;
}

HttpAnswer http_get(const Target& target, std::string_view path, int seconds) {
  struct Once : HttpClient::Listener {
    HttpAnswer answer;
    bool done = false;
    void on_response(HttpClient&, int status, std::string_view body) override {
      answer = {status, std::string(body)};
      done = true;
    }
    void on_http_closed(HttpClient&) override { done = true; }
  } once;
  Loop loop;
  HttpClient client(loop, once);
  client.open(target);
  client.get(path);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!once.done && std::chrono::steady_clock::now() < deadline) {
    loop.turn(std::chrono::milliseconds(50));
  }
  return once.answer;
}

}  // namespace bench
