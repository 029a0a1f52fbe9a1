#include "server/http_stream.hpp"

#include <array>
#include <boost/asio/post.hpp>

#include "server/proxy_protocol.hpp"

namespace eventsd::server {
namespace {

constexpr char kTlsHandshake = 0x16;

bool is_lost(net::IoStatus status) {
  return status == net::IoStatus::closed || status == net::IoStatus::failed;
}

}  // namespace

HttpStream::HttpStream(HttpListener& listener, net::Transport transport)
    : listener_(listener),
      transport_(std::move(transport)),
      timer_([](void* self) { static_cast<HttpStream*>(self)->abort(); }, this) {}

void HttpStream::abort() {
  timed_out_ = true;
  if (!waiter_) return;
  transport_.forget_waits();
  std::exchange(waiter_, {}).resume();
}

void HttpStream::Readiness::await_suspend(std::coroutine_handle<> handle) const {
  const net::Poller::Ready ready = [](void* owner) {
    std::exchange(static_cast<HttpStream*>(owner)->waiter_, {}).resume();
  };
  if (what == net::IoStatus::want_read) {
    stream.transport_.await_readable(ready, &stream);
  } else {
    stream.transport_.await_writable(ready, &stream);
  }
  stream.waiter_ = handle;
}

bool HttpStream::Readiness::await_resume() const {
  stream.steps_ = 0;
  return !stream.timed_out_;
}

Task<void> HttpStream::next_turn() {
  steps_ = 0;
  Completion<bool> turn;
  boost::asio::post(listener_.io, [&turn] { turn.complete(true); });
  co_await turn;
}

void HttpStream::set_deadline(std::chrono::milliseconds delay) {
  timed_out_ = false;
  listener_.timers.arm(timer_, delay);
}

Task<bool> HttpStream::read_some() {
  const bool tired = has_had_its_turn();
  if (tired) co_await next_turn();
  // A plain socket that gave less than it was asked for is empty: only the poller knows when it is
  // not. TLS may hold what no readiness announces.
  bool wait_first = !read_at_once_ && !transport_.is_tls();
  net::IoStatus blocked = net::IoStatus::want_read;
  for (;;) {
    if (timed_out_) co_return false;
    if (wait_first) {
      const bool ready = co_await ready_after(blocked);
      if (!ready) co_return false;
    }
    const net::IoResult result = transport_.try_read(listener_.read_buffer);
    if (result.status == net::IoStatus::ok) {
      read_at_once_ = result.bytes == listener_.read_buffer.size();
      listener_.metrics.bytes_received.add(result.bytes);
      in.append(listener_.read_buffer.data(), result.bytes);
      co_return true;
    }
    if (is_lost(result.status)) co_return false;
    blocked = result.status;
    wait_first = true;
  }
}

std::size_t HttpStream::write_now(std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const iovec piece{const_cast<char*>(text.data()) + written, text.size() - written};
    const net::IoResult result = transport_.try_write({&piece, 1});
    if (result.status != net::IoStatus::ok) break;  // a failure shows again in write()
    written += result.bytes;
  }
  listener_.metrics.bytes_sent.add(written);
  return written;
}

Task<bool> HttpStream::write(std::string text) {
  std::size_t written = 0;
  set_deadline(listener_.config()->limits.idle_http_timeout);
  while (written < text.size()) {
    const iovec piece{text.data() + written, text.size() - written};
    const net::IoResult result = transport_.try_write({&piece, 1});
    if (result.status == net::IoStatus::ok) {
      written += result.bytes;
      continue;
    }
    if (is_lost(result.status)) co_return false;
    const bool ready = co_await ready_after(result.status);
    if (!ready) co_return false;
  }
  listener_.metrics.bytes_sent.add(written);
  timer_.disarm();
  co_return true;
}

Task<bool> HttpStream::begin(bool is_trusted_proxy, std::string& peer_ip) {
  set_deadline(listener_.config()->limits.header_timeout);
  if (is_trusted_proxy) {
    const bool understood = co_await take_proxy_header(peer_ip);
    if (!understood) co_return false;
    if (!in.empty()) co_return true;  // "P" and CR begin no TLS record
  }
  const std::shared_ptr<ssl_ctx_st> context = listener_.tls ? listener_.tls() : nullptr;
  if (context) {
    const bool begun = co_await start_tls(context);
    co_return begun;
  }
  const bool more = co_await read_some();
  co_return more&& in.front() != kTlsHandshake;
}

// TLS, if that is what the client speaks.
Task<bool> HttpStream::start_tls(std::shared_ptr<ssl_ctx_st> context) {
  std::array<char, 1> first{};
  for (;;) {
    const net::IoResult result = transport_.peek(first);
    if (result.status == net::IoStatus::ok) break;
    if (result.status != net::IoStatus::want_read) co_return false;
    const bool ready = co_await ready_after(net::IoStatus::want_read);
    if (!ready) co_return false;
  }
  read_at_once_ = true;
  co_return first[0] != kTlsHandshake || transport_.start_tls(context.get());
}

// The bytes are peeked, so that exactly the header is taken and TLS finds its first byte. What
// can only be the beginning of a header is taken at once: bytes that stay in the socket would
// end every wait for more.
Task<bool> HttpStream::take_proxy_header(std::string& peer_ip) {
  std::string seen;
  for (;;) {
    std::array<char, 4096> bytes;
    const net::IoResult result = transport_.peek(bytes);
    if (is_lost(result.status)) co_return false;
    if (result.status == net::IoStatus::ok) {
      const std::size_t before = seen.size();
      seen.append(bytes.data(), result.bytes);
      const ProxyHeader header = parse_proxy_header(seen);
      if (header.status == ProxyHeader::Status::invalid) co_return false;
      if (header.status == ProxyHeader::Status::none) {
        in = seen.substr(0, before);
        co_return true;
      }
      const bool valid = header.status == ProxyHeader::Status::valid;
      const std::size_t take = valid ? header.size - before : result.bytes;
      const net::IoResult taken = transport_.try_read({bytes.data(), take});
      if (taken.bytes != take) co_return false;
      if (valid) {
        if (!header.source_ip.empty()) peer_ip = header.source_ip;
        co_return true;
      }
    }
    const bool ready = co_await ready_after(net::IoStatus::want_read);
    if (!ready) co_return false;
  }
}

}  // namespace eventsd::server
