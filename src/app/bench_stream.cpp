#include "app/bench_stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "net/openssl_ptr.hpp"

namespace eventsd::app::bench {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kConnectionsPerAddress = 2000;
constexpr std::size_t kKeptCapacity = 4096;  // of an emptied buffer

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string error_text(int error) { return std::generic_category().message(error); }

bool is_loopback_v4(const Target& target) {
  if (target.address.ss_family != AF_INET) return false;
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(target.address);
  return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
}

// 127.0.1.2, 127.0.1.3, … for one group of connections after the other.
sockaddr_in source_of(std::size_t index) {
  const auto group = static_cast<std::uint32_t>(index / kConnectionsPerAddress % (200 * 250));
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(0x7f000000u | (1 + group / 250) << 8 | (2 + group % 250));
  return source;
}

Error no_socket(int error) {
  if (error == EMFILE || error == ENFILE) {
    return fail(ErrorKind::internal,
                "no file descriptor is left: raise the limit (ulimit -n, or LimitNOFILE= of the "
                "unit)");
  }
  if (error == EADDRNOTAVAIL || error == EADDRINUSE) {
    return fail(ErrorKind::internal,
                "no local port is left: widen net.ipv4.ip_local_port_range, or use fewer "
                "connections");
  }
  return fail(ErrorKind::internal, "cannot make a socket: " + error_text(error));
}

}  // namespace

bool Target::is_loopback() const {
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
  }
  return is_loopback_v4(*this);
}

Loop::Loop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      buffer_(std::make_unique<char[]>(kReadBytes)) {
  if (epoll_ < 0 || event_ < 0) throw_errno("epoll");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // stands for the eventfd
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &event) != 0) throw_errno("epoll_ctl");
}

Loop::~Loop() {
  ::close(event_);
  ::close(epoll_);
}

void Loop::turn(Clock::time_point wake_at) {
  flush();
  now_ = Clock::now();
  const auto wait = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::max(wake_at - now_, Clock::duration::zero()));
  const timespec timeout{.tv_sec = wait.count() / 1'000'000'000,
                         .tv_nsec = wait.count() % 1'000'000'000};
  std::array<epoll_event, 512> ready;
  const int count =
      epoll_pwait2(epoll_, ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
  now_ = Clock::now();
  for (int i = 0; i < count; ++i) {
    if (ready[i].data.ptr != nullptr) {
      static_cast<Stream*>(ready[i].data.ptr)->handle(ready[i].events);
      continue;
    }
    std::uint64_t ignored = 0;
    (void)!::read(event_, &ignored, sizeof ignored);  // only empties it
  }
  flush();
}

void Loop::wake() {
  const std::uint64_t one = 1;
  (void)!::write(event_, &one, sizeof one);  // fails only when it is readable already
}

void Loop::flush() {
  // Flushing may end a connection, whose owner may queue bytes elsewhere: hence the index.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    dirty_[i]->is_dirty_ = false;
    dirty_[i]->flush();
  }
  dirty_.clear();
}

void Stream::SslDelete::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Stream::~Stream() {
  if (fd_ >= 0) ::close(fd_);
  if (is_dirty_) std::erase(loop_.dirty_, this);
}

Result<void> Stream::open(const Target& target, std::size_t index) {
  const int fd = ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return no_socket(errno);
  fd_ = fd;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (is_loopback_v4(target)) {
    // The port is chosen at connect, so that many destinations may share it.
    ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in source = source_of(index);
    // A system without the whole of 127/8 (not Linux's own way) goes on with its own choice.
    (void)::bind(fd_, reinterpret_cast<const sockaddr*>(&source), sizeof source);
  }
  ++generation_;
  in_.clear();
  out_.clear();
  out_offset_ = 0;
  state_ = State::connecting;
  handshake_wants_write_ = false;
  ssl_.reset();
  if (target.trust) {
    ssl_.reset(SSL_new(target.trust.get()));
    if (!ssl_ || SSL_set_fd(ssl_.get(), fd_) != 1) {
      close();
      return fail(ErrorKind::internal, "TLS cannot be set up: " + net::take_openssl_error());
    }
    SSL_set_connect_state(ssl_.get());
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);
    X509_VERIFY_PARAM* const check = SSL_get0_param(ssl_.get());
    // Server name indication is for names only, RFC 6066 section 3.
    if (X509_VERIFY_PARAM_set1_ip_asc(check, target.host.c_str()) != 1) {
      X509_VERIFY_PARAM_set1_host(check, target.host.c_str(), 0);
      SSL_set_tlsext_host_name(ssl_.get(), target.host.c_str());
    }
    ERR_clear_error();
  }
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&target.address), target.address_size) !=
          0 &&
      errno != EINPROGRESS) {
    const int error = errno;
    close();
    return no_socket(error);
  }
  epoll_event event{};
  event.events = interest_ = EPOLLOUT;
  event.data.ptr = this;
  if (epoll_ctl(loop_.epoll_, EPOLL_CTL_ADD, fd_, &event) != 0) throw_errno("epoll_ctl");
  return {};
}

void Stream::send(std::string_view bytes) {
  if (fd_ < 0) return;
  out_.append(bytes);
  if (is_dirty_) return;
  is_dirty_ = true;
  loop_.dirty_.push_back(this);
}

void Stream::drop() {
  if (fd_ < 0) return;
  flush();
  if (fd_ < 0) return;
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close();
}

