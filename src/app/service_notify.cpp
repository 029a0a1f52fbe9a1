#include "app/service_notify.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace eventsd::app {
namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START

long number_of(const char* variable) {
  const char* const text = std::getenv(variable);
  long value = 0;
  if (text) std::from_chars(text, text + std::strlen(text), value);
  return value;
}

bool is_for_us(const char* pid_variable) {
  return !std::getenv(pid_variable) || number_of(pid_variable) == static_cast<long>(::getpid());
}

}  // namespace

void notify_supervisor(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (!path || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::strlen(path);
  if (size >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, size);
  if (path[0] == '@') address.sun_path[0] = '\0';  // abstract name
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  // Best effort: a supervisor that does not listen cannot be told.
  (void)::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), length);
  ::close(socket);
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  const long microseconds = number_of("WATCHDOG_USEC");
  if (microseconds <= 0 || !is_for_us("WATCHDOG_PID")) return std::nullopt;
  return std::chrono::milliseconds(std::max(1L, microseconds / 2000));
}

std::vector<int> inherited_sockets() {
  std::vector<int> sockets;
  if (!std::getenv("LISTEN_PID") || !is_for_us("LISTEN_PID")) return sockets;
  for (long i = 0; i < number_of("LISTEN_FDS"); ++i) {
    const int socket = kFirstInherited + static_cast<int>(i);
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    sockets.push_back(socket);
  }
  return sockets;
}

}  // namespace eventsd::app
