#include "net/ws_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <openssl/ssl.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <boost/beast/websocket/ssl.hpp>

#include "net/self_signed.hpp"
#include "unit/net/support/scripted_server.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using ::testing::HasSubstr;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

// Accepts one connection, answers every text with itself in angle brackets, and "bye" with a close.
class EchoServer {
 public:
  EchoServer(asio::io_context& context, std::string chosen_protocol, TlsContextPtr tls = nullptr)
      : acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        chosen_(std::move(chosen_protocol)),
        tls_(std::move(tls)) {
    asio::co_spawn(context, accept(), asio::detached);
  }
  Url url() const {
    const std::string scheme = tls_ ? "wss" : "ws";
    return *parse_url(scheme + "://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) +
                      "/event/realtime");
  }
  beast::http::request<beast::http::string_body> upgrade;

 private:
  asio::awaitable<void> accept() {
    auto [error, socket] = co_await acceptor_.async_accept(kUse);
    if (error) co_return;
    acceptor_.cancel();
    if (!tls_) {
      co_await serve(std::move(socket));
      co_return;
    }
    SSL_CTX_up_ref(tls_.get());
    asio::ssl::context context(tls_.get());
    asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
    const auto [handshake] = co_await stream.async_handshake(asio::ssl::stream_base::server, kUse);
    if (handshake) co_return;
    co_await serve(std::move(stream));
  }

  template <typename Next>
  asio::awaitable<void> serve(Next next) {
    beast::flat_buffer buffer;
    const auto [error, size] = co_await beast::http::async_read(next, buffer, upgrade, kUse);
    if (error) co_return;
    websocket::stream<Next, false> stream(std::move(next));
    stream.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
      if (!chosen_.empty()) response.set("Sec-WebSocket-Protocol", chosen_);
    }));
    const auto [accepted] = co_await stream.async_accept(upgrade, kUse);
    if (accepted) co_return;
    for (;;) {
      beast::flat_buffer message;
      const auto [read, read_size] = co_await stream.async_read(message, kUse);
      if (read) co_return;
      const std::string text = beast::buffers_to_string(message.data());
      if (text == "bye") {
        co_await stream.async_close({websocket::close_code::service_restart, "restarting"}, kUse);
        co_return;
      }
      const std::string answer = "<" + text + ">";
      co_await stream.async_write(asio::buffer(answer), kUse);
    }
  }

  tcp::acceptor acceptor_;
  std::string chosen_;
  TlsContextPtr tls_;
};

class WebSocketClient : public ::testing::Test {
 protected:
  // Opens a client that sends `texts`, and leaves with the server's last answer when `texts` has no
  // "bye" of its own.
  void run(const Url& url, std::vector<std::string> texts) {
    options_.url = url;
    WsHandlers handlers;
    handlers.on_open = [this, texts] {
      for (const std::string& text : texts) EXPECT_TRUE(client_->send(text));
      if (texts.empty()) client_->close(1000, "done");
    };
    handlers.on_message = [this, count = texts.size()](std::string_view text) {
      messages_.emplace_back(text);
      if (messages_.size() == count) client_->close(1000, "done");
    };
    handlers.on_closed = [this](const WsClosed& closed) {
      closed_ = closed;
      client_.reset();
    };
    client_ = open_websocket(context_, options_, std::move(handlers));
    context_.run();
  }

  asio::io_context context_{1};
  WsOptions options_;
  std::unique_ptr<WsClient> client_;
  std::vector<std::string> messages_;
  std::optional<WsClosed> closed_;
};

TEST_F(WebSocketClient, SendsAndReceivesTextsInOrderAndCloses) {
  EchoServer server(context_, "");
  run(server.url(), {"a", "b", "c"});
  EXPECT_THAT(messages_, ::testing::ElementsAre("<a>", "<b>", "<c>"));
  ASSERT_TRUE(closed_);
  EXPECT_FALSE(closed_->by_peer);
  EXPECT_EQ(closed_->error.message, "");
}

TEST_F(WebSocketClient, OffersItsSubprotocolsAndHeaders) {
  options_.subprotocols = {"aws-appsync-event-ws", "header-e30"};
  options_.headers = {{"x-test", "1"}};
  EchoServer server(context_, "aws-appsync-event-ws");
  run(server.url(), {"a"});
  EXPECT_EQ(server.upgrade["Sec-WebSocket-Protocol"], "aws-appsync-event-ws, header-e30");
  EXPECT_EQ(server.upgrade["x-test"], "1");
  EXPECT_EQ(server.upgrade.target(), "/event/realtime");
}

TEST_F(WebSocketClient, RefusesASubprotocolThatItDidNotOffer) {
  options_.subprotocols = {"aws-appsync-event-ws"};
  EchoServer server(context_, "graphql-ws");
  run(server.url(), {"a"});
  ASSERT_TRUE(closed_);
  EXPECT_THAT(closed_->error.message, HasSubstr("graphql-ws"));
  EXPECT_TRUE(messages_.empty());
}

TEST_F(WebSocketClient, TellsThePeersCloseCodeAndReason) {
  EchoServer server(context_, "");
  run(server.url(), {"bye"});
  ASSERT_TRUE(closed_);
  EXPECT_TRUE(closed_->by_peer);
  EXPECT_EQ(closed_->code, 1012);
  EXPECT_EQ(closed_->reason, "restarting");
}

TEST_F(WebSocketClient, TellsTheStatusOfARefusedUpgrade) {
  test::ScriptedServer server(context_, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  options_.url = server.url();
  WsHandlers handlers;
  handlers.on_closed = [&](const WsClosed& closed) {
    closed_ = closed;
    server.stop();
  };
  client_ = open_websocket(context_, options_, std::move(handlers));
  context_.run();
  ASSERT_TRUE(closed_);
  EXPECT_THAT(closed_->error.message, HasSubstr("HTTP 404"));
}

TEST_F(WebSocketClient, RefusesToQueueMoreThanItsCap) {
  options_.max_queued_bytes = 3;
  EchoServer server(context_, "");
  options_.url = server.url();
  WsHandlers handlers;
  handlers.on_open = [&] {
    EXPECT_TRUE(client_->send("abc"));
    EXPECT_EQ(client_->queued_bytes(), 3u);
    EXPECT_FALSE(client_->send("d"));
    client_->close(1000, "");
  };
  client_ = open_websocket(context_, options_, std::move(handlers));
  EXPECT_FALSE(client_->send("not open"));
  context_.run();
}

TEST_F(WebSocketClient, CallsNoHandlerAfterItIsDestroyed) {
  EchoServer server(context_, "");
  options_.url = server.url();
  WsHandlers handlers;
  handlers.on_open = [&] { client_.reset(); };
  handlers.on_closed = [](const WsClosed&) { ADD_FAILURE() << "on_closed was called"; };
  client_ = open_websocket(context_, options_, std::move(handlers));
  context_.run();
  EXPECT_EQ(client_, nullptr);
}

TEST_F(WebSocketClient, SpeaksTls) {
  test::TempDir dir;
  EchoServer server(context_, "", *load_tls_context(*prepare_self_signed({}, dir.path())));
  options_.connect.ca_file = self_signed_ca_file(dir.path());
  run(server.url(), {"a"});
  EXPECT_THAT(messages_, ::testing::ElementsAre("<a>"));
}

}  // namespace
}  // namespace eventsd::net
