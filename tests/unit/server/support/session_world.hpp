// One shard's listener, and clients that talk to it through socket pairs, all on one thread.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "server/connection.hpp"
#include "server/event_endpoint.hpp"
#include "server/http_session.hpp"
#include "server/websocket_upgrade.hpp"

namespace eventsd::test {

// The client's end of a connection.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}
  Peer(Peer&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Peer& operator=(Peer&&) = delete;
  ~Peer() { hang_up(); }

  // Sends what fits; the number of bytes that did.
  std::size_t send(std::string_view bytes) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  // Everything that has arrived.
  std::string received() {
    std::string all;
    char piece[4096];
    for (;;) {
      const ssize_t got = ::recv(socket_, piece, sizeof piece, MSG_DONTWAIT);
      if (got <= 0) return all;
      all.append(piece, static_cast<std::size_t>(got));
    }
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  void hang_up() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
};

class SessionWorld {
 public:
  SessionWorld(boost::asio::io_context& io, Broker& broker, core::SnapshotPtr snapshot)
      : context(io, broker, nullptr),
        listener{io,
                 context.timers,
                 context.tasks,
                 context.metrics,
                 context.read_buffer,
                 server::HttpRouter(server::event_routes(context, *reads_)),
                 [this] { return context.snapshot->config; },
                 nullptr,
                 [](std::string_view ip) { return ip.starts_with("10."); },
                 nullptr,
                 [](const std::string&) {},
                 [this](const server::HttpRequest& request, server::HttpResponse& response) {
                   server::add_cors_headers(*context.snapshot->config, request, response);
                 },
                 [this](server::HttpRequest& request, net::Transport& transport, std::string early,
                        std::function<void()>& on_end) {
                   return server::upgrade_to_websocket(context, request, transport,
                                                       std::move(early), on_end);
                 },
                 {},
                 false,
                 {}} {
    context.snapshot = std::move(snapshot);
    context.outbound_total = [] { return 0; };
  }

  // A new connection from `ip`; addresses in 10.0.0.0/8 are trusted proxies. The session runs
  // until it first has to wait. `first`: bytes that are there before it looks.
  Peer connect(std::string ip, std::string_view first = {}) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) std::abort();
    Peer peer(ends[0]);
    if (peer.send(first) != first.size()) std::abort();
    const bool trusted = ip.starts_with("10.");
    ++open;
    server::start_http_session(listener, net::Transport(context.poller, ends[1]),
                               {std::move(ip), trusted}, [this] { --open; });
    return peer;
  }

  // Runs what is ready until nothing is. False: it would never end.
  bool run_until_idle() {
    context.io.restart();
    for (int handlers = 0; handlers < 100'000; ++handlers) {
      if (context.io.poll_one() == 0) return true;
      if (context.io.stopped()) context.io.restart();
    }
    return false;
  }

  // Sends, lets the daemon work, and returns what came back.
  std::string exchange(Peer& peer, std::string_view bytes) {
    if (peer.send(bytes) != bytes.size()) std::abort();
    run_until_idle();
    return peer.received();
  }

 private:
  std::unique_ptr<server::HistoryReadLimiter> reads_ =
      std::make_unique<server::HistoryReadLimiter>();

 public:
  server::ShardContext context;
  server::HttpListener listener;
  int open = 0;  // connections whose end has not been told
};

}  // namespace eventsd::test
