// Listening sockets and who may come in. Lives on the control thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::server {

// Takes connections and gives them away as native sockets.
//   thread   the io_context's
class Acceptor {
 public:
  using OnAccept = std::function<void(int native_socket, int family, std::string ip)>;
  Acceptor(boost::asio::io_context& io, OnAccept on_accept);

  // Binds and listens on "HOST:PORT", "[V6]:PORT"; port 0 takes a free one.
  //   errors   bad_request: says which address, why, and what to do
  Result<void> listen(const std::string& address);
  // A listening socket that was handed to the process (systemd).
  Result<void> adopt(int native_socket);
  void start();
  void stop();
  // "127.0.0.1:8080" as bound, in the order of listen().
  std::vector<std::string> addresses() const;

 private:
  using Socket = boost::asio::ip::tcp::acceptor;
  void accept(Socket& socket);

  boost::asio::io_context& io_;
  OnAccept on_accept_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  // Sockets that wait because the process has run out of descriptors.
  std::unordered_map<Socket*, boost::asio::steady_timer> retries_;
  bool stopped_ = false;
};

// "HOST:PORT" → parts. False when malformed.
bool split_address(const std::string& address, std::string& host, std::string& port);

// Counts open connections, in all and by address.
//   thread   control
class Admission {
 public:
  // 0: no limit.
  void set_limits(std::uint64_t total, std::uint64_t per_address) {
    total_limit_ = total;
    per_address_limit_ = per_address;
  }
  bool admit_total();
  bool admit_address(const std::string& ip);
  void leave_total() { --total_; }
  void leave_address(const std::string& ip);
  std::uint64_t total() const { return total_; }

 private:
  std::uint64_t total_limit_ = 0;
  std::uint64_t per_address_limit_ = 0;
  std::uint64_t total_ = 0;
  std::unordered_map<std::string, std::uint64_t> by_address_;
};

}  // namespace eventsd::server
