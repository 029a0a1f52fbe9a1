// Listening sockets and who may come in.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::server {

// Takes connections and gives them away as native sockets, all that are there at once.
//   thread   the io_context's; before start() also another
class Acceptor {
 public:
  // Of one wake-up, at the most kBatch.
  struct Accepted {
    int native_socket;  // non-blocking; -1 once the receiver has taken it, who then closes it
    std::string ip;
  };
  using OnAccept = std::function<void(std::vector<Accepted>& batch)>;
  static constexpr std::size_t kBatch = 64;
  Acceptor(boost::asio::io_context& io, OnAccept on_accept);

  // Binds and listens on "HOST:PORT", "[V6]:PORT"; port 0 takes a free one.
  //   errors   bad_request: says which address, why, and what to do
  Result<void> listen(const std::string& address);
  // A listening socket that was handed to the process (systemd).
  Result<void> adopt(int native_socket);
  // Options of every connection, inherited from the listening sockets: no delay, keep-alive, and
  // data that is not acknowledged for `dead_after` ends the connection. Again at a reload.
  void set_peer_timeout(std::chrono::milliseconds dead_after);
  void start();
  void stop();
  // "127.0.0.1:8080" as bound, in the order of listen().
  std::vector<std::string> addresses() const;

 private:
  using Socket = boost::asio::ip::tcp::acceptor;
  void await(Socket& socket);
  void accept(Socket& socket);
  void give_away();

  boost::asio::io_context& io_;
  OnAccept on_accept_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  // Sockets that wait because the process has run out of descriptors.
  std::unordered_map<Socket*, boost::asio::steady_timer> retries_;
  std::vector<Accepted> batch_;
  bool stopped_ = false;
};

// "HOST:PORT" → parts. False when malformed.
bool split_address(const std::string& address, std::string& host, std::string& port);

// Counts open connections: in all, by shard and by address.
//   thread   any
class Admission {
 public:
  // Before the first connection.
  void set_shards(std::size_t count) { by_shard_.resize(count); }
  // 0: no limit.
  void set_limits(std::uint64_t total, std::uint64_t per_address);

  // Where a new connection goes: the shard with the fewest; nullopt when there are too many.
  //   ip   empty: not counted by address
  std::optional<std::size_t> admit(std::string_view ip);
  void leave(std::size_t shard, std::string_view ip);

  // The client behind a proxy, whose connection has been admitted.
  bool admit_address(std::string_view ip);
  void leave_address(std::string_view ip);
  std::uint64_t total() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  bool count_address(std::string_view ip);
  void forget_address(std::string_view ip);

  // Guards everything below. Shards report each end themselves: posting it to the control thread
  // cost that thread's waking for every connection (measured).
  mutable std::mutex mutex_;
  std::uint64_t total_limit_ = 0;
  std::uint64_t per_address_limit_ = 0;
  std::uint64_t total_ = 0;
  std::vector<std::uint64_t> by_shard_;
  std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>> by_address_;
};

}  // namespace eventsd::server
