#include "server/acceptor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <cstring>

namespace eventsd::server {
namespace {

using boost::asio::ip::tcp;
constexpr int kBacklog = 4096;

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string ip = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(endpoint.port());
}

// inet_ntop would go through sprintf, which shows among what an accept costs.
std::string ipv4_text(const unsigned char* bytes) {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    const unsigned byte = bytes[i];
    if (i > 0) text += '.';
    if (byte >= 100) text += static_cast<char>('0' + byte / 100);
    if (byte >= 10) text += static_cast<char>('0' + byte / 10 % 10);
    text += static_cast<char>('0' + byte % 10);
  }
  return text;
}

// "::ffff:192.0.2.1" is the IPv4 address to every rule that names addresses.
std::string client_ip(const sockaddr_storage& name) {
  if (name.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(name);
    return ipv4_text(reinterpret_cast<const unsigned char*>(&address.sin_addr));
  }
  const auto& address = reinterpret_cast<const sockaddr_in6&>(name);
  if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    return ipv4_text(address.sin6_addr.s6_addr + 12);
  }
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
  std::string ip(text);
  // A link-local address means nothing without its link.
  if (address.sin6_scope_id != 0) ip += "%" + std::to_string(address.sin6_scope_id);
  return ip;
}

// Of the process or the machine, not of one connection.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

bool split_address(const std::string& address, std::string& host, std::string& port) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size()) return false;
  host = address.substr(0, colon);
  port = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return true;
}

Acceptor::Acceptor(boost::asio::io_context& io, OnAccept on_accept)
    : io_(io), on_accept_(std::move(on_accept)) {
  batch_.reserve(kBatch);
}

Result<void> Acceptor::listen(const std::string& address) {
  std::string host;
  std::string port;
  if (!split_address(address, host, port)) {
    return fail(ErrorKind::bad_request, "cannot listen on \"" + address + "\": expected HOST:PORT");
  }
  boost::system::error_code error;
  const auto refuse = [&]() -> Error {
    std::string advice;
    if (error == boost::asio::error::address_in_use) {
      advice = " (another program uses the port: stop it, or set another: `listen` or --listen, or "
               "`admin.listen` for the admin port)";
    } else if (error == boost::asio::error::access_denied) {
      advice = " (ports below 1024 need CAP_NET_BIND_SERVICE: use a higher port)";
    }
    return fail(ErrorKind::bad_request,
                "cannot listen on " + address + ": " + error.message() + advice);
  };
  const auto found =
      tcp::resolver(io_).resolve(host.empty() ? "::" : host, port, tcp::resolver::passive, error);
  if (error) return refuse();
  const tcp::endpoint endpoint = found.begin()->endpoint();
  auto socket = std::make_unique<Socket>(io_);
  socket->open(endpoint.protocol(), error);
  if (error) return refuse();
  socket->set_option(Socket::reuse_address(true), error);
  if (error) return refuse();
  if (endpoint.address().is_v6()) {
    // "[::]" means IPv4 too, unless an IPv4 socket of this daemon has the port already.
    bool taken = false;
    for (const auto& other : sockets_) {
      taken |= other->local_endpoint(error).port() == endpoint.port() && endpoint.port() != 0;
    }
    socket->set_option(boost::asio::ip::v6_only(taken), error);
    if (error) return refuse();
  }
  socket->bind(endpoint, error);
  if (error) return refuse();
  socket->listen(kBacklog, error);
  if (error) return refuse();
  sockets_.push_back(std::move(socket));
  return {};
}

Result<void> Acceptor::adopt(int native_socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(native_socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return fail(ErrorKind::bad_request,
                std::string("a socket passed by systemd cannot be used: ") + std::strerror(errno));
  }
  auto socket = std::make_unique<Socket>(io_);
  boost::system::error_code error;
  socket->assign(name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), native_socket, error);
  if (error) {
    return fail(ErrorKind::bad_request,
                "a socket passed by systemd cannot be used: " + error.message());
  }
  sockets_.push_back(std::move(socket));
  return {};
}

void Acceptor::start() {
  for (auto& socket : sockets_) {
    boost::system::error_code ignored;  // accept() would wait, and is called when it need not
    socket->native_non_blocking(true, ignored);
    await(*socket);
  }
}

