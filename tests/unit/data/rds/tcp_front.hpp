// Passes TCP connections of a free port on to a Unix socket, and breaks them when asked to.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

namespace eventsd::test {

class TcpFront {
 public:
  TcpFront(boost::asio::io_context& io, std::string socket_path);
  ~TcpFront();

  std::uint16_t port() const;
  std::size_t connections() const;  // so far
  std::size_t open() const;         // now
  // Accepts and says nothing, from now on.
  void fall_silent();
  // Takes what comes over the connections that there are, and passes nothing on any more.
  void swallow();
  void break_all();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace eventsd::test
