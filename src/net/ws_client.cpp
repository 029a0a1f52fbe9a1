#include "net/ws_client.hpp"

#include <algorithm>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <optional>
#include <utility>

namespace eventsd::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

// What the session needs of a stream, so that plain and TLS share all but the template below.
class Stream {
 public:
  using Done = std::function<void(error_code)>;
  virtual ~Stream() = default;
  virtual void handshake(const WsOptions& options, websocket::response_type& response,
                         Done done) = 0;
  virtual void read(beast::flat_buffer& buffer, Done done) = 0;
  virtual void write(const std::string& text, Done done) = 0;
  virtual void close(const websocket::close_reason& reason, Done done) = 0;
  virtual const websocket::close_reason& close_reason() const = 0;
  virtual void drop() = 0;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

template <typename Next>
class StreamOf final : public Stream {
 public:
  explicit StreamOf(Next next) : stream_(std::move(next)) {}

  void handshake(const WsOptions& options, websocket::response_type& response, Done done) override {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = options.connect.timeout;
    const bool has_idle = options.idle_timeout.count() > 0;
    timeout.idle_timeout = has_idle ? options.idle_timeout : websocket::stream_base::none();
    timeout.keep_alive_pings = has_idle;
    stream_.set_option(timeout);
    stream_.read_message_max(options.max_message_bytes);
    stream_.set_option(websocket::stream_base::decorator(
        [headers = options.headers,
         protocols = joined(options.subprotocols)](websocket::request_type& request) {
          request.set(http::field::user_agent, "eventsd");
          if (!protocols.empty()) request.set(http::field::sec_websocket_protocol, protocols);
          for (const auto& [name, value] : headers) request.set(name, value);
        }));
    stream_.text(true);
    stream_.async_handshake(response, options.url.authority(), options.url.target(),
                            std::move(done));
  }
  void read(beast::flat_buffer& buffer, Done done) override {
    stream_.async_read(buffer, [done = std::move(done)](error_code e, std::size_t) { done(e); });
  }
  void write(const std::string& text, Done done) override {
    stream_.async_write(asio::buffer(text),
                        [done = std::move(done)](error_code e, std::size_t) { done(e); });
  }
  void close(const websocket::close_reason& reason, Done done) override {
    stream_.async_close(reason, std::move(done));
  }
  const websocket::close_reason& close_reason() const override { return stream_.reason(); }
  void drop() override {
    // Switches Beast's timer off; it would keep io_context::run() from returning.
    stream_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                       websocket::stream_base::none(), false});
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
  }

 private:
  // Without permessage-deflate: the service does not negotiate it.
  websocket::stream<Next, false> stream_;
};

std::unique_ptr<Stream> make_stream(Socket socket) {
  if (auto* tls = std::get_if<std::unique_ptr<TlsSocket>>(&socket)) {
    return std::make_unique<StreamOf<TlsSocket>>(std::move(**tls));
  }
  return std::make_unique<StreamOf<PlainSocket>>(std::move(std::get<PlainSocket>(socket)));
}

