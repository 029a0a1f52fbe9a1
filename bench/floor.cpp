// The floor: the least a single-threaded server can do and still deliver AppSync Events frames to
// every subscriber. Bare epoll, no checks, no credentials, no limits, one send per dirty connection
// per loop turn. What eventsd costs more than this is eventsd's own.
//
// An event is kept once as escaped by its publisher; a subscriber's bytes are put together in one
// scratch buffer that stays in the cache, immediately before its send.
//
// Usage: eventsd_floor [PORT]; prints "listening 127.0.0.1:PORT".
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

struct Connection;

struct Subscription {
  Connection* connection = nullptr;
  std::vector<Subscription*>* subscribers = nullptr;  // the channel's list, and its place there
  std::size_t index = 0;
  std::string prefix;  // {"type":"data","id":"…","event":
};

struct Pending {
  const Subscription* subscription;
  std::uint32_t event_offset;  // into the turn's events
  std::uint32_t event_size;
};

struct Connection {
  int fd = -1;
  bool upgraded = false;
  bool dirty = false;
  bool blocked = false;          // the kernel's buffer was full: EPOLLOUT is awaited
  bool writable = false;         // and has come
  std::vector<Pending> pending;  // this turn's events, not yet framed
  std::string out;               // replies, and what a send left over
  std::string in;                // a partial frame
  std::vector<std::unique_ptr<Subscription>> subscriptions;
};

int epoll_fd = -1;
std::unordered_map<std::string, std::vector<Subscription*>> channels;
std::unordered_map<std::string, std::vector<Subscription*>> wildcards;  // by the part before "/*"
std::vector<Connection*> dirty;
std::string turn_events;  // escaped JSON strings with their quotes and the closing brace
std::string scratch;
std::uint64_t identifiers = 0;

void mark_dirty(Connection& connection) {
  if (!connection.dirty) {
    connection.dirty = true;
    dirty.push_back(&connection);
  }
}

void append_header(std::string& out, std::size_t size) {
  char header[10];
  std::size_t length = 2;
  header[0] = static_cast<char>(0x81);
  if (size < 126) {
    header[1] = static_cast<char>(size);
  } else {
    const int wide = size < 65536 ? 2 : 8;
    header[1] = static_cast<char>(wide == 2 ? 126 : 127);
    for (int i = wide - 1; i >= 0; --i) {
      header[length++] = static_cast<char>(size >> (8 * i) & 0xff);
    }
  }
  out.append(header, length);
}

