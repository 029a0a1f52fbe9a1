// The bytes below an HTTP session: reading, writing and their deadlines, and how a connection
// begins (PROXY protocol, TLS).
#pragma once

#include <chrono>
#include <coroutine>
#include <string>
#include <string_view>

#include "eventsd/task.hpp"
#include "net/timer_wheel.hpp"
#include "net/transport.hpp"
#include "server/http_session.hpp"

namespace eventsd::server {

// Of one session, which has one coroutine: at most one wait at a time.
//   thread   the listener's
class HttpStream {
 public:
  HttpStream(HttpListener& listener, net::Transport transport);
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  // PROXY protocol and TLS, told by the first bytes. `peer_ip` becomes whom the PROXY protocol
  // names. False: not to be served.
  Task<bool> begin(bool is_trusted_proxy, std::string& peer_ip);

  // Waits and appends what can be read to `in`. False: end of stream, failure or deadline.
  Task<bool> read_some();
  // Writes what the kernel takes at once; the number of bytes.
  std::size_t write_now(std::string_view text);
  // Writes all of it. False: failure or deadline.
  Task<bool> write(std::string text);

  // A client that sends faster than it is served must not occupy the thread.
  bool has_had_its_turn() { return ++steps_ >= kStepsPerTurn; }
  Task<void> next_turn();

  void set_deadline(std::chrono::milliseconds delay);
  void drop_deadline() { timer_.disarm(); }
  bool has_deadline() const { return timer_.armed(); }
  bool timed_out() const { return timed_out_; }
  // The deadline has passed, or the daemon stops: ends a wait for the peer.
  void abort();

  net::Transport& transport() { return transport_; }

  std::string in;  // read, not yet parsed

 private:
  // Reads and requests in a row before other sessions get their turn.
  static constexpr int kStepsPerTurn = 16;

  // Yields false when the deadline has passed.
  struct Readiness {
    HttpStream& stream;
    net::IoStatus what;
    bool await_ready() const { return stream.timed_out_; }
    void await_suspend(std::coroutine_handle<> handle) const;
    bool await_resume() const;
  };
  Readiness ready_after(net::IoStatus blocked) { return {*this, blocked}; }
  Task<bool> take_proxy_header(std::string& peer_ip);
  Task<bool> start_tls(std::shared_ptr<ssl_ctx_st> context);

  HttpListener& listener_;
  net::Transport transport_;
  net::TimerEntry timer_;
  std::coroutine_handle<> waiter_;
  int steps_ = 0;  // since this session last waited
  bool timed_out_ = false;
  bool read_at_once_ = true;  // what is there need not be waited for
};

}  // namespace eventsd::server
