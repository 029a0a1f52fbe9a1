#include "net/http_exchange.hpp"

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <memory>

namespace eventsd::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Handler = std::function<void(ExchangeOutcome)>;

constexpr std::uint32_t kMaxResponseHeaderBytes = 64 * 1024;
constexpr int kMaxInterimAnswers = 16;

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

http::request<http::string_body> make_message(HttpRequest& request, ConnectionUse use) {
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(request.url.target());
  message.version(11);
  message.set(http::field::host, request.url.authority());
  message.set(http::field::user_agent, "eventsd");
  if (use == ConnectionUse::once) message.set(http::field::connection, "close");
  for (const auto& [name, value] : request.headers) message.insert(name, value);
  const bool may_have_body = !request.body.empty() || request.method == "POST" ||
                             request.method == "PUT" || request.method == "PATCH";
  message.body() = std::move(request.body);
  if (may_have_body) message.content_length(message.body().size());
  return message;
}

// "timeout=5, max=100"
std::chrono::seconds kept_for(std::string_view keep_alive) {
  const std::size_t at = keep_alive.find("timeout=");
  unsigned seconds = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = keep_alive.substr(at + 8);
    std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  }
  return std::chrono::seconds(std::min(seconds, 3600U));
}

class Exchange final : public HttpExchange, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Socket socket, HttpRequest request, std::uint64_t max_response_bytes, ConnectionUse use,
           Handler handler)
      : socket_(std::move(socket)),
        where_(request.url.authority()),
        method_(request.method),
        max_response_bytes_(max_response_bytes),
        use_(use),
        handler_(std::move(handler)),
        message_(make_message(request, use)) {}

  void start() {
    with_stream([this](auto& stream) {
      http::async_write(stream, message_,
                        [self = shared_from_this()](error_code error, std::size_t) {
                          // A peer may answer and close before it has read all: read its answer.
                          self->write_error_ = error;
                          self->read();
                        });
    });
  }

  void cancel() override {
    handler_ = nullptr;
    close();
  }

 private:
  void close() {
    error_code ignored;
    lowest_socket(socket_).close(ignored);
  }

  void finish(ExchangeOutcome outcome) {
    if (!outcome.socket) close();
    if (auto handler = std::exchange(handler_, nullptr)) handler(std::move(outcome));
  }

  void read() {
    if (!handler_) return;
    parser_.emplace();
    parser_->header_limit(kMaxResponseHeaderBytes);
    parser_->body_limit(max_response_bytes_);
    parser_->skip(method_ == "HEAD");
    with_stream([this](auto& stream) {
      http::async_read(stream, buffer_, *parser_,
                       [self = shared_from_this()](error_code error, std::size_t bytes) {
                         self->received_ |= bytes > 0;
                         self->on_read(error);
                       });
    });
  }

  void on_read(error_code error) {
    if (!handler_) return;
    if (error == http::error::body_limit || error == http::error::buffer_overflow ||
        error == http::error::header_limit) {
      return finish(
          {fail(ErrorKind::payload_too_large, "the answer of " + where_ + " is larger than " +
                                                  std::to_string(max_response_bytes_) + " bytes"),
           {}});
    }
    if (error) {
      const error_code cause = write_error_ ? write_error_ : error;
      return finish({fail(ErrorKind::internal, where_ + " broke off: " + cause.message()),
                     {},
                     {},
                     !received_});
    }
    auto& message = parser_->get();
    if (message.result_int() < 200 && message.result_int() != 101) {
      if (++interim_answers_ <= kMaxInterimAnswers) return read();
      return finish({fail(ErrorKind::internal, where_ + " sends interim answers only"), {}});
    }
    ExchangeOutcome outcome{HttpResponse{}, {}};
    outcome.response->status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
      outcome.response->headers.emplace_back(std::string(field.name_string()),
                                             std::string(field.value()));
    }
    if (use_ == ConnectionUse::again && !write_error_ && parser_->keep_alive() &&
        message.result_int() != 101 && buffer_.size() == 0) {
      outcome.kept = kept_for(message["Keep-Alive"]);
      outcome.socket = std::move(socket_);
    }
    outcome.response->body = std::move(message.body());
    finish(std::move(outcome));
  }

  template <typename F>
  void with_stream(F use) {
    if (auto* tls = std::get_if<std::unique_ptr<TlsSocket>>(&socket_)) return use(**tls);
    use(std::get<PlainSocket>(socket_));
  }

  Socket socket_;
  const std::string where_;
  const std::string method_;
  const std::uint64_t max_response_bytes_;
  const ConnectionUse use_;
  Handler handler_;  // null: done
  http::request<http::string_body> message_;
  error_code write_error_;
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::string_body>> parser_;
  bool received_ = false;
  int interim_answers_ = 0;
};

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals(key, name)) return value;
  }
  return std::nullopt;
}

Result<void> check_http_request(const HttpRequest& request) {
  if (!is_token(request.method)) return fail(ErrorKind::bad_request, "malformed HTTP method");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value)) {
      return fail(ErrorKind::bad_request, "malformed HTTP header \"" + name + "\"");
    }
  }
  return {};
}

std::shared_ptr<HttpExchange> async_http_exchange(Socket socket, HttpRequest request,
                                                  std::uint64_t max_response_bytes,
                                                  ConnectionUse use, Handler handler) {
  auto exchange = std::make_shared<Exchange>(std::move(socket), std::move(request),
                                             max_response_bytes, use, std::move(handler));
  exchange->start();
  return exchange;
}

}  // namespace eventsd::net
