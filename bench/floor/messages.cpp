// What the floor says: the protocol's frames, the upgrade and HTTP publishes, with no checks.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <unordered_map>

#include "floor/floor.hpp"

namespace bench {
namespace {

struct Hash : std::hash<std::string_view> {
  using is_transparent = void;
};
using Topics = std::unordered_map<std::string, Topic, Hash, std::equal_to<>>;
Topics channels;
Topics wildcards;  // by the part before "/*"
std::uint64_t identifiers = 0;

void reply(Connection& connection, std::string_view text) {
  char header[10];
  connection.out.append(header, write_header(header, text.size()));
  connection.out.append(text);
  mark_dirty(connection);
}

// What follows `key` up to the next quote; `key` ends with the opening quote of the value.
std::string_view text_after(std::string_view frame, std::string_view key) {
  const void* found = memmem(frame.data(), frame.size(), key.data(), key.size());
  if (found == nullptr) return {};
  const char* start = static_cast<const char*>(found) + key.size();
  const char* end = static_cast<const char*>(
      memchr(start, '"', static_cast<std::size_t>(frame.data() + frame.size() - start)));
  return end == nullptr ? std::string_view{}
                        : std::string_view{start, static_cast<std::size_t>(end - start)};
}

void add(const Topics& topics, std::string_view name, Event event) {
  const auto found = topics.find(name);
  if (found == topics.end()) return;
  auto& topic = const_cast<Topic&>(found->second);
  if (topic.events.empty()) turn.topics.push_back(&topic);
  topic.events.push_back(event);
}

// Hands every event of a publish body to its topics; returns their number.
int publish(std::string_view body) {
  const std::string_view found_channel = text_after(body, R"("channel":")");
  std::string with_slash;
  if (!found_channel.starts_with('/')) with_slash = "/" + std::string(found_channel);
  const std::string_view channel = with_slash.empty() ? found_channel : with_slash;
  constexpr std::string_view kEvents = R"("events":[)";
  const void* found = memmem(body.data(), body.size(), kEvents.data(), kEvents.size());
  if (found == nullptr) return 0;
  const char* at = static_cast<const char*>(found) + kEvents.size();
  const char* const end = body.data() + body.size();
  int count = 0;
  while (at < end && *at == '"') {
    const char* close = at;
    do {  // a quote ends the string unless a backslash stands before it
      close = static_cast<const char*>(
          memchr(close + 1, '"', static_cast<std::size_t>(end - close - 1)));
    } while (close != nullptr && close[-1] == '\\');
    if (close == nullptr) break;
    const auto offset = static_cast<std::uint32_t>(turn.bytes.size());
    turn.bytes.append(at, close + 1);
    turn.bytes += '}';
    const Event event{offset, static_cast<std::uint32_t>(turn.bytes.size()) - offset};
    add(channels, channel, event);
    if (!wildcards.empty()) {
      for (auto slash = channel.rfind('/'); slash != 0 && slash != std::string_view::npos;
           slash = channel.rfind('/', slash - 1)) {
        add(wildcards, channel.substr(0, slash), event);
      }
    }
    ++count;
    at = close + 1;
    if (at < end && *at == ',') ++at;
  }
  return count;
}

std::string publish_result(int count) {
  std::string result = R"("successful":[)";
  for (int i = 0; i < count; ++i) {
    char entry[96];
    const int size = snprintf(entry, sizeof entry,
                              R"(%s{"identifier":"00000000-0000-4000-8000-%012llx","index":%d})",
                              i == 0 ? "" : ",", static_cast<unsigned long long>(++identifiers), i);
    result.append(entry, static_cast<std::size_t>(size));
  }
  return result += R"(],"failed":[]})";
}

void subscribe(Connection& connection, std::string_view id, std::string_view channel) {
  auto subscription = std::make_unique<Subscription>();
  subscription->connection = &connection;
  subscription->prefix = R"({"type":"data","id":")" + std::string(id) + R"(","event":)";
  Topic& topic = channel.ends_with("/*")
                     ? wildcards[std::string(channel.substr(0, channel.size() - 2))]
                     : channels[std::string(channel)];
  subscription->topic = &topic;
  subscription->index = topic.subscriptions.size();
  topic.subscriptions.push_back(subscription.get());
  connection.subscriptions.push_back(std::move(subscription));
}

void handle_text(Connection& connection, std::string_view frame) {
  const std::string_view type = text_after(frame, R"("type":")");
  if (type == "publish") {
    const std::string_view id = text_after(frame, R"("id":")");
    const int count = publish(frame);
    reply(connection, R"({"id":")" + std::string(id) + R"(","type":"publish_success",)" +
                          publish_result(count));
  } else if (type == "subscribe") {
    const std::string_view id = text_after(frame, R"("id":")");
    subscribe(connection, id, text_after(frame, R"("channel":")"));
    reply(connection, R"({"id":")" + std::string(id) + R"(","type":"subscribe_success"})");
  } else if (type == "connection_init") {
    reply(connection, R"({"type":"connection_ack","connectionTimeoutMs":300000})");
  }
}

}  // namespace

std::size_t write_header(char* out, std::size_t size) {
  std::size_t length = 2;
  out[0] = static_cast<char>(0x81);
  if (size < 126) {
    out[1] = static_cast<char>(size);
  } else {
    const int wide = size < 65536 ? 2 : 8;
    out[1] = static_cast<char>(wide == 2 ? 126 : 127);
    for (int i = wide - 1; i >= 0; --i) {
      out[length++] = static_cast<char>(size >> (8 * i) & 0xff);
    }
  }
  return length;
}

void unsubscribe_all(Connection& connection) {
  for (const auto& subscription : connection.subscriptions) {
    auto& list = subscription->topic->subscriptions;
    list[subscription->index] = list.back();
    list[subscription->index]->index = subscription->index;
    list.pop_back();
  }
  connection.subscriptions.clear();
}

ssize_t take_frames(Connection& connection, char* data, std::size_t size) {
  std::size_t at = 0;
  while (size - at >= 6) {
    auto* head = reinterpret_cast<unsigned char*>(data + at);
    std::size_t header = 6;
    std::uint64_t length = head[1] & 0x7f;
    if (length == 126) {
      length = static_cast<std::uint64_t>(head[2]) << 8 | head[3];
      header = 8;
    } else if (length == 127) {
      if (size - at < 14) break;
      length = 0;
      for (int i = 2; i < 10; ++i) length = length << 8 | head[i];
      header = 14;
    }
    if (size - at < header + length) break;
    if ((head[0] & 0x0f) == 8) return -1;
    std::uint32_t mask;
    memcpy(&mask, head + header - 4, 4);
    const std::uint64_t wide = static_cast<std::uint64_t>(mask) << 32 | mask;
    char* payload = data + at + header;
    std::size_t i = 0;
    for (; i + 8 <= length; i += 8) {
      std::uint64_t word;
      memcpy(&word, payload + i, 8);
      word ^= wide;
      memcpy(payload + i, &word, 8);
    }
    for (; i < length; ++i) payload[i] ^= reinterpret_cast<const char*>(&mask)[i & 3];
    if ((head[0] & 0x0f) == 1) handle_text(connection, {payload, length});
    at += header + length;
  }
  return static_cast<ssize_t>(at);
}

std::size_t take_requests(Connection& connection, std::string_view data) {
  std::size_t at = 0;
  while (!connection.upgraded) {
    const std::string_view rest = data.substr(at);
    const auto end = rest.find("\r\n\r\n");
    if (end == std::string_view::npos) break;
    if (rest.starts_with("GET")) {
      const auto key = rest.find("Sec-WebSocket-Key: ");
      std::string text{key == std::string_view::npos ? std::string_view{}
                                                     : rest.substr(key + 19, 24)};
      text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
      unsigned char digest[SHA_DIGEST_LENGTH];
      SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
      unsigned char accept[32];
      EVP_EncodeBlock(accept, digest, sizeof digest);
      connection.out +=
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Protocol: aws-appsync-event-ws\r\nSec-WebSocket-Accept: ";
      connection.out.append(reinterpret_cast<char*>(accept)).append("\r\n\r\n");
      connection.upgraded = true;
      mark_dirty(connection);
      return at + end + 4;
    }
    const auto header = rest.find("content-length: ");
    const std::size_t length =
        header < end ? std::strtoul(rest.data() + header + 16, nullptr, 10) : 0;
    if (rest.size() < end + 4 + length) break;
    const std::string body = "{" + publish_result(publish(rest.substr(end + 4, length)));
    connection.out += "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body;
    mark_dirty(connection);
    at += end + 4 + length;
  }
  return at;
}

}  // namespace bench
