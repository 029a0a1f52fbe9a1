#include "server/http_session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "eventsd/broker.hpp"
#include "protocol/text.hpp"
#include "server/http_stream.hpp"
#include "server/request_parser.hpp"

namespace eventsd::server {
namespace {

using Clock = std::chrono::steady_clock;

// What a session keeps of its buffers between two requests.
constexpr std::size_t kKept = 4096;
// The same of the listener's.
constexpr std::size_t kKeptAnswer = 256 * 1024;

// Is a plain request to be told to use TLS?
bool requires_tls(const HttpListener& listener) {
  return listener.tls && listener.config()->tls.required;
}

// API keys stand in paths of the control plane; the log must not have them.
std::string loggable(const std::string& path) {
  constexpr std::string_view keys = "/apikeys/";
  const std::size_t at = path.find(keys);
  return at == std::string::npos ? path : path.substr(0, at + keys.size()) + "***";
}

Error error_of(RequestParser::Status status, std::size_t max_header) {
  switch (status) {
    case RequestParser::Status::header_too_large:
      return fail(ErrorKind::header_too_large,
                  fmt::format("Request header is larger than {} bytes", max_header));
    case RequestParser::Status::body_too_large:
      return fail(ErrorKind::payload_too_large);
    case RequestParser::Status::unknown_coding:
      return fail(ErrorKind::bad_request, "Transfer-Encoding must be chunked");
    default:
      return fail(ErrorKind::bad_request, "Malformed HTTP request");
  }
}

}  // namespace

// One connection. Its coroutine owns it.
class HttpSession {
 public:
  HttpSession(HttpListener& listener, net::Transport transport, HttpPeer peer,
              std::function<void()> on_end)
      : listener_(listener),
        stream_(listener, std::move(transport)),
        peer_ip_(peer.ip),
        source_ip_(std::move(peer.ip)),
        on_end_(std::move(on_end)),
        behind_proxy_(peer.is_trusted_proxy) {
    try {
      listener_.sessions.insert(this);
    } catch (...) {
      if (on_end_) on_end_();
      throw;
    }
  }
  ~HttpSession() {
    listener_.sessions.erase(this);
    set_busy(false);
    stream_.drop_deadline();
    stream_.transport().close();
    if (on_end_) on_end_();
  }

  static Task<void> run(std::unique_ptr<HttpSession> self) {
    const bool ready = co_await self->stream_.begin(self->behind_proxy_, self->source_ip_);
    bool alive = ready;
    while (alive) {
      Error error;
      Next next = self->begin_request(error);
      if (next == Next::more) next = co_await self->receive_request(error);
      self->stream_.drop_deadline();
      if (next == Next::gone) co_return;
      alive = co_await self->serve(next, std::move(error));
      self->set_busy(false);
      if (self->stream_.has_had_its_turn()) co_await self->stream_.next_turn();
    }
  }

  void abort() { stream_.abort(); }

 private:
  void set_busy(bool busy) {
    if (busy != busy_) busy ? ++listener_.busy : --listener_.busy;
    busy_ = busy;
  }

  enum class Next : std::uint8_t { more, request, refuse, gone };

  // What is there of the next request.
  Next begin_request(Error& error) {
    const Limits& limits = listener_.config()->limits;
    parser_.begin(request_, {limits.max_header_size, limits.max_frame_size});
    if (stream_.in.empty()) return Next::more;
    set_busy(true);
    return parse(error);
  }

  // `stream_.in` keeps what follows the request.
  Next parse(Error& error) {
    std::size_t used = 0;
    const RequestParser::Status status = parser_.parse(stream_.in, used);
    stream_.in.erase(0, used);
    if (status == RequestParser::Status::more) return Next::more;
    if (stream_.in.empty() && stream_.in.capacity() > kKept) std::string().swap(stream_.in);
    if (status == RequestParser::Status::done) return Next::request;
    error = error_of(status, listener_.config()->limits.max_header_size);
    return Next::refuse;
  }

