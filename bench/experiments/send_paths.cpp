// What a turn's writes cost in the sender, by event size: one send of a copied buffer, one sendmsg
// of prefix and shared suffix, sends submitted together to io_uring, and the two combined. TCP over
// loopback; a second thread reads and checks that every byte arrived.
//
// Usage: eventsd_send_paths [--connections N] [--bytes N] [--json]; needs liburing.
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "meter.hpp"

namespace {

constexpr std::size_t kPrefixBytes = 80;  // header and {"type":"data","id":"…","event":

void pin(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core % std::max(1u, std::thread::hardware_concurrency()), &set);
  sched_setaffinity(0, sizeof set, &set);  // best effort: figures are then less steady
}

std::int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

// Connected pairs over loopback TCP: blocking senders, receivers in one epoll set of a thread.
class Sockets {
 public:
  explicit Sockets(std::size_t count) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener, raw, size) != 0 || listen(listener, 4096) != 0 ||
        getsockname(listener, raw, &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < count; ++i) {
      const int receiver = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect(receiver, raw, size) != 0) throw std::runtime_error("cannot connect");
      const int sender = accept(listener, nullptr, nullptr);
      const int on = 1;
      setsockopt(sender, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      senders.push_back(sender);
      receivers_.push_back(receiver);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = receiver;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, receiver, &event);
    }
    close(listener);
    reader_ = std::jthread([this](std::stop_token stop) { read_all(stop); });
  }
  ~Sockets() {
    reader_.request_stop();
    reader_.join();
    for (const int fd : senders) close(fd);
    for (const int fd : receivers_) close(fd);
    close(epoll_);
  }
  void wait_for(std::uint64_t bytes) {
    while (received.load() < bytes) std::this_thread::yield();
  }
  std::vector<int> senders;
  std::atomic<std::uint64_t> received = 0;

 private:
  void read_all(std::stop_token stop) {
    pin(1);
    const std::unique_ptr<char[]> buffer(new char[1 << 20]);
    epoll_event ready[256];
    while (!stop.stop_requested()) {
      const int count = epoll_wait(epoll_, ready, 256, 20);
      for (int i = 0; i < count; ++i) {
        const ssize_t got = recv(ready[i].data.fd, buffer.get(), 1 << 20, MSG_DONTWAIT);
        if (got > 0) received += static_cast<std::uint64_t>(got);
      }
    }
  }
  int epoll_ = -1;
  std::vector<int> receivers_;
  std::jthread reader_;
};

struct Turn {
  explicit Turn(Sockets& s) : sockets(s) {}
  Sockets& sockets;
  std::vector<std::string> prefixes;
  std::string event;
  io_uring ring{};
  std::string scratch;
  std::vector<iovec> pieces;
  std::vector<msghdr> messages;
};

// Blocking sockets take everything, in several calls if need be.
void check(ssize_t sent, std::size_t size) {
  if (sent != static_cast<ssize_t>(size)) throw std::runtime_error("a send was cut short");
}

void copy(Turn& turn) {
  for (std::size_t i = 0; i < turn.sockets.senders.size(); ++i) {
    turn.scratch.assign(turn.prefixes[i]).append(turn.event);
    check(send(turn.sockets.senders[i], turn.scratch.data(), turn.scratch.size(), MSG_NOSIGNAL),
          turn.scratch.size());
  }
}

void fill_message(Turn& turn, std::size_t i) {
  turn.pieces[2 * i] = {turn.prefixes[i].data(), turn.prefixes[i].size()};
  turn.pieces[2 * i + 1] = {turn.event.data(), turn.event.size()};
  turn.messages[i].msg_iov = &turn.pieces[2 * i];
  turn.messages[i].msg_iovlen = 2;
}

void gather(Turn& turn) {
  for (std::size_t i = 0; i < turn.sockets.senders.size(); ++i) {
    fill_message(turn, i);
    check(sendmsg(turn.sockets.senders[i], &turn.messages[i], MSG_NOSIGNAL),
          kPrefixBytes + turn.event.size());
  }
}

void reap(Turn& turn, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    io_uring_cqe* cqe = nullptr;
    if (io_uring_wait_cqe(&turn.ring, &cqe) != 0) throw std::runtime_error("io_uring_wait_cqe");
    check(cqe->res, kPrefixBytes + turn.event.size());
    io_uring_cqe_seen(&turn.ring, cqe);
  }
}

