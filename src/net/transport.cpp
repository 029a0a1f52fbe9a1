#include "net/transport.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace eventsd::net {
namespace {

// One TLS record carries at most 16 KiB; a turn's bytes are gathered into records of that size.
constexpr std::size_t kRecord = 16 * 1024;

IoResult socket_outcome(ssize_t returned, IoStatus blocked) {
  if (returned > 0) return {IoStatus::ok, static_cast<std::size_t>(returned)};
  if (returned == 0) return {IoStatus::closed, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {blocked, 0};
  return {IoStatus::failed, 0};
}

}  // namespace

void Transport::SslDelete::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Transport::Transport(Poller& poller, int native_socket)
    : watch_(std::make_unique<Poller::Watch>(poller, native_socket)) {}
Transport::Transport(Transport&&) noexcept = default;
Transport& Transport::operator=(Transport&& other) noexcept {
  close();
  ssl_ = std::move(other.ssl_);
  watch_ = std::move(other.watch_);
  pending_write_ = other.pending_write_;
  return *this;
}
Transport::~Transport() { close(); }

IoResult Transport::ssl_outcome(int returned) const {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {IoStatus::want_read, 0};
    case SSL_ERROR_WANT_WRITE:
      return {IoStatus::want_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::closed, 0};
    default:
      ERR_clear_error();
      return {IoStatus::failed, 0};
  }
}

IoResult Transport::try_read(std::span<char> into) {
  if (!ssl_) {
    return socket_outcome(::recv(socket(), into.data(), into.size(), 0), IoStatus::want_read);
  }
  ERR_clear_error();
  const int limit = static_cast<int>(std::min<std::size_t>(into.size(), 1u << 30));
  const int returned = SSL_read(ssl_.get(), into.data(), limit);
  if (returned > 0) return {IoStatus::ok, static_cast<std::size_t>(returned)};
  return ssl_outcome(returned);
}

IoResult Transport::try_write(std::span<const iovec> from) {
  if (!ssl_) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(from.data());
    message.msg_iovlen = from.size();
    if (from.size() == 1) {
      return socket_outcome(::send(socket(), from[0].iov_base, from[0].iov_len, MSG_NOSIGNAL),
                            IoStatus::want_write);
    }
    return socket_outcome(::sendmsg(socket(), &message, MSG_NOSIGNAL), IoStatus::want_write);
  }
  std::array<char, kRecord> record;
  const char* bytes = static_cast<const char*>(from[0].iov_base);
  std::size_t size = std::min(from[0].iov_len, kRecord);
  if (from.size() > 1 && size < kRecord) {
    size = 0;
    for (const iovec& piece : from) {
      const std::size_t part = std::min(piece.iov_len, kRecord - size);
      std::memcpy(record.data() + size, piece.iov_base, part);
      size += part;
      if (size == kRecord) break;
    }
    bytes = record.data();
  }
  ERR_clear_error();
  const int returned = SSL_write(ssl_.get(), bytes, static_cast<int>(size));
  if (returned > 0) {
    pending_write_ = 0;
    return {IoStatus::ok, static_cast<std::size_t>(returned)};
  }
  const IoResult outcome = ssl_outcome(returned);
  pending_write_ = outcome.status == IoStatus::failed ? 0 : size;
  return outcome;
}

IoResult Transport::peek(std::span<char> into) {
  return socket_outcome(::recv(socket(), into.data(), into.size(), MSG_PEEK), IoStatus::want_read);
}

bool Transport::start_tls(ssl_ctx_st* context) {
  ssl_.reset(SSL_new(context));
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket()) != 1) return false;
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
  SSL_set_accept_state(ssl_.get());
  return true;
}

bool Transport::has_buffered() const { return ssl_ && SSL_pending(ssl_.get()) > 0; }

void Transport::shutdown_write() {
  if (ssl_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    (void)SSL_shutdown(ssl_.get());  // best effort: the peer may be gone
    ERR_clear_error();
  }
  (void)::shutdown(socket(), SHUT_WR);  // already disconnected is as good as shut down
}

void Transport::forget_waits() {
  if (watch_) watch_->forget();
}

void Transport::cut() noexcept { (void)::shutdown(socket(), SHUT_RDWR); }

void Transport::close() {
  if (!watch_) return;
  const int native_socket = watch_->socket();
  watch_->closes();
  watch_.reset();
  (void)::close(native_socket);  // nothing to do about a failing close
}

}  // namespace eventsd::net
