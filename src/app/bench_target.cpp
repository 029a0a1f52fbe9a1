// Finds an address that answers, before thousands of connections are made to it.
#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "app/bench_stream.hpp"

namespace eventsd::app::bench {
namespace {

// 0, or the error.
int try_connect(const addrinfo& candidate, std::chrono::milliseconds timeout) {
  const int fd = ::socket(candidate.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int error = 0;
  if (::connect(fd, candidate.ai_addr, candidate.ai_addrlen) != 0) error = errno;
  if (error == EINPROGRESS) {
    pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&wait, 1, static_cast<int>(timeout.count())) <= 0) {
      error = ETIMEDOUT;
    } else {
      socklen_t size = sizeof error;
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  ::close(fd);
  return error;
}

}  // namespace

Result<Target> find_target(const net::Url& url, const net::ConnectOptions& options) {
  const std::string prefix =
      std::string(net::kCannotConnect) + url.host + ":" + std::to_string(url.port) + ": ";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (failed != 0) return fail(ErrorKind::internal, prefix + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  int error = EHOSTUNREACH;
  for (const addrinfo* candidate = found; candidate != nullptr; candidate = candidate->ai_next) {
    error = try_connect(*candidate, options.timeout);
    if (error != 0) continue;
    Target target;
    std::memcpy(&target.address, candidate->ai_addr, candidate->ai_addrlen);
    target.address_size = candidate->ai_addrlen;
    target.host = url.host;
    if (!url.is_tls()) return target;
    auto trust = net::load_client_tls_context(options.ca_file);
    if (!trust) return trust.error();
    target.trust = *std::move(trust);
    return target;
  }
  return fail(ErrorKind::internal, prefix + std::generic_category().message(error));
}

}  // namespace eventsd::app::bench