// The whole turn in one system call; each connection needs bytes of its own until it is done.
void ring_copy(Turn& turn) {
  const std::size_t count = turn.sockets.senders.size(), size = kPrefixBytes + turn.event.size();
  turn.scratch.clear();
  for (std::size_t i = 0; i < count; ++i) turn.scratch.append(turn.prefixes[i]).append(turn.event);
  for (std::size_t i = 0; i < count; ++i) {
    io_uring_prep_send(io_uring_get_sqe(&turn.ring), turn.sockets.senders[i],
                       turn.scratch.data() + i * size, size, MSG_NOSIGNAL | MSG_WAITALL);
  }
  io_uring_submit_and_wait(&turn.ring, static_cast<unsigned>(count));
  reap(turn, count);
}

void ring_gather(Turn& turn) {
  const std::size_t count = turn.sockets.senders.size();
  for (std::size_t i = 0; i < count; ++i) {
    fill_message(turn, i);
    io_uring_prep_sendmsg(io_uring_get_sqe(&turn.ring), turn.sockets.senders[i], &turn.messages[i],
                          MSG_NOSIGNAL | MSG_WAITALL);
  }
  io_uring_submit_and_wait(&turn.ring, static_cast<unsigned>(count));
  reap(turn, count);
}

struct Variant {
  const char* name;
  void (*run)(Turn&);
};
constexpr Variant kVariants[] = {
    {"copy", copy}, {"sendmsg", gather}, {"io_uring", ring_copy}, {"io_uring+msg", ring_gather}};

}  // namespace

int main(int argc, char** argv) {
  std::size_t connections = 500, bytes = 300'000'000;
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--json") json = true;
    if (option == "--connections" && i + 1 < argc)
      connections = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--bytes" && i + 1 < argc) bytes = std::strtoull(argv[i + 1], nullptr, 10);
  }
  if (connections < 1 || connections > 4000) {
    fputs("eventsd_send_paths: --connections from 1 to 4000\n", stderr);
    return 2;
  }
  try {
    Sockets sockets(connections);
    pin(0);
    Turn turn(sockets);
    turn.prefixes.assign(connections, std::string(kPrefixBytes, 'p'));
    turn.pieces.resize(2 * connections);
    turn.messages.resize(connections);
    if (const int error = io_uring_queue_init(4096, &turn.ring, 0); error < 0) {
      fprintf(stderr, "eventsd_send_paths: io_uring: %s\n", strerror(-error));
      return 1;
    }
    if (!json) {
      printf("CPU of the sender per event and connection, us (%zu connections)\n%10s", connections,
             "bytes");
      for (const Variant& variant : kVariants) printf("%14s", variant.name);
      printf("\n");
    }
    printf(json ? "[" : "");
    std::uint64_t expected = 0;
    const std::vector<std::size_t> sizes = {100, 1024, 4096, 16384, 65536, 204800};
    for (const std::size_t size : sizes) {
      turn.event.assign(size, 'e');
      const std::size_t frame = kPrefixBytes + size;
      const std::size_t turns =
          std::clamp<std::size_t>(bytes / 4 / (frame * connections), 3, 200'000 / connections + 3);
      std::vector<double> figures;
      for (const Variant& variant : kVariants) {
        variant.run(turn);
        expected += frame * connections;
        sockets.wait_for(expected);
        std::int64_t cpu = 0;
        for (std::size_t i = 0; i < turns; ++i) {
          const std::int64_t before = thread_cpu_ns();
          variant.run(turn);
          cpu += thread_cpu_ns() - before;
          expected += frame * connections;
          sockets.wait_for(expected);  // the next turn finds empty buffers
        }
        figures.push_back(static_cast<double>(cpu) / 1e3 /
                          static_cast<double>(turns * connections));
      }
      if (json) printf("%s{\"bytes\":%zu", size == sizes.front() ? "" : ",", size);
      if (!json) printf("%10zu", size);
      for (std::size_t i = 0; i < figures.size(); ++i) {
        if (json) printf(",\"%s\":%.3f", kVariants[i].name, figures[i]);
        if (!json) printf("%14.3f", figures[i]);
      }
      printf(json ? "}" : "\n");
      fflush(stdout);
    }
    printf(json ? "]\n" : "");
    io_uring_queue_exit(&turn.ring);
  } catch (const std::exception& error) {
    fprintf(stderr, "eventsd_send_paths: %s\n", error.what());
    return 1;
  }
  return 0;
}
