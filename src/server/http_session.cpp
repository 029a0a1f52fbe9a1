#include "server/http_session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "eventsd/broker.hpp"
#include "protocol/text.hpp"
#include "server/proxy_protocol.hpp"

namespace eventsd::server {
namespace {

namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using RequestParser = http::request_parser<http::string_body>;

constexpr char kTlsHandshake = 0x16;
// Reads and requests in a row before other sessions get their turn.
constexpr int kStepsPerTurn = 16;

// Is a plain request to be told to use TLS?
bool requires_tls(const HttpListener& listener) {
  return listener.tls && listener.config()->tls.required;
}

using Headers = decltype(HttpRequest::headers);

Headers headers_of(const RequestParser::value_type& parsed) {
  Headers headers;
  for (const auto& field : parsed) {
    headers.emplace_back(std::string_view(field.name_string()), std::string_view(field.value()));
  }
  return headers;
}

// "http://host/event" → "/event": the absolute form, which servers must accept (RFC 9112 §3.2.2).
std::string_view origin_form(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

// API keys stand in paths of the control plane; the log must not have them.
std::string loggable(const std::string& path) {
  constexpr std::string_view keys = "/apikeys/";
  const std::size_t at = path.find(keys);
  return at == std::string::npos ? path : path.substr(0, at + keys.size()) + "***";
}

HttpRequest to_request(RequestParser::value_type&& parsed, Headers headers) {
  HttpRequest request;
  request.method = std::string_view(parsed.method_string());
  const std::string_view target = origin_form(parsed.target());
  const std::size_t mark = target.find('?');
  request.path = normalise_path(target.substr(0, mark));
  if (request.path != target.substr(0, mark)) request.raw_path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.headers = std::move(headers);
  request.body = std::move(parsed.body());
  return request;
}

}  // namespace

// One connection. Its coroutine owns it.
class HttpSession {
 public:
  HttpSession(HttpListener& listener, net::Transport transport, std::string peer_ip,
              std::function<void()> on_end)
      : listener_(listener),
        transport_(std::move(transport)),
        source_ip_(std::move(peer_ip)),
        on_end_(std::move(on_end)),
        timer_([](void* self) { static_cast<HttpSession*>(self)->abort(); }, this) {
    listener_.sessions.insert(this);
  }
  ~HttpSession() {
    listener_.sessions.erase(this);
    timer_.disarm();
    transport_.close();
    if (on_end_) on_end_();
  }

  static Task<void> run(std::shared_ptr<HttpSession> self) {
    const bool ready = co_await self->begin();
    bool alive = ready;
    while (alive) {
      alive = co_await self->serve_one();
      co_await self->take_turns();
    }
  }

  // The deadline has passed, or the daemon stops.
  void abort() {
    timed_out_ = true;
    boost::system::error_code ignored;  // a closed socket has no wait to cancel
    transport_.socket().cancel(ignored);
  }

 private:
  enum class Wait : std::uint8_t { read, write };
  enum class Next : std::uint8_t { request, answer_and_close, gone };

  // False: the deadline has passed or the socket is gone.
  Task<bool> wait(Wait what) {
    if (timed_out_) co_return false;
    Completion<bool> done;
    const auto type =
        what == Wait::read ? net::Transport::Socket::wait_read : net::Transport::Socket::wait_write;
    transport_.socket().async_wait(
        type, [&done](boost::system::error_code error) { done.complete(!error); });
    const bool ready = co_await done;
    steps_ = 0;
    co_return ready && !timed_out_;
  }

  // A client that sends faster than it is served must not occupy the thread.
  Task<void> take_turns() {
    if (++steps_ < kStepsPerTurn) co_return;
    steps_ = 0;
    Completion<bool> turn;
    boost::asio::post(listener_.io, [&turn] { turn.complete(true); });
    co_await turn;
  }

  void deadline(std::chrono::milliseconds delay) {
    timed_out_ = false;
    listener_.timers.arm(timer_, delay);
  }

