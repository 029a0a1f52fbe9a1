#include "server/acceptor.hpp"

#include <spdlog/spdlog.h>

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

// "::ffff:192.0.2.1" is the IPv4 address to every rule that names addresses.
std::string client_ip(const boost::asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
        .to_string();
  }
  return address.to_string();
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
    : io_(io), on_accept_(std::move(on_accept)) {}

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
      advice = " (another program uses the port: stop it, or set `listen` or --listen to another)";
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
  for (auto& socket : sockets_) accept(*socket);
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

void Acceptor::accept(Socket& socket) {
  socket.async_accept([this, &socket](boost::system::error_code error, tcp::socket peer) {
    if (stopped_ || error == boost::asio::error::operation_aborted) return;
    if (error == boost::asio::error::no_descriptors || error == boost::asio::error::no_memory ||
        error == boost::system::errc::too_many_files_open_in_system) {
      spdlog::warn("cannot accept connections err=\"{}\" retry_ms=100", error.message());
      auto& retry = retries_.try_emplace(&socket, io_).first->second;
      retry.expires_after(std::chrono::milliseconds(100));
      retry.async_wait([this, &socket](boost::system::error_code cancelled) {
        if (!cancelled && !stopped_) accept(socket);
      });
      return;
    }
    if (!error) {
      boost::system::error_code gone;
      const tcp::endpoint remote = peer.remote_endpoint(gone);
      if (!gone) {
        const int family = remote.address().is_v6() ? AF_INET6 : AF_INET;
        const std::string ip = client_ip(remote.address());
        const int native = peer.release(gone);
        if (!gone) on_accept_(native, family, ip);
      }
    }
    accept(socket);
  });
}

bool Admission::admit_total() {
  if (total_limit_ != 0 && total_ >= total_limit_) return false;
  ++total_;
  return true;
}

bool Admission::admit_address(const std::string& ip) {
  std::uint64_t& count = by_address_[ip];
  if (per_address_limit_ != 0 && count >= per_address_limit_) {
    if (count == 0) by_address_.erase(ip);
    return false;
  }
  ++count;
  return true;
}

void Admission::leave_address(const std::string& ip) {
  const auto found = by_address_.find(ip);
  if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
}

}  // namespace eventsd::server
