// Connections whose peers have gone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <vector>

namespace eventsd::server {

class Connection;

// Ending a connection takes microseconds, most of them the kernel's. A few end as soon as it is
// known; when thousands leave together the others wait here, so that those who stay are served in
// between.
//   thread   the shard's
class Departures {
 public:
  static constexpr std::size_t kPerTurn = 32;

  explicit Departures(boost::asio::io_context& io) : io_(io) {}

  void begin_turn() noexcept { ended_ = 0; }
  // False: this turn has not ended many yet (or there is no memory), the caller ends it now.
  bool put_off(const std::shared_ptr<Connection>& connection) noexcept;

 private:
  void go_on();
  void end_some();

  boost::asio::io_context& io_;
  std::size_t ended_ = 0;  // in this turn
  bool scheduled_ = false;
  std::vector<std::shared_ptr<Connection>> waiting_;
};

}  // namespace eventsd::server