  // Appends what can be read to in_. False: end of stream, failure or deadline.
  Task<bool> read_some() {
    co_await take_turns();
    for (;;) {
      if (timed_out_) co_return false;
      const net::IoResult result = transport_.try_read(listener_.read_buffer);
      if (result.status == net::IoStatus::ok) {
        listener_.metrics.bytes_received.add(result.bytes);
        in_.append(listener_.read_buffer.data(), result.bytes);
        co_return true;
      }
      if (result.status == net::IoStatus::closed || result.status == net::IoStatus::failed) {
        co_return false;
      }
      const bool ready =
          co_await wait(result.status == net::IoStatus::want_read ? Wait::read : Wait::write);
      if (!ready) co_return false;
    }
  }

  Task<bool> write(std::string text) {
    std::size_t written = 0;
    deadline(listener_.config()->limits.idle_http_timeout);
    while (written < text.size()) {
      const iovec piece{text.data() + written, text.size() - written};
      const net::IoResult result = transport_.try_write({&piece, 1});
      if (result.status == net::IoStatus::ok) {
        written += result.bytes;
        continue;
      }
      if (result.status == net::IoStatus::closed || result.status == net::IoStatus::failed) {
        co_return false;
      }
      const bool ready =
          co_await wait(result.status == net::IoStatus::want_read ? Wait::read : Wait::write);
      if (!ready) co_return false;
    }
    listener_.metrics.bytes_sent.add(written);
    timer_.disarm();
    co_return true;
  }

  // PROXY protocol and TLS, told by the first bytes. False: not to be served.
  Task<bool> begin() {
    deadline(listener_.config()->limits.header_timeout);
    const bool trusted = listener_.is_trusted_proxy && listener_.is_trusted_proxy(source_ip_);
    if (trusted) {
      behind_proxy_ = true;
      const bool understood = co_await take_proxy_header();
      if (!understood) co_return false;
    }
    if (!in_.empty()) co_return true;  // "P" and CR begin no TLS record
    std::array<char, 1> first{};
    for (;;) {
      const net::IoResult result = transport_.peek(first);
      if (result.status == net::IoStatus::ok) break;
      if (result.status != net::IoStatus::want_read) co_return false;
      const bool ready = co_await wait(Wait::read);
      if (!ready) co_return false;
    }
    if (first[0] != kTlsHandshake) co_return true;
    const std::shared_ptr<ssl_ctx_st> context = listener_.tls ? listener_.tls() : nullptr;
    co_return context&& transport_.start_tls(context.get());
  }

  // The bytes are peeked, so that exactly the header is taken and TLS finds its first byte. What
  // can only be the beginning of a header is taken at once: bytes that stay in the socket would
  // end every wait for more.
  Task<bool> take_proxy_header() {
    std::string seen;
    for (;;) {
      std::array<char, 4096> bytes;
      const net::IoResult result = transport_.peek(bytes);
      if (result.status == net::IoStatus::closed || result.status == net::IoStatus::failed) {
        co_return false;
      }
      if (result.status == net::IoStatus::ok) {
        const std::size_t before = seen.size();
        seen.append(bytes.data(), result.bytes);
        const ProxyHeader header = parse_proxy_header(seen);
        if (header.status == ProxyHeader::Status::invalid) co_return false;
        if (header.status == ProxyHeader::Status::none) {
          in_ = seen.substr(0, before);
          co_return true;
        }
        const bool valid = header.status == ProxyHeader::Status::valid;
        const std::size_t take = valid ? header.size - before : result.bytes;
        const net::IoResult taken = transport_.try_read({bytes.data(), take});
        if (taken.bytes != take) co_return false;
        if (valid) {
          if (!header.source_ip.empty()) source_ip_ = header.source_ip;
          co_return true;
        }
      }
      const bool ready = co_await wait(Wait::read);
      if (!ready) co_return false;
    }
  }

