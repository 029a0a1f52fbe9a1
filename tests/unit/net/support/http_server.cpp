#include "unit/net/support/http_server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <list>

namespace eventsd::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);
}

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(asio::io_context& context, Answer function)
      : acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        answer(std::move(function)) {}

  static asio::awaitable<void> serve(std::shared_ptr<State> self,
                                     std::shared_ptr<tcp::socket> socket) {
    std::string data;
    for (bool open = true; open;) {
      const auto [error, header_size] =
          co_await asio::async_read_until(*socket, asio::dynamic_buffer(data), "\r\n\r\n", kUse);
      if (error) break;
      const auto at = data.find("Content-Length: ");
      const std::size_t size =
          header_size + (at < header_size ? std::strtoul(data.c_str() + at + 16, nullptr, 10) : 0);
      if (data.size() < size) {
        const auto [body_error, got] = co_await asio::async_read(
            *socket, asio::dynamic_buffer(data), asio::transfer_exactly(size - data.size()), kUse);
        if (body_error) break;
      }
      const std::string request = data.substr(0, size);
      data.erase(0, size);
      self->requests.push_back(request);
      const std::string text = self->answer(request);
      if (text.empty()) continue;
      const auto [write_error, written] =
          co_await asio::async_write(*socket, asio::buffer(text), kUse);
      open = !write_error && text.find("Connection: close") == std::string::npos;
    }
    boost::system::error_code ignored;
    socket->close(ignored);
    self->sockets.remove(socket);
  }

  static asio::awaitable<void> accept(std::shared_ptr<State> self) {
    for (;;) {
      auto [error, accepted] = co_await self->acceptor.async_accept(kUse);
      if (error) co_return;
      auto socket = std::make_shared<tcp::socket>(std::move(accepted));
      ++self->connections;
      self->sockets.push_back(socket);
      asio::co_spawn(self->acceptor.get_executor(), serve(self, socket), asio::detached);
    }
  }

  void hang_up() {
    boost::system::error_code ignored;
    for (const auto& socket : sockets) socket->close(ignored);
  }

  tcp::acceptor acceptor;
  Answer answer;
  std::vector<std::string> requests;
  std::size_t connections = 0;
  std::list<std::shared_ptr<tcp::socket>> sockets;
};

HttpServer::HttpServer(asio::io_context& context, Answer answer)
    : state_(std::make_shared<State>(context, std::move(answer))) {
  asio::co_spawn(context, State::accept(state_), asio::detached);
}

HttpServer::~HttpServer() { stop(); }

net::Url HttpServer::url(const std::string& path) const {
  return *net::parse_url(
      "http://127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port()) + path);
}

const std::vector<std::string>& HttpServer::requests() const { return state_->requests; }
std::size_t HttpServer::connections() const { return state_->connections; }
std::size_t HttpServer::open() const { return state_->sockets.size(); }
void HttpServer::hang_up() { state_->hang_up(); }

void HttpServer::stop() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->hang_up();
}

std::string HttpServer::answer(const std::string& body, int status,
                               const std::string& extra_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Answer\r\n" + extra_headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace eventsd::test
