// Outgoing connections, plain or TLS: resolve, check every address, connect, shake hands.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "eventsd/result.hpp"
#include "net/tls_context.hpp"
#include "net/url.hpp"

namespace eventsd::net {

// What every client of this folder is told about its connection.
struct ConnectOptions {
  std::chrono::milliseconds timeout{5'000};  // resolving, connecting and TLS together
  bool allow_link_local = false;             // outbound.allowLinkLocal
  std::string ca_file;                       // PEM, trusted besides the system's; empty: none
  TlsContextPtr trust;  // from load_client_tls_context(); null: made for this connection
};

// The client's side of TLS 1.2 and 1.3: the system's trusted certificates and those of `ca_file`.
// Reading them takes milliseconds; a long-lived caller keeps the result in ConnectOptions::trust.
//   errors   bad_request: names the file and the reason
Result<TlsContextPtr> load_client_tls_context(const std::string& ca_file);

using PlainSocket = boost::asio::ip::tcp::socket;
using TlsSocket = boost::asio::ssl::stream<PlainSocket>;
// TlsSocket behind a pointer, as it moves neither cheaply nor often.
using Socket = std::variant<PlainSocket, std::unique_ptr<TlsSocket>>;

PlainSocket& lowest_socket(Socket& socket);

// The message of an error of the address, not of the peer's answer, begins with this.
inline constexpr std::string_view kCannotConnect = "cannot connect to ";

// A connection on its way.
class Connecting {
 public:
  virtual ~Connecting() = default;
  // The handler is not called any more.
  virtual void cancel() = 0;
};

// Connects to url's host and port, with TLS and the host's name checked when url.is_tls().
//   errors   forbidden: all addresses are refused (address_policy.hpp); request_timeout;
//   bad_request:
//            ca_file; internal: any other, with kCannotConnect and the address in front
//   thread   the context's; the handler is called once, never from within this call
std::shared_ptr<Connecting> async_connect(boost::asio::io_context& context, const Url& url,
                                          const ConnectOptions& options,
                                          std::function<void(Result<Socket>)> handler);

}  // namespace eventsd::net
