// What spinning before blocking buys and costs: an echo over loopback TCP, requests at a fixed
// rate, the server polling epoll with no timeout for N microseconds before it waits; and
// SO_BUSY_POLL.
//
// Usage: eventsd_spin [--requests N] [--json]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "meter.hpp"

namespace {

using Clock = std::chrono::steady_clock;

void pin(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core % std::max(1u, std::thread::hardware_concurrency()), &set);
  sched_setaffinity(0, sizeof set, &set);  // best effort: figures are then less steady
}

struct Outcome {
  double p50, p99, cpu_us;  // latencies in us; CPU of the server per request
};

// Echoes 100-byte messages until the peer ends; returns the thread's CPU time in nanoseconds.
std::int64_t serve(int fd, std::chrono::microseconds spin) {
  pin(0);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  char buffer[4096];
  for (;;) {
    int count = 0;
    const auto until = Clock::now() + spin;
    do {
      count = epoll_wait(epoll, &event, 1, spin.count() > 0 ? 0 : -1);
    } while (count == 0 && Clock::now() < until);
    if (count == 0) epoll_wait(epoll, &event, 1, -1);
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    if (send(fd, buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) break;
  }
  close(epoll);
  timespec cpu{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
  return cpu.tv_sec * 1'000'000'000LL + cpu.tv_nsec;
}

Outcome measure(std::chrono::microseconds spin, int busy_poll, int requests,
                std::chrono::microseconds pause) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, raw, size) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, raw, &size) != 0 || connect(client, raw, size) != 0) {
    throw std::runtime_error("loopback");
  }
  const int server = accept(listener, nullptr, nullptr);
  close(listener);
  const int on = 1;
  for (const int fd : {client, server}) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (busy_poll > 0) setsockopt(server, SOL_SOCKET, SO_BUSY_POLL, &busy_poll, sizeof busy_poll);
  std::atomic<std::int64_t> cpu = 0;
  std::thread thread([&] { cpu = serve(server, spin); });
  pin(1);
  bench::Latencies latencies;
  char message[100] = {};
  auto next = Clock::now();
  for (int i = 0; i < requests; ++i) {
    next += pause;
    while (Clock::now() < next) {  // the client spins, so that only the server's wake-up is seen
    }
    const auto sent = Clock::now();
    if (send(client, message, sizeof message, 0) != sizeof message) break;
    std::size_t got = 0;
    while (got < sizeof message) {
      const ssize_t part = recv(client, message, sizeof message, MSG_DONTWAIT);
      if (part > 0) got += static_cast<std::size_t>(part);
      if (part == 0) throw std::runtime_error("the echo ended");
    }
    latencies.add(Clock::now() - sent);
  }
  shutdown(client, SHUT_RDWR);
  thread.join();
  close(client);
  close(server);
  return {latencies.quantile(0.5), latencies.quantile(0.99),
          static_cast<double>(cpu) / 1e3 / requests};
}

}  // namespace

int main(int argc, char** argv) {
  int requests = 10'000;
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--json") json = true;
    if (option == "--requests" && i + 1 < argc) requests = std::atoi(argv[i + 1]);
  }
  try {
    if (!json) {
      printf("echo of 100 B, latency and server CPU per request, us\n%12s %8s %10s %8s %8s %8s\n",
             "pause", "spin", "busy_poll", "p50", "p99", "CPU");
    }
    printf(json ? "[" : "");
    bool first = true;
    for (const int pause : {20, 100, 500}) {
      for (const auto& [spin, poll] : {std::pair{0, 0}, {0, 50}, {20, 0}, {50, 0}, {200, 0}}) {
        const Outcome outcome = measure(std::chrono::microseconds(spin), poll, requests,
                                        std::chrono::microseconds(pause));
        if (json) {
          printf(
              "%s{\"pause_us\":%d,\"spin_us\":%d,\"busy_poll_us\":%d,\"p50_us\":%.2f,"
              "\"p99_us\":%.2f,\"cpu_us\":%.3f}",
              first ? "" : ",", pause, spin, poll, outcome.p50, outcome.p99, outcome.cpu_us);
        } else {
          printf("%12d %8d %10d %8.1f %8.1f %8.2f\n", pause, spin, poll, outcome.p50, outcome.p99,
                 outcome.cpu_us);
        }
        first = false;
        fflush(stdout);
      }
    }
    printf(json ? "]\n" : "");
  } catch (const std::exception& error) {
    fprintf(stderr, "eventsd_spin: %s\n", error.what());
    return 1;
  }
  return 0;
}
