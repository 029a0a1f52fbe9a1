#include "app/events_socket.hpp"

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/cli_credentials.hpp"
#include "app/json_member.hpp"
#include "net/ws_client.hpp"
#include "protocol/client_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
constexpr std::chrono::seconds kAckTimeout{15};  // as amplify waits

const json& first_error(const json& frame) {
  static const json none;
  const json* errors = array_member(frame, "errors");
  return errors != nullptr && !errors->empty() ? errors->front() : none;
}

// What the signature of a message covers.
std::string signed_body(const json& message) {
  const std::string channel = string_member(message, "channel");
  if (string_member(message, "type") == "subscribe") {
    return protocol::signed_subscribe_body(channel);
  }
  const json* list = array_member(message, "events");
  return list == nullptr ? "{}" : protocol::signed_publish_body(channel, *list);
}

class Socket final : public EventsSocket {
 public:
  Socket(boost::asio::io_context& context, const EventsEndpoint& endpoint,
         EventsSocketHandlers handlers)
      : credentials_(endpoint.credentials), handlers_(std::move(handlers)), timer_(context) {
    net::WsOptions options;
    options.url = endpoint.realtime;
    options.subprotocols = {
        "aws-appsync-event-ws",
        "header-" + protocol::base64url_encode(credentials_->authorization("{}"))};
    options.connect = endpoint.connect;
    client_ = net::open_websocket(context, std::move(options),
                                  {.on_open = [this] { on_open(); },
                                   .on_message = [this](auto text) { on_message(text); },
                                   .on_closed = [this](const auto& end) { on_closed(end); }});
  }

  bool send(json message) override {
    message["authorization"] = json::parse(credentials_->authorization(signed_body(message)));
    return client_->send(message.dump());
  }

  void close() override {
    timer_.cancel();
    client_->close(1000, "");
  }

 private:
  void on_open() {
    timer_.expires_after(kAckTimeout);
    timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
      // It may have expired in the same moment in which the answer came or we were destroyed.
      if (error || alive.expired() || is_ready_) return;
      end({"the server did not acknowledge the connection", false});
    });
    client_->send(R"({"type":"connection_init"})");
  }

  void on_message(std::string_view text) {
    const json frame = json::parse(text, nullptr, /*allow_exceptions=*/false);
    const std::string type = string_member(frame, "type");
    if (type == "connection_ack") {
      timer_.cancel();
      if (std::exchange(is_ready_, true)) return;
      const auto on_ready = handlers_.on_ready;  // copies: the handler may destroy us
      on_ready();
    } else if (type == "connection_error") {
      // 4xx: the same credentials will be refused again.
      const double code = number_member(first_error(frame), "errorCode").value_or(400);
      end({"the connection was refused: " + explain_frame(frame), code >= 400 && code < 500});
    } else if (type != "ka" && frame.is_object()) {
      const auto on_frame = handlers_.on_frame;
      on_frame(frame);
    }
  }

  void on_closed(const net::WsClosed& closed) {
    if (!closed.by_peer) {
      return end({closed.error.message.empty() ? "" : explain(closed.error), false});
    }
    std::string reason = "the server closed the connection (" + std::to_string(closed.code);
    if (!closed.reason.empty()) reason += " " + closed.reason;
    end({reason + ")", false});
  }

  void end(const SocketEnd& end) {
    timer_.cancel();
    auto client = std::move(client_);  // destroyed on return; *this may be gone by then
    const auto on_end = std::exchange(handlers_.on_end, nullptr);
    if (on_end) on_end(end);
  }

  std::shared_ptr<const ClientCredentials> credentials_;
  EventsSocketHandlers handlers_;
  boost::asio::steady_timer timer_;  // runs until the acknowledgement
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  bool is_ready_ = false;
  std::unique_ptr<net::WsClient> client_;
};

}  // namespace

std::unique_ptr<EventsSocket> open_events_socket(boost::asio::io_context& context,
                                                 const EventsEndpoint& endpoint,
                                                 EventsSocketHandlers handlers) {
  return std::make_unique<Socket>(context, endpoint, std::move(handlers));
}

std::string explain_frame(const json& frame) {
  const std::string type = error_type(frame);
  const std::string message = string_member(first_error(frame), "message");
  if (type.empty() && message.empty()) return "no reason given";
  return message.empty() ? type : type + ": " + message;
}

std::string error_type(const json& frame) { return string_member(first_error(frame), "errorType"); }

}  // namespace eventsd::app