  // Reads one request. in_ keeps what follows it. `headers` are those in front of the body: fields
  // behind it (trailers) speak for nobody, a proxy may pass them on unread.
  Task<Next> read_request(RequestParser& parser, Headers& headers, Error& error) {
    const ConfigPtr config = listener_.config();
    const Limits& limits = config->limits;
    parser.header_limit(static_cast<std::uint32_t>(limits.max_header_size));
    parser.body_limit(limits.max_frame_size);
    deadline(served_ > 0 && in_.empty() ? limits.idle_http_timeout : limits.header_timeout);
    bool begun = !in_.empty();
    bool told_to_continue = false;
    bool in_body = false;
    for (;;) {
      if (!in_.empty()) {
        boost::system::error_code failure;
        std::size_t used = parser.put(boost::asio::buffer(in_), failure);
        if (!failure && parser.is_header_done() && !parser.eager()) {
          headers = headers_of(parser.get());
          // Any other coding leaves the length of the body in doubt, and what follows it too.
          if (!parser.chunked() &&
              parser.get().find(http::field::transfer_encoding) != parser.get().end()) {
            error = fail(ErrorKind::bad_request, "Transfer-Encoding must be chunked");
            co_return Next::answer_and_close;
          }
          parser.eager(true);
          if (!parser.is_done() && used < in_.size()) {
            used += parser.put(boost::asio::buffer(in_) + used, failure);
          }
        }
        in_.erase(0, used);
        if (failure == http::error::need_more) failure = {};
        if (failure == http::error::header_limit || failure == http::error::buffer_overflow) {
          error =
              fail(ErrorKind::header_too_large,
                   fmt::format("Request header is larger than {} bytes", limits.max_header_size));
          co_return Next::answer_and_close;
        }
        if (failure == http::error::body_limit) {
          error = fail(ErrorKind::payload_too_large);
          co_return Next::answer_and_close;
        }
        if (failure) {
          error = fail(ErrorKind::bad_request, "Malformed HTTP request");
          co_return Next::answer_and_close;
        }
        if (parser.is_done()) co_return Next::request;
        // What is left is an incomplete header, chunk header or trailer; Beast bounds only the
        // first.
        if (in_.size() > limits.max_header_size) {
          error = fail(ErrorKind::header_too_large);
          co_return Next::answer_and_close;
        }
      }
      if (parser.is_header_done() && !in_body) {
        in_body = true;
        deadline(limits.idle_http_timeout);
        if (requires_tls(listener_) && !transport_.is_tls()) co_return Next::request;
      }
      if (in_body && !told_to_continue && parser.get().version() >= 11 &&
          equals_ignoring_case(std::string_view(parser.get()[http::field::expect]),
                               "100-continue")) {
        told_to_continue = true;
        const bool sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
        if (!sent) co_return Next::gone;
        deadline(limits.idle_http_timeout);
      }
      const bool more = co_await read_some();
      if (!more && timed_out_ && begun) {
        error = fail(ErrorKind::request_timeout, "Request was not completed in time");
        co_return Next::answer_and_close;
      }
      if (!more) co_return Next::gone;
      if (!begun) {
        begun = true;
        deadline(limits.header_timeout);
      }
    }
  }

  // False when the session is over.
  Task<bool> serve_one() {
    RequestParser parser;
    Headers headers;
    Error error;
    const Next next = co_await read_request(parser, headers, error);
    timer_.disarm();
    if (next == Next::gone) co_return false;
    const Clock::time_point begun = Clock::now();
    HttpRequest request;
    if (next == Next::answer_and_close) {
      timed_out_ = false;
      HttpResponse refusal = error_response(error);
      refusal.close = true;
      const bool kept = co_await answer(request, std::move(refusal), false, begun);
      co_return kept;
    }
    ++served_;
    const bool keep_alive = parser.get().keep_alive();
    const unsigned version = parser.get().version();
    request = to_request(parser.release(), std::move(headers));
    request.request_id = protocol::make_uuid();
    request.source_ip = source_ip_;
    request.tls = transport_.is_tls();

    HttpResponse response;
    if (requires_tls(listener_) && !request.tls) {
      response = error_response(fail(ErrorKind::upgrade_required, "TLS is required on this port"));
      response.headers.emplace_back("Upgrade", "TLS/1.2, HTTP/1.1");
      response.headers.emplace_back("Connection", "Upgrade");
      response.close = true;
    } else if (version >= 11 && request.count_header("host") != 1) {
      response =
          error_response(fail(ErrorKind::bad_request, "There must be exactly one Host header"));
      response.close = true;
    } else {
      const bool admitted = co_await admit(request);
      if (!admitted) {
        response =
            error_response(fail(ErrorKind::overloaded, "Too many connections from this address"));
        response.close = true;
      } else {
        const bool upgrades = listener_.upgrade && version >= 11 &&
                              equals_ignoring_case(request.header("upgrade"), "websocket");
        if (upgrades) {
          std::optional<HttpResponse> refusal =
              listener_.upgrade(request, transport_, std::move(in_), on_end_);
          if (!refusal) {
            on_end_ = nullptr;
            co_return false;
          }
          response = std::move(*refusal);
          response.close = true;
        } else {
          response = co_await listener_.router.dispatch(request);
        }
      }
    }
    const bool kept = co_await answer(request, std::move(response), keep_alive, begun);
    co_return kept;
  }