  // Waits for a request that is not there yet, or not whole.
  Task<Next> receive_request(Error& error) {
    const ConfigPtr config = listener_.config();
    const Limits& limits = config->limits;
    bool begun = !stream_.in.empty() || parser_.is_head_done();
    bool told_to_continue = false;
    bool in_body = false;
    // The first request has its time from the beginning of the connection.
    if (begun || served_ > 0 || !stream_.has_deadline()) {
      stream_.set_deadline(served_ > 0 && !begun ? limits.idle_http_timeout
                                                 : limits.header_timeout);
    }
    for (;;) {
      if (parser_.is_head_done() && !in_body) {
        in_body = true;
        stream_.set_deadline(limits.idle_http_timeout);
        if (requires_tls(listener_) && !stream_.transport().is_tls()) co_return Next::request;
      }
      if (in_body && !told_to_continue && parser_.expects_continue()) {
        told_to_continue = true;
        const bool sent = co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
        if (!sent) co_return Next::gone;
        stream_.set_deadline(limits.idle_http_timeout);
      }
      const bool more = co_await stream_.read_some();
      if (!more && stream_.timed_out() && begun) {
        error = fail(ErrorKind::request_timeout, "Request was not completed in time");
        co_return Next::refuse;
      }
      if (!more) co_return Next::gone;
      set_busy(true);
      const Next next = parse(error);
      if (next != Next::more) co_return next;
      if (!begun) {
        begun = true;
        stream_.set_deadline(limits.header_timeout);
      }
    }
  }

  // False when the session is over.
  Task<bool> serve(Next next, Error error) {
    const Clock::time_point begun = Clock::now();
    HttpResponse response;
    bool keep_alive = false;
    // Malformed requests too: who sends them is what the access log is read for.
    request_.request_id = protocol::make_uuid();
    request_.source_ip = source_ip_;
    if (next == Next::refuse) {
      response = error_response(error);
      response.close = true;
    } else {
      ++served_;
      keep_alive = parser_.keeps_alive();
      request_.tls = stream_.transport().is_tls();
      bool welcome = check(response);
      if (welcome && behind_proxy_) welcome = co_await admit(response);
      if (welcome && wants_upgrade()) {
        std::optional<HttpResponse> refusal =
            listener_.upgrade(request_, stream_.transport(), std::move(stream_.in), on_end_);
        if (!refusal) co_return false;
        response = std::move(*refusal);
        welcome = false;
      }
      if (welcome) {
        response = co_await listener_.router.dispatch(request_);
      } else {
        response.close = true;
      }
    }
    keep_alive = keep_alive && !response.close && !listener_.draining;
    record(response, begun);
    if (listener_.decorate) listener_.decorate(request_, response);
    listener_.answer.clear();
    serialise(listener_.answer, response, keep_alive, request_.method == "HEAD",
              request_.request_id);
    const std::size_t written = stream_.write_now(listener_.answer);
    bool sent = written == listener_.answer.size();
    if (!sent) {
      std::string rest = listener_.answer.substr(written);
      sent = co_await stream_.write(std::move(rest));
    }
    if (listener_.answer.capacity() > kKeptAnswer) std::string().swap(listener_.answer);
    if (request_.body.capacity() + request_.head.capacity() > kKept) request_ = HttpRequest();
    if (sent && !keep_alive) co_await linger();
    co_return sent&& keep_alive;
  }

  // What can be said without asking anybody. False: `response` says why not.
  bool check(HttpResponse& response) const {
    if (requires_tls(listener_) && !request_.tls) {
      response = error_response(fail(ErrorKind::upgrade_required, "TLS is required on this port"));
      response.headers.emplace_back("Upgrade", "TLS/1.2, HTTP/1.1");
      response.headers.emplace_back("Connection", "Upgrade");
      return false;
    }
    if (parser_.is_http_1_1() && request_.count_header("host") != 1) {
      response =
          error_response(fail(ErrorKind::bad_request, "There must be exactly one Host header"));
      return false;
    }
    return true;
  }