void reply(Connection& connection, std::string_view text) {
  append_header(connection.out, text.size());
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

void deliver(const std::vector<Subscription*>& subscriptions, std::uint32_t offset,
             std::uint32_t size) {
  for (Subscription* subscription : subscriptions) {
    Connection& connection = *subscription->connection;
    connection.pending.push_back({subscription, offset, size});
    mark_dirty(connection);
  }
}

// Fans out every event of a publish body; returns their number.
int publish(std::string_view body) {
  std::string channel{text_after(body, R"("channel":")")};
  if (!channel.starts_with('/')) channel.insert(0, 1, '/');
  constexpr std::string_view kEvents = R"("events":[)";
  const void* found = memmem(body.data(), body.size(), kEvents.data(), kEvents.size());
  if (found == nullptr) return 0;
  const char* at = static_cast<const char*>(found) + kEvents.size();
  const char* const end = body.data() + body.size();
  const auto exact = channels.find(channel);
  int count = 0;
  while (at < end && *at == '"') {
    const char* close = at;
    do {  // a quote ends the string unless a backslash stands before it
      close = static_cast<const char*>(
          memchr(close + 1, '"', static_cast<std::size_t>(end - close - 1)));
    } while (close != nullptr && close[-1] == '\\');
    if (close == nullptr) break;
    const auto offset = static_cast<std::uint32_t>(turn_events.size());
    turn_events.append(at, close + 1);
    turn_events += '}';
    const auto size = static_cast<std::uint32_t>(turn_events.size()) - offset;
    if (exact != channels.end()) deliver(exact->second, offset, size);
    if (!wildcards.empty()) {
      for (auto slash = channel.rfind('/'); slash != 0 && slash != std::string::npos;
           slash = channel.rfind('/', slash - 1)) {
        if (const auto match = wildcards.find(channel.substr(0, slash)); match != wildcards.end()) {
          deliver(match->second, offset, size);
        }
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
  auto& list = channel.ends_with("/*")
                   ? wildcards[std::string(channel.substr(0, channel.size() - 2))]
                   : channels[std::string(channel)];
  subscription->subscribers = &list;
  subscription->index = list.size();
  list.push_back(subscription.get());
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

void release(Connection* connection) {
  for (const auto& subscription : connection->subscriptions) {
    auto& list = *subscription->subscribers;
    list[subscription->index] = list.back();
    list[subscription->index]->index = subscription->index;
    list.pop_back();
  }
  close(connection->fd);
  connection->fd = -1;
  if (!connection->dirty) delete connection;  // else at the end of the turn
}

// Takes whole frames off `data` (unmasking in place); returns the bytes taken, or -1 to close.
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

// Takes HTTP requests off `data`: the upgrade, or keep-alive publishes.
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

void read_from(Connection* connection, char* buffer, std::size_t capacity) {
  // A partial frame is put back in front of the new bytes.
  const std::size_t kept = connection->in.size();
  if (kept + 65536 > capacity) return release(connection);
  memcpy(buffer, connection->in.data(), kept);
  const ssize_t got = recv(connection->fd, buffer + kept, capacity - kept, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return release(connection);
  const std::size_t size = kept + static_cast<std::size_t>(got);
  std::size_t taken = 0;
  if (!connection->upgraded) taken = take_requests(*connection, {buffer, size});
  if (connection->upgraded) {
    const ssize_t more = take_frames(*connection, buffer + taken, size - taken);
    if (more < 0) return release(connection);
    taken += static_cast<std::size_t>(more);
  }
  if (taken < size || kept > 0) connection->in.assign(buffer + taken, size - taken);
}

void watch(Connection& connection, bool writable) {
  connection.blocked = writable;
  connection.writable = false;
  epoll_event event{};
  event.events = EPOLLIN | (writable ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
  event.data.ptr = &connection;
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, connection.fd, &event);
}

void frame_pending(Connection& connection, std::string& out) {
  for (const Pending& pending : connection.pending) {
    append_header(out, pending.subscription->prefix.size() + pending.event_size);
    out.append(pending.subscription->prefix);
    out.append(turn_events, pending.event_offset, pending.event_size);
  }
  connection.pending.clear();
}

void flush(Connection* connection) {
  connection->dirty = false;
  if (connection->fd < 0) {
    delete connection;
    return;
  }
  if (connection->blocked && !connection->writable) {
    frame_pending(*connection, connection->out);
    return;
  }
  const bool simple = connection->out.empty();
  std::string& out = simple ? scratch : connection->out;
  if (simple) scratch.clear();
  frame_pending(*connection, out);
  ssize_t sent = send(connection->fd, out.data(), out.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN) return release(connection);
    sent = 0;
  }
  const auto left = static_cast<std::size_t>(sent);
  if (left == out.size()) {
    if (!simple) std::string().swap(connection->out);
    if (connection->blocked) watch(*connection, false);
    return;
  }
  connection->out = out.substr(left);
  connection->writable = false;
  if (!connection->blocked) watch(*connection, true);
}

void accept_all(int listener) {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* connection = new Connection;
    connection->fd = fd;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

}  // namespace

int main(int argc, char** argv) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);

  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    perror("listen");
    return 1;
  }
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  printf("listening 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);

  constexpr std::size_t kReadBytes = 4u << 20;
  const std::unique_ptr<char[]> buffer(new char[kReadBytes]);
  std::vector<epoll_event> ready(1024);
  for (;;) {
    const int count = epoll_wait(epoll_fd, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        accept_all(listener);
        continue;
      }
      const std::uint32_t events = ready[static_cast<std::size_t>(i)].events;
      if ((events & EPOLLOUT) != 0) {
        connection->writable = true;
        mark_dirty(*connection);
      }
      if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
        read_from(connection, buffer.get(), kReadBytes);
      }
    }
    // Index loop: release() inside flush() never adds to `dirty`.
    for (std::size_t i = 0; i < dirty.size(); ++i) flush(dirty[i]);
    dirty.clear();
    turn_events.clear();
  }
}
