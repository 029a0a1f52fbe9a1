#include "unit/data/rds/tcp_front.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <list>

namespace eventsd::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;

namespace {
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

struct Pair {
  Pair(tcp::socket accepted, asio::io_context& io) : front(std::move(accepted)), back(io) {}
  void close() {
    boost::system::error_code ignored;
    front.close(ignored);
    back.close(ignored);
  }
  tcp::socket front;
  Local::socket back;
  bool swallows = false;
};

template <typename From, typename To>
asio::awaitable<void> pass(std::shared_ptr<Pair> pair, From& from, To& to) {
  std::array<char, 16'384> buffer;
  for (;;) {
    const auto [error, size] = co_await from.async_read_some(asio::buffer(buffer), kUse);
    if (error) break;
    if (pair->swallows) continue;
    const auto [write_error, written] =
        co_await asio::async_write(to, asio::buffer(buffer.data(), size), kUse);
    if (write_error) break;
  }
  pair->close();
}
}  // namespace

struct TcpFront::State : std::enable_shared_from_this<TcpFront::State> {
  State(asio::io_context& context, std::string path)
      : io(context),
        acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        socket_path(std::move(path)) {}

  static asio::awaitable<void> accept(std::shared_ptr<State> self) {
    for (;;) {
      auto [error, accepted] = co_await self->acceptor.async_accept(kUse);
      if (error) co_return;
      ++self->connections;
      auto pair = std::make_shared<Pair>(std::move(accepted), self->io);
      self->pairs.remove_if([](const auto& one) { return one.expired(); });
      self->pairs.push_back(pair);
      if (self->silent) {
        self->kept.push_back(pair);
        continue;
      }
      boost::system::error_code failed;
      pair->back.connect(Local::endpoint(self->socket_path), failed);
      if (failed) continue;
      asio::co_spawn(self->io, pass(pair, pair->front, pair->back), asio::detached);
      asio::co_spawn(self->io, pass(pair, pair->back, pair->front), asio::detached);
    }
  }

  asio::io_context& io;
  tcp::acceptor acceptor;
  const std::string socket_path;
  std::size_t connections = 0;
  bool silent = false;
  std::list<std::weak_ptr<Pair>> pairs;
  std::list<std::shared_ptr<Pair>> kept;
};

TcpFront::TcpFront(asio::io_context& io, std::string socket_path)
    : state_(std::make_shared<State>(io, std::move(socket_path))) {
  asio::co_spawn(io, State::accept(state_), asio::detached);
}

TcpFront::~TcpFront() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->kept.clear();
  break_all();
}

std::uint16_t TcpFront::port() const { return state_->acceptor.local_endpoint().port(); }
std::size_t TcpFront::connections() const { return state_->connections; }
std::size_t TcpFront::open() const {
  std::size_t count = 0;
  for (const auto& one : state_->pairs) count += one.expired() ? 0 : 1;
  return count;
}
void TcpFront::fall_silent() { state_->silent = true; }
void TcpFront::swallow() {
  for (const auto& one : state_->pairs) {
    if (const auto pair = one.lock()) pair->swallows = true;
  }
}
void TcpFront::break_all() {
  for (const auto& one : state_->pairs) {
    if (const auto pair = one.lock()) pair->close();
  }
}

}  // namespace eventsd::test
