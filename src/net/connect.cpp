#include "net/connect.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "net/address_policy.hpp"
#include "net/name_resolver.hpp"
#include "net/openssl_ptr.hpp"

namespace eventsd::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class Connector final : public Connecting, public std::enable_shared_from_this<Connector> {
 public:
  Connector(asio::io_context& context, const Url& url, const ConnectOptions& options,
            std::function<void(Result<Socket>)> handler)
      : url_(url),
        options_(options),
        handler_(std::move(handler)),
        resolver_(asio::use_service<NameResolver>(context)),
        socket_(context),
        timer_(context) {}

  void start() {
    timer_.expires_after(options_.timeout);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->fail_with(fail(ErrorKind::request_timeout, self->prefix() + "timed out"));
    });
    error_code no_address;
    const auto address = asio::ip::make_address(url_.host, no_address);
    if (!no_address) return connect({tcp::endpoint(address, url_.port)});
    resolver_.resolve(url_.host,
                      [weak = weak_from_this()](error_code error, const Addresses& addresses) {
                        const auto self = weak.lock();
                        if (!self || !self->handler_) return;
                        if (error) return self->fail_with(error);
                        std::vector<tcp::endpoint> endpoints;
                        for (const auto& one : addresses) {
                          endpoints.emplace_back(one, self->url_.port);
                        }
                        self->connect(std::move(endpoints));
                      });
  }

  void cancel() override {
    handler_ = nullptr;
    stop();
  }

 private:
  std::string prefix() const {
    return std::string(kCannotConnect) + url_.host + ":" + std::to_string(url_.port) + ": ";
  }

  void stop() {
    timer_.cancel();
    error_code ignored;
    lowest_socket_now().close(ignored);
  }

  PlainSocket& lowest_socket_now() { return tls_ ? tls_->next_layer() : socket_; }

  void finish(Result<Socket> result) {
    auto handler = std::exchange(handler_, nullptr);
    timer_.cancel();
    if (handler) handler(std::move(result));
  }

  void fail_with(Error error) {
    stop();
    finish(std::move(error));
  }
  void fail_with(error_code error) {
    fail_with(fail(ErrorKind::internal, prefix() + error.message()));
  }

  void connect(std::vector<tcp::endpoint> endpoints) {
    if (!options_.allow_link_local) {
      std::erase_if(endpoints, [](const tcp::endpoint& endpoint) {
        return is_link_local_or_metadata(endpoint.address());
      });
    }
    if (endpoints.empty()) {
      auto error = fail(ErrorKind::forbidden,
                        url_.host +
                            " is a link-local or metadata address, which eventsd does not "
                            "call (outbound.allowLinkLocal)");
      asio::post(socket_.get_executor(),
                 [self = shared_from_this(), error = std::move(error)] { self->fail_with(error); });
      return;
    }
    endpoints_ = std::move(endpoints);
    asio::async_connect(socket_, endpoints_,
                        [self = shared_from_this()](error_code error, const tcp::endpoint&) {
                          if (!self->handler_) return;
                          if (error) return self->fail_with(error);
                          self->on_connected();
                        });
  }

  void on_connected() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    if (!url_.is_tls()) return finish(Socket(std::move(socket_)));
    if (!options_.trust) {
      auto trust = load_client_tls_context(options_.ca_file);
      if (!trust) return fail_with(trust.error());
      options_.trust = *trust;
    }
    SSL_CTX_up_ref(options_.trust.get());  // asio's context owns one reference
    ssl_context_.emplace(options_.trust.get());
    tls_ = std::make_unique<TlsSocket>(std::move(socket_), *ssl_context_);
    tls_->set_verify_mode(asio::ssl::verify_peer, ignored);
    tls_->set_verify_callback(asio::ssl::host_name_verification(url_.host), ignored);
    error_code no_address;
    asio::ip::make_address(url_.host, no_address);
    // Server name indication is for names only, RFC 6066 section 3.
    if (no_address) SSL_set_tlsext_host_name(tls_->native_handle(), url_.host.c_str());
    tls_->async_handshake(asio::ssl::stream_base::client,
                          [self = shared_from_this()](error_code error) {
                            if (!self->handler_) return;
                            if (error) return self->fail_with(self->handshake_error(error));
                            self->finish(Socket(std::move(self->tls_)));
                          });
  }

  Error handshake_error(error_code error) {
    const long verdict = SSL_get_verify_result(tls_->native_handle());
    std::string reason =
        verdict == X509_V_OK ? error.message() : X509_verify_cert_error_string(verdict);
    return fail(ErrorKind::internal, prefix() + "TLS: " + reason);
  }

  Url url_;
  ConnectOptions options_;
  std::function<void(Result<Socket>)> handler_;  // null: done or cancelled
  NameResolver& resolver_;                       // the context's
  std::vector<tcp::endpoint> endpoints_;
  tcp::socket socket_;
  std::optional<asio::ssl::context> ssl_context_;
  std::unique_ptr<TlsSocket> tls_;
  asio::steady_timer timer_;
};

}  // namespace

PlainSocket& lowest_socket(Socket& socket) {
  if (auto* tls = std::get_if<std::unique_ptr<TlsSocket>>(&socket)) return (*tls)->next_layer();
  return std::get<PlainSocket>(socket);
}

Result<TlsContextPtr> load_client_tls_context(const std::string& ca_file) {
  ERR_clear_error();
  TlsContextPtr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return fail(ErrorKind::internal, "TLS cannot be set up: " + take_openssl_error());
  }
  SSL_CTX_set_default_verify_paths(context.get());  // none installed: ca_file is all there is
  ERR_clear_error();
  if (!ca_file.empty() && SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
    return fail(ErrorKind::bad_request,
                "cannot read the trusted certificates in " + ca_file + ": " + take_openssl_error());
  }
  return context;
}

std::shared_ptr<Connecting> async_connect(asio::io_context& context, const Url& url,
                                          const ConnectOptions& options,
                                          std::function<void(Result<Socket>)> handler) {
  auto connector = std::make_shared<Connector>(context, url, options, std::move(handler));
  connector->start();
  return connector;
}

}  // namespace eventsd::net
