#include "unit/net/support/scripted_server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <list>
#include <optional>

namespace eventsd::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);
}

struct ScriptedServer::State : std::enable_shared_from_this<ScriptedServer::State> {
  State(asio::io_context& context, std::string text, net::TlsContextPtr tls_context,
        asio::ip::address_v4 address)
      : acceptor(context, tcp::endpoint(address, 0)),
        answer(std::move(text)),
        is_tls(tls_context != nullptr) {
    if (is_tls) {
      SSL_CTX_up_ref(tls_context.get());
      tls.emplace(tls_context.get());
    }
  }

  template <typename Stream>
  asio::awaitable<void> answer_once(Stream& stream) {
    std::string request;
    const auto [error, header_size] =
        co_await asio::async_read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n", kUse);
    if (error) co_return;
    const auto at = request.find("Content-Length: ");
    std::size_t missing = 0;
    if (at != std::string::npos) {
      missing = header_size + std::strtoul(request.c_str() + at + 16, nullptr, 10);
      missing -= std::min(missing, request.size());
    }
    std::string body(missing, '\0');
    const auto [body_error, body_size] =
        co_await asio::async_read(stream, asio::buffer(body), kUse);
    requests.push_back(request + body.substr(0, body_size));
    if (answer.empty()) {
      char byte = 0;
      co_await stream.async_read_some(asio::buffer(&byte, 1), kUse);  // until the client leaves
      co_return;
    }
    co_await asio::async_write(stream, asio::buffer(answer), kUse);
  }

  static asio::awaitable<void> serve(std::shared_ptr<State> self, tcp::socket socket) {
    if (!self->is_tls) {
      co_await self->answer_once(socket);
      co_return;
    }
    asio::ssl::stream<tcp::socket> stream(std::move(socket), *self->tls);
    const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kUse);
    if (error) co_return;
    co_await self->answer_once(stream);
    co_await stream.async_shutdown(kUse);
  }

  static asio::awaitable<void> accept(std::shared_ptr<State> self) {
    for (;;) {
      auto [error, socket] = co_await self->acceptor.async_accept(kUse);
      if (error) co_return;
      asio::co_spawn(self->acceptor.get_executor(), serve(self, std::move(socket)), asio::detached);
    }
  }

  tcp::acceptor acceptor;
  std::string answer;
  bool is_tls;
  std::optional<asio::ssl::context> tls;
  std::vector<std::string> requests;
};

ScriptedServer::ScriptedServer(asio::io_context& context, std::string answer,
                               net::TlsContextPtr tls, asio::ip::address_v4 address)
    : state_(std::make_shared<State>(context, std::move(answer), std::move(tls), address)) {
  asio::co_spawn(context, State::accept(state_), asio::detached);
}

ScriptedServer::~ScriptedServer() { stop(); }

void ScriptedServer::stop() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

const std::vector<std::string>& ScriptedServer::requests() const { return state_->requests; }

net::Url ScriptedServer::url(const std::string& path) const {
  const std::string scheme = state_->is_tls ? "https" : "http";
  const tcp::endpoint endpoint = state_->acceptor.local_endpoint();
  return *net::parse_url(scheme + "://" + endpoint.address().to_string() + ":" +
                         std::to_string(endpoint.port()) + path);
}

}  // namespace eventsd::test
