#include "unit/auth/support/lambda_endpoint.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <list>

namespace eventsd::test {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

struct LambdaEndpoint::State {
  State(asio::io_context& context, LambdaEndpoint& endpoint)
      : owner(endpoint),
        acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        released(context, asio::steady_timer::time_point::max()) {}

  static asio::awaitable<void> serve(std::shared_ptr<State> self,
                                     std::list<tcp::socket>::iterator at) {
    tcp::socket& socket = *at;
    for (std::string buffer;;) {
      const auto [error, header_size] =
          co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", kUse);
      if (error) break;
      const std::size_t length_at = buffer.find("Content-Length: ");
      const std::size_t length = std::strtoul(buffer.c_str() + length_at + 16, nullptr, 10);
      const bool keeps = buffer.find("Connection: close") == std::string::npos;
      std::string event = buffer.substr(header_size, length);
      buffer.erase(0, header_size + event.size());
      const std::size_t had = event.size();
      event.resize(length);
      const auto [body_error, read] =
          co_await asio::async_read(socket, asio::buffer(event.data() + had, length - had), kUse);
      if (body_error) break;
      self->events.push_back(event);
      self->most = std::max(self->most, ++self->open);
      if (self->owner.is_silent) co_await self->released.async_wait(kUse);
      --self->open;
      const std::string body = self->owner.function ? self->owner.function(event) : "{}";
      const std::string answer =
          "HTTP/1.1 " + std::to_string(self->owner.status) + " X\r\n" + self->owner.extra_headers +
          "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      const auto [write_error, written] =
          co_await asio::async_write(socket, asio::buffer(answer), kUse);
      if (write_error || !keeps) break;
    }
    self->sockets.erase(at);
  }

  static asio::awaitable<void> accept(std::shared_ptr<State> self) {
    for (;;) {
      auto [error, socket] = co_await self->acceptor.async_accept(kUse);
      if (error) co_return;
      self->sockets.push_front(std::move(socket));
      asio::co_spawn(self->acceptor.get_executor(), serve(self, self->sockets.begin()),
                     asio::detached);
    }
  }

  LambdaEndpoint& owner;
  tcp::acceptor acceptor;
  asio::steady_timer released;
  std::list<tcp::socket> sockets;
  std::vector<std::string> events;
  std::size_t open = 0;
  std::size_t most = 0;
};

LambdaEndpoint::LambdaEndpoint(asio::io_context& context)
    : state_(std::make_shared<State>(context, *this)) {
  asio::co_spawn(context, State::accept(state_), asio::detached);
}

LambdaEndpoint::~LambdaEndpoint() { stop(); }

net::LambdaFunction LambdaEndpoint::address() const {
  const auto url = net::parse_url(
      "http://127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port()) +
      "/2015-03-31/functions/auth/invocations");
  return {*url, "auth", ""};
}

const std::vector<std::string>& LambdaEndpoint::events() const { return state_->events; }
std::size_t LambdaEndpoint::most_at_once() const { return state_->most; }

void LambdaEndpoint::release() { state_->released.cancel(); }

void LambdaEndpoint::stop() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->released.cancel();
  for (tcp::socket& socket : state_->sockets) socket.close(ignored);
}

}  // namespace eventsd::test