  bool wants_upgrade() const {
    return listener_.upgrade && parser_.is_http_1_1() &&
           equals_ignoring_case(request_.header("upgrade"), "websocket");
  }

  // The client's own address, once, behind a trusted proxy. One hop is believed as long as the one
  // that reported it is trusted, beginning with who speaks for the connection.
  Task<bool> admit(HttpResponse& response) {
    std::string ip = source_ip_;
    std::vector<std::string> hops;
    for_each_element(request_.joined_header("x-forwarded-for"),
                     [&](std::string_view hop) { hops.emplace_back(hop); });
    bool is_peer = ip == peer_ip_;  // what was decided at accept holds for the peer itself
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
      if (!is_peer && !listener_.is_trusted_proxy(ip)) break;
      ip = *hop;  // somebody who is not trusted may write what he likes behind it
      is_peer = false;
    }
    request_.source_ip = ip;
    if (admitted_ || !listener_.admit) co_return true;
    admitted_ = true;
    const bool allowed = co_await listener_.admit(ip);
    if (allowed) {
      on_end_ = [before = std::move(on_end_), release = listener_.release, ip = std::move(ip)] {
        release(ip);
        if (before) before();
      };
    } else {
      response =
          error_response(fail(ErrorKind::overloaded, "Too many connections from this address"));
    }
    co_return allowed;
  }

  void record(const HttpResponse& response, Clock::time_point begun) const {
    listener_.metrics.http_requests.add();
    if (response.status >= 500) listener_.metrics.http_5xx.add();
    if (response.status >= 400 && response.status < 500) listener_.metrics.http_4xx.add();
    listener_.metrics.http_statuses.add(response.status);
    const auto nanoseconds = Clock::now() - begun;
    listener_.metrics.http_seconds.add(static_cast<std::uint64_t>(nanoseconds.count()));
    if (!listener_.config()->log.access) return;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(nanoseconds);
    spdlog::info("access method={} path={} status={} bytes={} us={} ip={} request={}",
                 request_.method, loggable(request_.path), response.status, response.body.size(),
                 took.count(), request_.source_ip, request_.request_id);
  }

  // What the client is still sending is read and dropped, so that a reset does not overtake the
  // answer.
  Task<void> linger() {
    stream_.transport().shutdown_write();
    stream_.set_deadline(std::chrono::seconds(2));
    bool more = true;
    for (int reads = 0; more && reads < 256; ++reads) {
      stream_.in.clear();
      more = co_await stream_.read_some();
    }
  }

  HttpListener& listener_;
  HttpStream stream_;
  RequestParser parser_;
  HttpRequest request_;
  const std::string peer_ip_;  // of the socket
  std::string source_ip_;      // the same, or whom the PROXY protocol names
  std::function<void()> on_end_;
  std::uint64_t served_ = 0;
  const bool behind_proxy_;
  bool admitted_ = false;
  bool busy_ = false;  // counted in listener_.busy
};

// A session may end, and leave the set, at once.
void HttpListener::abort_sessions() {
  const std::vector<HttpSession*> all(sessions.begin(), sessions.end());
  for (HttpSession* session : all) session->abort();
}

void start_http_session(HttpListener& listener, net::Transport transport, HttpPeer peer,
                        std::function<void()> on_end) {
  std::unique_ptr<HttpSession> session;
  try {
    session = std::make_unique<HttpSession>(listener, std::move(transport), std::move(peer),
                                            std::move(on_end));
  } catch (...) {
    if (on_end) on_end();  // it has not been taken over
    throw;
  }
  listener.tasks.spawn(HttpSession::run(std::move(session)));
}

}  // namespace eventsd::server
