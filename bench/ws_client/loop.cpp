#include "ws_client/loop.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace bench {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in address(const std::string& host, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &result.sin_addr) != 1) {
    throw std::system_error(EINVAL, std::generic_category(), "IPv4 address " + host);
  }
  return result;
}

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(new char[kReadBytes]) {
  if (epoll_ < 0) fail("epoll_create1");
}

Loop::~Loop() { ::close(epoll_); }

int Loop::turn(std::chrono::milliseconds timeout) {
  flush();
  std::array<epoll_event, 512> ready;
  const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()),
                               static_cast<int>(timeout.count()));
  for (int i = 0; i < count; ++i) {
    static_cast<Endpoint*>(ready[i].data.ptr)->handle(ready[i].events);
  }
  flush();
  return count < 0 ? 0 : count;
}

void Loop::flush() {
  // Flushing may end a connection, whose owner may queue bytes elsewhere: hence the index.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    dirty_[i]->dirty_ = false;
    dirty_[i]->flush();
  }
  dirty_.clear();
}

Endpoint::~Endpoint() {
  if (fd_ >= 0) ::close(fd_);
  if (dirty_) std::erase(loop_.dirty_, this);
}

void Endpoint::connect(const std::string& host, std::uint16_t port, const std::string& source,
                       int receive_buffer, bool tls) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer > 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  if (!source.empty()) {
    // The port is chosen at connect, so that many destinations may share it.
    setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in local = address(source, 0);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) fail("bind");
  }
  ++generation_;
  in_.clear();
  out_.clear();
  waiting_.clear();
  out_offset_ = 0;
  tls_ = tls ? std::make_unique<TlsStream>() : nullptr;
  connected_ = false;
  reading_ = true;
  const sockaddr_in remote = address(host, port);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&remote), sizeof remote) != 0 &&
      errno != EINPROGRESS) {
    fail("connect");
  }
  epoll_event event{};
  event.events = interest_ = EPOLLOUT;
  event.data.ptr = this;
  if (epoll_ctl(loop_.epoll_, EPOLL_CTL_ADD, fd_, &event) != 0) fail("epoll_ctl");
}

void Endpoint::send(std::string_view bytes) {
  if (fd_ < 0) return;
  (tls_ ? waiting_ : out_).append(bytes);
  if (!dirty_) {
    dirty_ = true;
    loop_.dirty_.push_back(this);
  }
}

void Endpoint::set_reading(bool wanted) {
  reading_ = wanted;
  if (fd_ >= 0 && connected_) update_interest();
}

void Endpoint::close_now(bool reset) {
  if (fd_ < 0) return;
  if (reset) {
    const linger drop{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &drop, sizeof drop);
  } else if (out_offset_ < out_.size()) {
    (void)::send(fd_, out_.data() + out_offset_, out_.size() - out_offset_,
                 MSG_NOSIGNAL);  // best effort: the connection ends either way
  }
  ::close(fd_);
  fd_ = -1;
}

void Endpoint::handle(std::uint32_t events) {
  if (fd_ < 0) return;  // closed earlier in this turn
  if (!connected_) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      close_now();
      on_ended();
      return;
    }
    if ((events & EPOLLOUT) == 0) return;
    connected_ = true;
    update_interest();
    on_connected();
    flush();
    return;
  }
  if ((events & EPOLLOUT) != 0) flush();
  if (fd_ >= 0 && (events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
    if (reading_) {
      read_some();
    } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      close_now();
      on_ended();
    }
  }
}

void Endpoint::read_some() {
  const ssize_t got = recv(fd_, loop_.buffer_.get(), kReadBytes, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close_now();
    on_ended();
    return;
  }
  const std::string_view bytes{loop_.buffer_.get(), static_cast<std::size_t>(got)};
  if (!tls_) return take(bytes);
  const std::uint32_t generation = generation_;
  const bool was_established = tls_->is_established();
  std::string_view plain;
  const bool ok = tls_->receive(bytes, plain);
  if (!plain.empty()) take(plain);
  if (generation_ != generation || fd_ < 0) return;
  if (!ok) {
    close_now();
    on_ended();
  } else if (!was_established) {
    flush();  // the handshake's next message, or what waited for its end
  }
}

void Endpoint::take(std::string_view bytes) {
  if (!in_.empty()) {
    in_.append(bytes);
    // on_bytes may reconnect this endpoint, which clears in_; the local keeps the view valid.
    std::string whole = std::move(in_);
    in_.clear();
    const std::uint32_t generation = generation_;
    const std::size_t taken = on_bytes(whole);
    if (generation_ == generation && taken < whole.size()) in_ = whole.substr(taken);
    return;
  }
  const std::uint32_t generation = generation_;
  const std::size_t taken = on_bytes(bytes);
  if (generation_ == generation && taken < bytes.size()) in_.assign(bytes.substr(taken));
}

void Endpoint::flush() {
  if (tls_ && fd_ >= 0 && connected_) tls_->seal(waiting_, out_);
  if (fd_ < 0 || !connected_ || out_offset_ == out_.size()) return;
  const ssize_t sent =
      ::send(fd_, out_.data() + out_offset_, out_.size() - out_offset_, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    // What the peer sent before it went (a close frame, say) is still worth reading; reading then
    // reports the end.
    out_.clear();
    out_offset_ = 0;
  } else if (sent > 0) {
    out_offset_ += static_cast<std::size_t>(sent);
  }
  if (out_offset_ == out_.size()) {
    out_.clear();
    out_offset_ = 0;
  }
  update_interest();
}

void Endpoint::update_interest() {
  const std::uint32_t wanted =
      (reading_ ? EPOLLIN : 0u) |
      (out_offset_ < out_.size() ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
  if (wanted == interest_) return;
  interest_ = wanted;
  epoll_event event{};
  event.events = wanted;
  event.data.ptr = this;
  epoll_ctl(loop_.epoll_, EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace bench
