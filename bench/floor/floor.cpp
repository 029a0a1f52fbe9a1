// The loop of the floor program. Usage: eventsd_floor [PORT], eventsd_tls_floor CERTIFICATE KEY
// [PORT]; prints "listening 127.0.0.1:PORT".
#include "floor/floor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

namespace bench {

Turn turn;

namespace {

// Above this an event is gathered by the kernel instead of copied first (measured:
// bench/experiments/gather.cpp).
constexpr std::size_t kGatherBytes = 8 * 1024;
constexpr std::size_t kMaxPieces = 512;

int epoll_fd = -1;
std::string scratch;  // grows to the largest turn of a connection; its size() is its capacity

void release(Connection* connection) {
  unsubscribe_all(*connection);
  stream::end(*connection);
  close(connection->fd);
  connection->fd = -1;
  if (!connection->dirty) delete connection;  // else at the end of the turn
}

void read_from(Connection* connection, char* buffer, std::size_t capacity) {
  // A partial frame is put back in front of the new bytes.
  const std::size_t kept = connection->in.size();
  if (kept + 65536 > capacity) return release(connection);
  memcpy(buffer, connection->in.data(), kept);
  const ssize_t got = stream::receive(*connection, buffer + kept, capacity - kept);
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

// Calls `each` with every subscription of the connection that has events this turn.
template <typename Each>
void for_each_fresh(Connection& connection, Each each) {
  if (connection.subscriptions.size() == 1) {
    each(*connection.subscriptions.front());
  } else {
    for (Subscription* subscription : connection.fresh) each(*subscription);
    connection.fresh.clear();
  }
}

// Frames this turn's events into scratch, behind the first `used` bytes; returns its new length.
std::size_t frame_events(Connection& connection, std::size_t used) {
  for_each_fresh(connection, [&](const Subscription& subscription) {
    const std::string& prefix = subscription.prefix;
    for (const Event& event : subscription.topic->events) {
      const std::size_t size = prefix.size() + event.size;
      if (scratch.size() < used + size + 10) scratch.resize(2 * (used + size + 10));
      char* at = scratch.data() + used;
      at += write_header(at, size);
      memcpy(at, prefix.data(), prefix.size());
      memcpy(at + prefix.size(), turn.bytes.data() + event.offset, event.size);
      used = static_cast<std::size_t>(at - scratch.data()) + size;
    }
  });
  return used;
}

// A topic's frames of this turn, made for one subscription. Those of the others differ in the
// prefix alone, which is written over as long as it has the same length.
struct Run {
  const Topic* topic = nullptr;
  std::size_t prefix_size = 0;
  std::string bytes;  // grows to the largest; `size` of it are set
  std::size_t size = 0;
  std::vector<std::size_t> prefixes;  // where they stand
};
Run run;

std::string_view frame_topic(const Subscription& subscription) {
  const std::string& prefix = subscription.prefix;
  if (run.topic == subscription.topic && run.prefix_size == prefix.size()) {
    for (const std::size_t at : run.prefixes) {
      memcpy(run.bytes.data() + at, prefix.data(), prefix.size());
    }
    return {run.bytes.data(), run.size};
  }
  run.topic = subscription.topic;
  run.prefix_size = prefix.size();
  run.prefixes.clear();
  std::size_t most = 0;
  for (const Event& event : run.topic->events) most += prefix.size() + event.size + 10;
  if (run.bytes.size() < most) run.bytes.resize(most);
  char* at = run.bytes.data();
  for (const Event& event : run.topic->events) {
    at += write_header(at, prefix.size() + event.size);
    run.prefixes.push_back(static_cast<std::size_t>(at - run.bytes.data()));
    memcpy(at, prefix.data(), prefix.size());
    memcpy(at + prefix.size(), turn.bytes.data() + event.offset, event.size);
    at += prefix.size() + event.size;
  }
  run.size = static_cast<std::size_t>(at - run.bytes.data());
  return {run.bytes.data(), run.size};
}

// After a send that took `sent` bytes (or failed with -1) of `pieces`, or of `unsent` if there are
// none.
void sent_part(Connection* connection, ssize_t sent, std::span<const iovec> pieces) {
  if (sent < 0) {
    if (errno != EAGAIN) return release(connection);
    sent = 0;
  }
  auto skip = static_cast<std::size_t>(sent);
  if (pieces.empty()) connection->unsent_at += skip;
  for (const iovec& piece : pieces) {
    const std::size_t part = std::min(skip, piece.iov_len);
    skip -= part;
    connection->unsent.append(static_cast<char*>(piece.iov_base) + part, piece.iov_len - part);
  }
  if (connection->unsent_at == connection->unsent.size()) {
    if (!connection->unsent.empty()) std::string().swap(connection->unsent);
    connection->unsent_at = 0;
    if (connection->blocked) watch(*connection, false);
    return;
  }
  connection->writable = false;
  if (!connection->blocked) watch(*connection, true);
}

// Long events without copying them: one sendmsg of headers with prefixes, and the shared events.
bool flush_gathered(Connection* connection) {
  static iovec pieces[kMaxPieces];
  std::size_t count = 0, used = 0, bytes = 0, events = 0;
  bool fits = true;
  const auto measure = [&](const Subscription& subscription) {
    fits = fits && subscription.prefix.size() < 240;
    for (const Event& event : subscription.topic->events) bytes += event.size, ++events;
  };
  if (connection->subscriptions.size() == 1) measure(*connection->subscriptions.front());
  for (const Subscription* subscription : connection->fresh) measure(*subscription);
  if (!fits || events == 0 || 2 * events > kMaxPieces || bytes / events < kGatherBytes)
    return false;
  if (scratch.size() < events * 256) scratch.resize(events * 256);
  for_each_fresh(*connection, [&](const Subscription& subscription) {
    const std::string& prefix = subscription.prefix;
    for (const Event& event : subscription.topic->events) {
      char* at = scratch.data() + used;
      const std::size_t header = write_header(at, prefix.size() + event.size);
      memcpy(at + header, prefix.data(), prefix.size());
      pieces[count++] = {at, header + prefix.size()};
      pieces[count++] = {turn.bytes.data() + event.offset, event.size};
      used += header + prefix.size();
    }
  });
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  sent_part(connection, sendmsg(connection->fd, &message, MSG_NOSIGNAL), {pieces, count});
  return true;
}

void flush(Connection* connection) {
  connection->dirty = false;
  if (connection->fd < 0) {
    delete connection;
    return;
  }
  const bool waiting = connection->blocked && !connection->writable;
  if (!waiting && !stream::kSeals && connection->out.empty() && connection->unsent.empty() &&
      flush_gathered(connection)) {
    return;
  }
  std::string_view plain;
  if (connection->out.empty() && connection->subscriptions.size() == 1) {
    plain = frame_topic(*connection->subscriptions.front());
  } else {
    std::size_t used = connection->out.size();
    if (used > 0) {
      if (scratch.size() < used) scratch.resize(2 * used);
      memcpy(scratch.data(), connection->out.data(), used);
      std::string().swap(connection->out);
    }
    used = frame_events(*connection, used);  // may move scratch
    plain = {scratch.data(), used};
  }
  std::string_view bytes = stream::seal(*connection, plain);
  const bool behind = !connection->unsent.empty();
  if (behind || waiting) connection->unsent.append(bytes);
  if (waiting) return;
  if (behind) bytes = std::string_view(connection->unsent).substr(connection->unsent_at);
  if (bytes.empty()) return;
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  const ssize_t sent = send(connection->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  sent_part(connection, sent, behind ? std::span<const iovec>{} : std::span(&piece, 1));
}

// The end of a turn: everybody whose topic has events, once; then those that only had replies.
void flush_turn() {
  for (Topic* topic : turn.topics) {
    for (Subscription* subscription : topic->subscriptions) {
      Connection& connection = *subscription->connection;
      if (connection.subscriptions.size() > 1) connection.fresh.push_back(subscription);
      mark_dirty(connection);
    }
  }
  // Index loop: release() inside flush() never adds to `dirty`.
  for (std::size_t i = 0; i < turn.dirty.size(); ++i) flush(turn.dirty[i]);
  turn.dirty.clear();
  for (Topic* topic : turn.topics) topic->events.clear();
  run.topic = nullptr;
  turn.topics.clear();
  turn.bytes.clear();
}

void accept_all(int listener) {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* connection = new Connection;
    connection->fd = fd;
    stream::begin(*connection);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  const int taken = stream::set_up(argc, argv);
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
  address.sin_port =
      htons(static_cast<std::uint16_t>(argc > taken + 1 ? std::atoi(argv[taken + 1]) : 0));
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
    flush_turn();
  }
}
