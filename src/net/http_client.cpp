#include "net/http_client.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "net/http_exchange.hpp"

namespace eventsd::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Handler = std::function<void(Result<HttpResponse>)>;

// A connection for one request. Kept alive by the wait for its timer, so that nothing is left over
// when the context ends first.
class OneRequest final : public std::enable_shared_from_this<OneRequest> {
 public:
  OneRequest(asio::io_context& context, HttpRequest request, HttpOptions options, Handler handler)
      : context_(context),
        request_(std::move(request)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        timer_(context) {}

  void start() {
    const auto checked = check_http_request(request_);
    if (!checked) {
      asio::post(context_,
                 [self = shared_from_this(), error = checked.error()] { self->finish(error); });
      return;
    }
    timer_.expires_after(options_.timeout);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->on_timeout();
    });
    connecting_ = async_connect(context_, request_.url, options_.connect,
                                [weak = weak_from_this()](Result<Socket> socket) {
                                  const auto self = weak.lock();
                                  if (!self) return;
                                  if (!socket) return self->finish(socket.error());
                                  self->ask(std::move(*socket));
                                });
  }

 private:
  void ask(Socket socket) {
    where_ = request_.url.authority();
    exchange_ = async_http_exchange(std::move(socket), std::move(request_),
                                    options_.max_response_bytes, ConnectionUse::once,
                                    [weak = weak_from_this()](ExchangeOutcome outcome) {
                                      if (const auto self = weak.lock())
                                        self->finish(std::move(outcome.response));
                                    });
  }

  void finish(Result<HttpResponse> result) {
    auto handler = std::exchange(handler_, nullptr);
    timer_.cancel();
    if (connecting_) connecting_->cancel();
    if (exchange_) exchange_->cancel();
    connecting_.reset();
    exchange_.reset();
    if (handler) handler(std::move(result));
  }

  void on_timeout() {
    const std::string where = where_.empty() ? request_.url.authority() : where_;
    finish(fail(ErrorKind::request_timeout, where + " did not answer within " +
                                                std::to_string(options_.timeout.count()) + " ms"));
  }

  asio::io_context& context_;
  HttpRequest request_;
  HttpOptions options_;
  Handler handler_;  // null: done
  asio::steady_timer timer_;
  std::shared_ptr<Connecting> connecting_;
  std::shared_ptr<HttpExchange> exchange_;
  std::string where_;
};

}  // namespace

void async_http_request(asio::io_context& context, HttpRequest request, HttpOptions options,
                        Handler handler) {
  std::make_shared<OneRequest>(context, std::move(request), std::move(options), std::move(handler))
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
