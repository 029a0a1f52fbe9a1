// A WebSocket client in callbacks, for the command line, the load generator and tests.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"
#include "net/connect.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"

namespace eventsd::net {

struct WsOptions {
  Url url;                                // ws or wss; http and https mean the same
  std::vector<std::string> subprotocols;  // offered in this order, "aws-appsync-event-ws" first
  HttpHeaders headers;                    // further ones of the upgrade request
  ConnectOptions connect;                 // its timeout also bounds the upgrade
  // Silence after which the peer is taken for dead; it is pinged at half of it. 0: never.
  std::chrono::milliseconds idle_timeout{60'000};
  std::uint64_t max_message_bytes = 16ull << 20;
  std::uint64_t max_queued_bytes = 16ull << 20;
};

// How a connection ended.
struct WsClosed {
  bool by_peer = false;    // with a close frame; code and reason are its own
  std::uint16_t code = 0;  // RFC 6455 section 7.4; 1005: a close frame without code
  std::string reason;
  Error error;  // when not by_peer: what happened; the message is empty after our own close()
};

// All on the context's thread. on_closed comes once and last; the client may be destroyed in it.
struct WsHandlers {
  std::function<void()> on_open;
  std::function<void(std::string_view text)> on_message;  // the text is valid during the call
  std::function<void(const WsClosed& closed)> on_closed;
};

// Destroying it drops the connection without a close frame; no handler is called afterwards.
//   thread   the context's
class WsClient {
 public:
  virtual ~WsClient() = default;

  // Queues a text frame. False when max_queued_bytes would be passed or the connection is not
  // open; nothing is queued then.
  virtual bool send(std::string text) = 0;

  // Sends a close frame after what is queued; on_closed follows within idle_timeout, or at once
  // when the connection is not open yet.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  virtual std::size_t queued_bytes() const = 0;
};

// Connects, upgrades, and checks that the chosen subprotocol is one of those offered. Errors, those
// of async_connect() included, arrive in on_closed; no handler is called from within this call.
std::unique_ptr<WsClient> open_websocket(boost::asio::io_context& context, WsOptions options,
                                         WsHandlers handlers);

}  // namespace eventsd::net
