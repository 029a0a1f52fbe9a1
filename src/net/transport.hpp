// A byte stream over a non-blocking socket, plain or TLS: two functions, and waiting for the rest.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/poller.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace eventsd::net {

enum class IoStatus : std::uint8_t {
  ok,
  want_read,   // nothing moved; wait for readability and call again
  want_write,  // the same for writability (TLS may want either for both functions)
  closed,      // the peer has ended its side cleanly
  failed,      // reset, TLS error; the transport is of no further use
};

struct IoResult {
  IoStatus status = IoStatus::ok;
  std::size_t bytes = 0;  // moved; > 0 only with ok
};

// Owns the socket. No buffer of its own; TLS buffers exist only while a record is incomplete
// (SSL_MODE_RELEASE_BUFFERS).
//   thread   the poller's
class Transport {
 public:
  // REQUIRES: the socket is non-blocking; the poller lives until close().
  Transport(Poller& poller, int native_socket);
  Transport(Transport&&) noexcept;
  Transport& operator=(Transport&&) noexcept;
  ~Transport();

  IoResult try_read(std::span<char> into);

  // Writes as much as fits. After want_read or want_write the next call must begin with the same
  // bytes, at least pending_write() of them.
  IoResult try_write(std::span<const iovec> from);
  std::size_t pending_write() const { return pending_write_; }

  // The first bytes without taking them; want_read when there are none yet.
  IoResult peek(std::span<char> into);

  // From here on the stream is TLS, server side; the handshake takes place in try_read.
  // `early` bytes have been taken from the socket already (at most a few; PROXY protocol never
  // leaves any).
  bool start_tls(ssl_ctx_st* context);
  bool is_tls() const { return ssl_ != nullptr; }

  // True when TLS holds decrypted bytes that no readability event will announce.
  bool has_buffered() const;

  // Sends FIN (and close_notify); reading goes on.
  void shutdown_write();
  // Ends the stream in both directions: a read finds its end, a write fails.
  void cut() noexcept;
  // Whoever waits is not called any more.
  void close();
  bool is_open() const { return watch_ != nullptr; }

  // One call when the socket is ready or has failed. REQUIRES: open; no wait of the same kind.
  void await_readable(Poller::Ready ready, void* owner) { watch_->await_readable(ready, owner); }
  void await_writable(Poller::Ready ready, void* owner) { watch_->await_writable(ready, owner); }
  // Ends both waits without a call.
  void forget_waits();

 private:
  struct SslDelete {
    void operator()(ssl_st* ssl) const;
  };
  IoResult ssl_outcome(int returned) const;
  int socket() const { return watch_ ? watch_->socket() : -1; }

  std::unique_ptr<Poller::Watch> watch_;  // null: closed
  std::unique_ptr<ssl_st, SslDelete> ssl_;
  std::size_t pending_write_ = 0;
};

}  // namespace eventsd::net
