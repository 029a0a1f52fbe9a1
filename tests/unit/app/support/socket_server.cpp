#include "unit/app/support/socket_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <thread>

namespace eventsd::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;

namespace {
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);
}

struct SocketServer::State {
  explicit State(Script answers)
      : script(std::move(answers)),
        acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        port(acceptor.local_endpoint().port()) {
    asio::co_spawn(context, accept(), asio::detached);
    thread = std::thread([this] { context.run(); });
  }
  void stop() {
    if (!thread.joinable()) return;
    context.stop();
    thread.join();
  }

  asio::awaitable<void> accept() {
    for (int connection = 0;; ++connection) {
      auto [error, socket] = co_await acceptor.async_accept(kUse);
      if (error) co_return;
      asio::co_spawn(context, serve(std::move(socket), connection), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket, int connection) {
    beast::flat_buffer head;
    beast::http::request<beast::http::string_body> upgrade;
    const auto [error, size] = co_await beast::http::async_read(socket, head, upgrade, kUse);
    if (error) co_return;
    protocols = std::string(upgrade["Sec-WebSocket-Protocol"]);
    websocket::stream<tcp::socket, false> stream(std::move(socket));
    stream.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set("Sec-WebSocket-Protocol", "aws-appsync-event-ws");
    }));
    const auto [accepted] = co_await stream.async_accept(upgrade, kUse);
    if (accepted) co_return;
    for (;;) {
      beast::flat_buffer buffer;
      const auto [read, read_size] = co_await stream.async_read(buffer, kUse);
      if (read) co_return;
      const auto message = nlohmann::json::parse(beast::buffers_to_string(buffer.data()));
      for (const std::string& answer : answers_to(message, connection)) {
        if (answer == "close") {
          co_await stream.async_close(websocket::close_code::service_restart, kUse);
          co_return;
        }
        co_await stream.async_write(asio::buffer(answer), kUse);
      }
    }
  }

  std::vector<std::string> answers_to(const nlohmann::json& message, int connection) {
    if (message["type"] == "connection_init") {
      return {R"({"type":"connection_ack","connectionTimeoutMs":300000})", R"({"type":"ka"})"};
    }
    messages.push_back(message);
    return script(connection, message);
  }

  Script script;
  asio::io_context context{1};
  tcp::acceptor acceptor;
  unsigned short port;
  std::vector<nlohmann::json> messages;
  std::string protocols;
  std::thread thread;
};

SocketServer::SocketServer(Script script) : state_(std::make_unique<State>(std::move(script))) {}
SocketServer::~SocketServer() { state_->stop(); }

std::string SocketServer::url() const {
  return "http://127.0.0.1:" + std::to_string(state_->port) + "/event";
}

const std::vector<nlohmann::json>& SocketServer::messages() {
  state_->stop();
  return state_->messages;
}

const std::string& SocketServer::offered_protocols() const { return state_->protocols; }

}  // namespace eventsd::test