void Acceptor::stop() {
  stopped_ = true;
  for (auto& [socket, retry] : retries_) retry.cancel();
  for (auto& socket : sockets_) {
    boost::system::error_code ignored;  // closing is all that can be done
    socket->close(ignored);
  }
}

std::vector<std::string> Acceptor::addresses() const {
  std::vector<std::string> all;
  for (const auto& socket : sockets_) {
    boost::system::error_code ignored;  // a bound socket has an address
    all.push_back(text_of(socket->local_endpoint(ignored)));
  }
  return all;
}

void Acceptor::set_peer_timeout(std::chrono::milliseconds dead_after) {
  for (const auto& socket : sockets_) {
    const auto set = [&](int level, int option, int value) {
      // An option that cannot be set costs latency or a late discovery, not the connection.
      (void)::setsockopt(socket->native_handle(), level, option, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 20);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(dead_after.count()));
  }
}

void Acceptor::await(Socket& socket) {
  socket.async_wait(Socket::wait_read, [this, &socket](boost::system::error_code error) {
    if (!stopped_ && error != boost::asio::error::operation_aborted) accept(socket);
  });
}

void Acceptor::accept(Socket& socket) {
  int failure = 0;
  while (batch_.size() < kBatch) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    const int native = ::accept4(socket.native_handle(), reinterpret_cast<sockaddr*>(&name), &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (native >= 0) {
      try {
        batch_.push_back({native, client_ip(name)});
        continue;
      } catch (const std::bad_alloc&) {
        ::close(native);
        failure = ENOMEM;
        break;
      }
    }
    failure = errno;  // nobody is there any more, or one has gone before it was taken
    break;
  }
  if (!batch_.empty()) give_away();
  if (!is_shortage(failure)) return await(socket);
  spdlog::warn("cannot accept connections err=\"{}\" retry_ms=100", std::strerror(failure));
  auto& retry = retries_.try_emplace(&socket, io_).first->second;
  retry.expires_after(std::chrono::milliseconds(100));
  retry.async_wait([this, &socket](boost::system::error_code cancelled) {
    if (!cancelled && !stopped_) await(socket);
  });
}

// A failure costs those that nobody has taken, and not the ones that come later.
void Acceptor::give_away() {
  try {
    on_accept_(batch_);
  } catch (const std::exception& failure) {
    spdlog::error("connections cannot be served err=\"{}\"", failure.what());
  }
  for (const Accepted& accepted : batch_) {
    if (accepted.native_socket >= 0) ::close(accepted.native_socket);
  }
  batch_.clear();
}

void Admission::set_limits(std::uint64_t total, std::uint64_t per_address) {
  const std::lock_guard lock(mutex_);
  total_limit_ = total;
  per_address_limit_ = per_address;
}

std::optional<std::size_t> Admission::admit(std::string_view ip) {
  const std::lock_guard lock(mutex_);
  if (total_limit_ != 0 && total_ >= total_limit_) return std::nullopt;
  if (!ip.empty() && !count_address(ip)) return std::nullopt;
  ++total_;
  const auto least = std::min_element(by_shard_.begin(), by_shard_.end());
  ++*least;
  return static_cast<std::size_t>(least - by_shard_.begin());
}

void Admission::leave(std::size_t shard, std::string_view ip) {
  const std::lock_guard lock(mutex_);
  --total_;
  --by_shard_[shard];
  if (!ip.empty()) forget_address(ip);
}

bool Admission::admit_address(std::string_view ip) {
  const std::lock_guard lock(mutex_);
  return count_address(ip);
}

void Admission::leave_address(std::string_view ip) {
  const std::lock_guard lock(mutex_);
  forget_address(ip);
}

std::uint64_t Admission::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

bool Admission::count_address(std::string_view ip) {
  const auto found = by_address_.find(ip);
  const std::uint64_t count = found == by_address_.end() ? 0 : found->second;
  if (per_address_limit_ != 0 && count >= per_address_limit_) return false;
  if (found == by_address_.end()) {
    by_address_.emplace(ip, 1);
  } else {
    ++found->second;
  }
  return true;
}

void Admission::forget_address(std::string_view ip) {
  const auto found = by_address_.find(ip);
  if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
}

}  // namespace eventsd::server
