#include "net/http_client.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>
#include <memory>

namespace eventsd::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Handler = std::function<void(Result<HttpResponse>)>;

constexpr std::uint32_t kMaxResponseHeaderBytes = 64 * 1024;

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// A line break in a value would begin another header, or another request.
bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

Result<http::request<http::string_body>> make_message(HttpRequest& request) {
  if (!is_token(request.method)) return fail(ErrorKind::bad_request, "malformed HTTP method");
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(request.url.target());
  message.version(11);
  message.set(http::field::host, request.url.authority());
  message.set(http::field::user_agent, "eventsd");
  message.set(http::field::connection, "close");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value)) {
      return fail(ErrorKind::bad_request, "malformed HTTP header \"" + name + "\"");
    }
    message.insert(name, value);
  }
  const bool may_have_body = !request.body.empty() || request.method == "POST" ||
                             request.method == "PUT" || request.method == "PATCH";
  message.body() = std::move(request.body);
  if (may_have_body) message.content_length(message.body().size());
  return message;
}

class Exchange final : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& context, HttpRequest request, HttpOptions options, Handler handler)
      : context_(context),
        request_(std::move(request)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        timer_(context) {
    parser_.header_limit(kMaxResponseHeaderBytes);
    parser_.body_limit(options_.max_response_bytes);
    parser_.skip(request_.method == "HEAD");
  }

  void start() {
    auto message = make_message(request_);
    if (!message) {
      asio::post(context_,
                 [self = shared_from_this(), error = message.error()] { self->finish(error); });
      return;
    }
    message_ = std::move(*message);
    timer_.expires_after(options_.timeout);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->on_timeout();
    });
    connecting_ = async_connect(context_, request_.url, options_.connect,
                                [self = shared_from_this()](Result<Socket> socket) {
                                  if (!socket) return self->finish(socket.error());
                                  self->socket_ = std::move(*socket);
                                  self->write();
                                });
  }

 private:
  std::string where() const { return request_.url.authority(); }

  void finish(Result<HttpResponse> result) {
    auto handler = std::exchange(handler_, nullptr);
    timer_.cancel();
    if (connecting_) connecting_->cancel();
    if (socket_) {
      error_code ignored;
      lowest_socket(*socket_).close(ignored);
    }
    if (handler) handler(std::move(result));
  }

  void on_timeout() {
    finish(fail(ErrorKind::request_timeout, where() + " did not answer within " +
                                                std::to_string(options_.timeout.count()) + " ms"));
  }

  void write() {
    with_stream([this](auto& stream) {
      http::async_write(stream, message_,
                        [self = shared_from_this()](error_code error, std::size_t) {
                          // A peer may answer and close before it has read all: read its answer.
                          self->write_error_ = error;
                          self->read();
                        });
    });
  }

  void read() {
    if (!handler_) return;
    with_stream([this](auto& stream) {
      http::async_read(
          stream, buffer_, parser_,
          [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
    });
  }

  void on_read(error_code error) {
    if (!handler_) return;
    if (error == http::error::body_limit || error == http::error::buffer_overflow ||
        error == http::error::header_limit) {
      return finish(fail(ErrorKind::payload_too_large,
                         "the answer of " + where() + " is larger than " +
                             std::to_string(options_.max_response_bytes) + " bytes"));
    }
    if (error) {
      const error_code cause = write_error_ ? write_error_ : error;
      return finish(fail(ErrorKind::internal, where() + " broke off: " + cause.message()));
    }
    auto& message = parser_.get();
    HttpResponse response;
    response.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(message.body());
    finish(std::move(response));
  }

  template <typename F>
  void with_stream(F use) {
    if (auto* tls = std::get_if<std::unique_ptr<TlsSocket>>(&*socket_)) return use(**tls);
    use(std::get<PlainSocket>(*socket_));
  }

  asio::io_context& context_;
  HttpRequest request_;
  HttpOptions options_;
  Handler handler_;  // null: done
  asio::steady_timer timer_;
  std::shared_ptr<Connecting> connecting_;
  std::optional<Socket> socket_;
  http::request<http::string_body> message_;
  error_code write_error_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
};

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals(key, name)) return value;
  }
  return std::nullopt;
}

void async_http_request(asio::io_context& context, HttpRequest request, HttpOptions options,
                        Handler handler) {
  std::make_shared<Exchange>(context, std::move(request), std::move(options), std::move(handler))
      ->start();
}

Result<HttpResponse> http_request(const HttpRequest& request, const HttpOptions& options) {
  asio::io_context context(1);
  std::optional<Result<HttpResponse>> outcome;
  async_http_request(context, request, options,
                     [&outcome](Result<HttpResponse> result) { outcome = std::move(result); });
  context.run();
  return *std::move(outcome);
}

}  // namespace eventsd::net