  // The client's own address, once, behind a trusted proxy. One hop is believed as long as the one
  // that reported it is trusted, beginning with who speaks for the connection.
  Task<bool> admit(HttpRequest& request) {
    if (!behind_proxy_) co_return true;
    std::string ip = source_ip_;
    std::vector<std::string> hops;
    for_each_element(request.joined_header("x-forwarded-for"),
                     [&](std::string_view hop) { hops.emplace_back(hop); });
    for (auto hop = hops.rbegin(); hop != hops.rend() && listener_.is_trusted_proxy(ip); ++hop) {
      ip = *hop;  // somebody who is not trusted may write what he likes behind it
    }
    request.source_ip = ip;
    if (admitted_ || !listener_.admit) co_return true;
    admitted_ = true;
    const bool allowed = co_await listener_.admit(ip);
    if (allowed) {
      on_end_ = [before = std::move(on_end_), release = listener_.release, ip = std::move(ip)] {
        release(ip);
        if (before) before();
      };
    }
    co_return allowed;
  }

  Task<bool> answer(const HttpRequest& request, HttpResponse response, bool keep_alive,
                    Clock::time_point begun) {
    listener_.metrics.http_requests.add();
    if (response.status >= 500) listener_.metrics.http_5xx.add();
    if (response.status >= 400 && response.status < 500) listener_.metrics.http_4xx.add();
    if (!request.request_id.empty()) {
      response.headers.emplace_back("x-amzn-requestid", request.request_id);
    }
    if (listener_.decorate) listener_.decorate(request, response);
    keep_alive = keep_alive && !response.close && !listener_.draining;
    if (listener_.config()->log.access) {
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun);
      spdlog::info("access method={} path={} status={} bytes={} us={} ip={} request={}",
                   request.method, loggable(request.path), response.status, response.body.size(),
                   took.count(), request.source_ip, request.request_id);
    }
    const bool sent = co_await write(serialise(response, keep_alive, request.method == "HEAD"));
    if (sent && !keep_alive) {
      // What the client is still sending is read and dropped, so that a reset does not overtake
      // the answer.
      transport_.shutdown_write();
      deadline(std::chrono::seconds(2));
      bool more = true;
      for (int reads = 0; more && reads < 256; ++reads) {
        in_.clear();
        more = co_await read_some();
      }
    }
    co_return sent&& keep_alive;
  }

  HttpListener& listener_;
  net::Transport transport_;
  std::string source_ip_;
  std::function<void()> on_end_;
  net::TimerEntry timer_;
  std::string in_;  // read, not yet parsed
  std::uint64_t served_ = 0;
  int steps_ = 0;  // since this session last waited
  bool timed_out_ = false;
  bool behind_proxy_ = false;
  bool admitted_ = false;
};

void HttpListener::abort_sessions() {
  for (HttpSession* session : sessions) session->abort();
}

void start_http_session(HttpListener& listener, net::Transport transport, std::string peer_ip,
                        std::function<void()> on_end) {
  auto session = std::make_shared<HttpSession>(listener, std::move(transport), std::move(peer_ip),
                                               std::move(on_end));
  listener.tasks.spawn(HttpSession::run(std::move(session)));
}

}  // namespace eventsd::server
