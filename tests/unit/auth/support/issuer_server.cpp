#include "unit/auth/support/issuer_server.hpp"

#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>

namespace eventsd::auth_test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

struct Page {
  std::string body;
  std::string headers;
};
}  // namespace

struct IssuerServer::State : std::enable_shared_from_this<IssuerServer::State> {
  State(asio::io_context& context, net::TlsContextPtr tls_context)
      : acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), loud(context) {
    loud.expires_at(asio::steady_timer::time_point::max());
    if (!tls_context) return;
    SSL_CTX_up_ref(tls_context.get());
    tls.emplace(tls_context.get());
  }

  template <typename Stream>
  asio::awaitable<void> answer(Stream& stream) {
    std::string request;
    const auto [error, size] =
        co_await asio::async_read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n", kUse);
    if (error) co_return;
    const std::size_t begin = request.find(' ') + 1;
    const std::string path = request.substr(begin, request.find(' ', begin) - begin);
    requests.push_back(path);
    if (silent) co_await loud.async_wait(kUse);
    if (down) co_return;
    const auto page = pages.find(path);
    const bool found = page != pages.end();
    const std::string body = found ? page->second.body : "none";
    const std::string text = (found ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 404 Not Found\r\n") +
                             (found ? page->second.headers : "") +
                             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    co_await asio::async_write(stream, asio::buffer(text), kUse);
  }

  static asio::awaitable<void> serve(std::shared_ptr<State> self, tcp::socket socket) {
    if (!self->tls) {
      co_await self->answer(socket);
      co_return;
    }
    asio::ssl::stream<tcp::socket> stream(std::move(socket), *self->tls);
    const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kUse);
    if (error) co_return;
    co_await self->answer(stream);
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
  asio::steady_timer loud;
  std::optional<asio::ssl::context> tls;
  std::map<std::string, Page> pages;
  std::vector<std::string> requests;
  bool down = false;
  bool silent = false;
};

IssuerServer::IssuerServer(asio::io_context& context, net::TlsContextPtr tls)
    : state_(std::make_shared<State>(context, std::move(tls))) {
  asio::co_spawn(context, State::accept(state_), asio::detached);
}

IssuerServer::~IssuerServer() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->loud.cancel();
}

std::string IssuerServer::url() const {
  return (state_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(state_->acceptor.local_endpoint().port());
}

const std::vector<std::string>& IssuerServer::requests() const { return state_->requests; }

void IssuerServer::set_page(const std::string& path, std::string body, std::string headers) {
  state_->pages[path] = {std::move(body), std::move(headers)};
}

void IssuerServer::publish(const std::string& keys, std::string headers) {
  set_page("/.well-known/openid-configuration",
           R"({"issuer":")" + url() + R"(","jwks_uri":")" + url() + R"(/.well-known/jwks.json"})");
  set_page("/.well-known/jwks.json", keys, std::move(headers));
}

void IssuerServer::set_down(bool down) { state_->down = down; }

void IssuerServer::set_silent(bool silent) {
  state_->silent = silent;
  if (!silent) state_->loud.cancel();
}

}  // namespace eventsd::auth_test