void Stream::close() {
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Stream::end(const std::string& reason) {
  close();
  on_ended(reason);
}

void Stream::handle(std::uint32_t events) {
  if (fd_ < 0) return;  // closed earlier in this turn
  if (state_ == State::connecting) return finish_connect();
  if (state_ == State::handshaking) return shake_hands();
  if ((events & EPOLLOUT) != 0) flush();
  if (fd_ >= 0 && (events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read_all();
}

void Stream::finish_connect() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return end("connecting failed: " + error_text(error));
  if (!ssl_) return become_connected();
  state_ = State::handshaking;
  shake_hands();
}

void Stream::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) return become_connected();
  switch (SSL_get_error(ssl_.get(), done)) {
    case SSL_ERROR_WANT_READ:
      handshake_wants_write_ = false;
      return update_interest();
    case SSL_ERROR_WANT_WRITE:
      handshake_wants_write_ = true;
      return update_interest();
    default: {
      const long verdict = SSL_get_verify_result(ssl_.get());
      std::string reason = "the server ended the handshake";
      if (verdict != X509_V_OK) {
        reason = X509_verify_cert_error_string(verdict);
      } else if (ERR_peek_error() != 0) {
        reason = net::take_openssl_error();
      }
      ERR_clear_error();
      return end("TLS: " + reason);
    }
  }
}

void Stream::become_connected() {
  state_ = State::connected;
  handshake_wants_write_ = false;
  update_interest();
  on_connected();
  flush();
}

std::ptrdiff_t Stream::read_some(std::string& reason) {
  char* const into = loop_.buffer_.get();
  if (!ssl_) {
    const ssize_t got = ::recv(fd_, into, kReadBytes, 0);
    if (got > 0) return got;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    reason = got == 0 ? "the server ended the connection" : error_text(errno);
    return -1;
  }
  // A record at a time, as long as there is room for a whole one.
  constexpr int kRecordBytes = 16 * 1024;
  std::size_t filled = 0;
  while (filled + kRecordBytes <= kReadBytes) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), into + filled, kRecordBytes);
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), got);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) break;
    if (filled > 0) break;  // the end shows again with the next read
    reason = error == SSL_ERROR_SSL ? "TLS: " + net::take_openssl_error()
                                    : "the server ended the connection";
    return -1;
  }
  return static_cast<std::ptrdiff_t>(filled);
}

void Stream::read_all() {
  const std::uint32_t generation = generation_;
  for (;;) {
    std::string reason;
    const std::ptrdiff_t got = read_some(reason);
    if (got == 0) return;
    if (got < 0) return end(reason);
    loop_.now_ = Clock::now();
    loop_.bytes_received_ += static_cast<std::uint64_t>(got);
    if (!dispatch({loop_.buffer_.get(), static_cast<std::size_t>(got)})) return;
    // Plain sockets announce the rest by themselves; bytes inside TLS are announced by nobody.
    if (fd_ < 0 || generation != generation_ || !ssl_) return;
  }
}

// False when the connection has ended or is another one by now.
bool Stream::dispatch(std::string_view bytes) {
  const std::uint32_t generation = generation_;
  if (!in_.empty()) {
    in_.append(bytes);
    // on_bytes may reconnect this stream, which clears in_; the local keeps the view valid.
    std::string whole = std::move(in_);
    in_.clear();
    const std::size_t taken = on_bytes(whole);
    if (generation_ != generation || fd_ < 0) return false;
    if (taken < whole.size()) in_ = taken == 0 ? std::move(whole) : whole.substr(taken);
    return true;
  }
  const std::size_t taken = on_bytes(bytes);
  if (generation_ != generation || fd_ < 0) return false;
  if (taken < bytes.size()) in_.assign(bytes.substr(taken));
  return true;
}

std::ptrdiff_t Stream::write_some(std::string_view bytes) {
  if (!ssl_) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
  }
  ERR_clear_error();
  std::size_t sent = 0;
  if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1) {
    return static_cast<std::ptrdiff_t>(sent);
  }
  const int error = SSL_get_error(ssl_.get(), 0);
  return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
}

void Stream::flush() {
  if (fd_ < 0 || state_ != State::connected || out_offset_ == out_.size()) return;
  while (out_offset_ < out_.size()) {
    const std::ptrdiff_t sent = write_some(std::string_view(out_).substr(out_offset_));
    if (sent == 0) break;
    if (sent < 0) {
      // What the peer sent before it went (a close frame, say) is still worth reading; reading then
      // reports the end.
      out_offset_ = out_.size();
      break;
    }
    out_offset_ += static_cast<std::size_t>(sent);
    loop_.bytes_sent_ += static_cast<std::uint64_t>(sent);
  }
  if (out_offset_ == out_.size()) {
    // Thousands of idle connections each with the buffer of its first message would add up.
    if (out_.capacity() > kKeptCapacity) out_.shrink_to_fit();
    out_.clear();
    out_offset_ = 0;
  }
  update_interest();
}

void Stream::update_interest() {
  const bool wants_write =
      state_ == State::handshaking ? handshake_wants_write_ : out_offset_ < out_.size();
  const std::uint32_t wanted = EPOLLIN | (wants_write ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
  if (wanted == interest_) return;
  interest_ = wanted;
  epoll_event event{};
  event.events = wanted;
  event.data.ptr = this;
  epoll_ctl(loop_.epoll_, EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace eventsd::app::bench