class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::io_context& context, WsOptions options, WsHandlers handlers)
      : context_(context), options_(std::move(options)), handlers_(std::move(handlers)) {}

  void start() {
    connecting_ = async_connect(context_, options_.url, options_.connect,
                                [self = shared_from_this()](Result<Socket> socket) {
                                  if (!socket) return self->end_with(socket.error());
                                  self->stream_ = make_stream(std::move(*socket));
                                  self->shake_hands();
                                });
  }

  void abandon() {
    is_ended_ = true;  // handlers_ stays: one of them may be what is running now
    if (connecting_) connecting_->cancel();
    if (stream_) stream_->drop();
  }

  bool send(std::string text) {
    if (!is_open_ || close_ || queued_bytes_ + text.size() > options_.max_queued_bytes) {
      return false;
    }
    queued_bytes_ += text.size();
    queue_.push_back(std::move(text));
    if (queue_.size() == 1) write_next();
    return true;
  }

  void close(std::uint16_t code, std::string_view reason) {
    if (is_ended_ || close_) return;
    if (!is_open_) return end_with(fail(ErrorKind::internal));
    close_.emplace(static_cast<websocket::close_code>(code), beast::string_view(reason));
    if (queue_.empty()) write_close();
  }

  std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  void shake_hands() {
    stream_->handshake(options_, response_, [self = shared_from_this()](error_code error) {
      if (!self->is_ended_) self->on_handshake(error);
    });
  }

  void on_handshake(error_code error) {
    const std::string where = options_.url.authority();
    if (error == websocket::error::upgrade_declined) {
      return end_with(fail(ErrorKind::internal, where + " refused the WebSocket with HTTP " +
                                                    std::to_string(response_.result_int())));
    }
    if (error) {
      return end_with(fail(ErrorKind::internal, where + ": no WebSocket: " + error.message()));
    }
    const std::string chosen(response_[http::field::sec_websocket_protocol]);
    const auto& offered = options_.subprotocols;
    if (!offered.empty() && std::find(offered.begin(), offered.end(), chosen) == offered.end()) {
      return end_with(fail(ErrorKind::internal,
                           where + " chose the subprotocol \"" + chosen + "\", not one offered"));
    }
    is_open_ = true;
    read_next();
    if (handlers_.on_open) handlers_.on_open();
  }

  void read_next() {
    stream_->read(buffer_, [self = shared_from_this()](error_code error) {
      if (self->is_ended_) return;
      if (error) return self->on_read_error(error);
      const auto data = self->buffer_.data();
      const std::string_view text(static_cast<const char*>(data.data()), data.size());
      if (self->handlers_.on_message) self->handlers_.on_message(text);
      if (self->is_ended_) return;
      self->buffer_.consume(data.size());
      self->read_next();
    });
  }

  void on_read_error(error_code error) {
    if (error == websocket::error::closed && !close_) {
      const auto& reason = stream_->close_reason();
      WsClosed closed;
      closed.by_peer = true;
      closed.code = reason.code == websocket::close_code::none
                        ? std::uint16_t{websocket::close_code::no_status}
                        : std::uint16_t{reason.code};
      closed.reason.assign(reason.reason.data(), reason.reason.size());
      return end(closed);
    }
    // Our own close() was answered, or overtaken by the peer's leaving.
    if (close_) return end_with(fail(ErrorKind::internal));
    end_with(fail(error == beast::error::timeout ? ErrorKind::request_timeout : ErrorKind::internal,
                  options_.url.authority() + " broke off: " + error.message()));
  }

  void write_next() {
    stream_->write(queue_.front(), [self = shared_from_this()](error_code error) {
      if (self->is_ended_ || error) return;  // the pending read reports it
      self->queued_bytes_ -= self->queue_.front().size();
      self->queue_.pop_front();
      if (!self->queue_.empty()) return self->write_next();
      if (self->close_) self->write_close();
    });
  }

  void write_close() {
    stream_->close(*close_, [self = shared_from_this()](error_code) {
      if (!self->is_ended_) self->end_with(fail(ErrorKind::internal));
    });
  }

  void end_with(Error error) {
    WsClosed closed;
    closed.code = 1006;  // no close frame came
    closed.error = std::move(error);
    end(closed);
  }

  void end(const WsClosed& closed) {
    if (is_ended_) return;
    is_ended_ = true;
    is_open_ = false;
    if (connecting_) connecting_->cancel();
    if (stream_) stream_->drop();
    const WsHandlers handlers = std::exchange(handlers_, {});
    if (handlers.on_closed) handlers.on_closed(closed);
  }

  asio::io_context& context_;
  WsOptions options_;
  WsHandlers handlers_;
  std::shared_ptr<Connecting> connecting_;
  std::unique_ptr<Stream> stream_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
  std::deque<std::string> queue_;  // the first is being written
  std::size_t queued_bytes_ = 0;
  std::optional<websocket::close_reason> close_;  // set by close(): nothing is queued after it
  bool is_open_ = false;
  bool is_ended_ = false;
};

class Client final : public WsClient {
 public:
  explicit Client(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() override { session_->abandon(); }
  bool send(std::string text) override { return session_->send(std::move(text)); }
  void close(std::uint16_t code, std::string_view reason) override {
    session_->close(code, reason);
  }
  std::size_t queued_bytes() const override { return session_->queued_bytes(); }

 private:
  std::shared_ptr<Session> session_;
};

}  // namespace

std::unique_ptr<WsClient> open_websocket(asio::io_context& context, WsOptions options,
                                         WsHandlers handlers) {
  auto session = std::make_shared<Session>(context, std::move(options), std::move(handlers));
  session->start();
  return std::make_unique<Client>(std::move(session));
}

}  // namespace eventsd::net
