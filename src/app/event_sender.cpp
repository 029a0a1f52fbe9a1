#include "app/event_sender.hpp"

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/cli_credentials.hpp"
#include "app/events_socket.hpp"
#include "app/json_member.hpp"
#include "net/http_client.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using Done = std::function<void(BatchOutcome)>;

// {"successful":[{"identifier","index"}],"failed":[{"identifier","index","code","message"}]}
BatchOutcome read_outcome(const json& answer, std::size_t count) {
  BatchOutcome outcome;
  // An event in neither list was accepted and then dropped by a handler.
  outcome.events.resize(count);
  for (const char* list : {"successful", "failed"}) {
    const json* entries = array_member(answer, list);
    if (entries == nullptr) {
      return {.events = {}, .error = "the server's answer is not one of AppSync Events"};
    }
    for (const json& entry : *entries) {
      const double index = number_member(entry, "index").value_or(-1);
      if (index < 0 || index >= static_cast<double>(count)) continue;
      EventOutcome& event = outcome.events[static_cast<std::size_t>(index)];
      event.identifier = string_member(entry, "identifier");
      if (list == std::string_view("successful")) continue;
      const std::string code = string_member(entry, "code");
      const std::string message = string_member(entry, "message");
      event.error = code.empty() || message.empty() ? code + message : code + ": " + message;
      if (event.error.empty()) event.error = "no reason given";
    }
  }
  return outcome;
}

class HttpSender final : public EventSender {
 public:
  HttpSender(boost::asio::io_context& context, const EventsEndpoint& endpoint)
      : context_(context), endpoint_(endpoint) {
    options_.connect = endpoint.connect;
  }

  void send(const std::string& channel, std::vector<std::string> events, Done done) override {
    const std::size_t count = events.size();
    const json body{{"channel", channel}, {"events", std::move(events)}};
    net::HttpRequest request{
        "POST", endpoint_.publish, {{"content-type", "application/json"}}, body.dump()};
    for (auto& header : endpoint_.credentials->headers(request)) {
      request.headers.push_back(std::move(header));
    }
    net::async_http_request(context_, std::move(request), options_,
                            [count, done = std::move(done)](Result<net::HttpResponse> response) {
                              done(outcome_of(response, count));
                            });
  }

  void close() override {}

 private:
  static BatchOutcome outcome_of(const Result<net::HttpResponse>& response, std::size_t count) {
    if (!response) return {.events = {}, .error = explain(response.error()), .is_fatal = true};
    if (response->status != 200) {
      return {.events = {},
              .error = explain(*response),
              .is_busy = response->status == 429 || response->status == 503};
    }
    return read_outcome(json::parse(response->body, nullptr, /*allow_exceptions=*/false), count);
  }

  boost::asio::io_context& context_;
  EventsEndpoint endpoint_;
  net::HttpOptions options_;
};

class SocketSender final : public EventSender {
 public:
  SocketSender(boost::asio::io_context& context, const EventsEndpoint& endpoint)
      : context_(context), endpoint_(endpoint) {}

  void send(const std::string& channel, std::vector<std::string> events, Done done) override {
    done_ = std::move(done);
    count_ = events.size();
    id_ = std::to_string(++last_id_);
    message_ = {{"type", "publish"}, {"id", id_}, {"channel", channel}, {"events", events}};
    if (is_ready_) return send_message();
    if (socket_) return;
    socket_ = open_events_socket(context_, endpoint_,
                                 {.on_ready =
                                      [this] {
                                        is_ready_ = true;
                                        if (done_) send_message();
                                      },
                                  .on_frame = [this](const json& frame) { on_frame(frame); },
                                  .on_end = [this](const SocketEnd& end) { on_end(end); }});
  }

  void close() override {
    if (socket_) socket_->close();
  }

 private:
  void send_message() {
    if (socket_ && socket_->send(std::move(message_))) return;
    boost::asio::post(context_, [this] { on_end({"the connection was lost", false}); });
  }

  void on_frame(const json& frame) {
    if (!done_ || string_member(frame, "id") != id_) return;
    if (string_member(frame, "type") == "publish_success")
      return answer(read_outcome(frame, count_));
    answer({.events = {},
            .error = explain_frame(frame),
            .is_busy = error_type(frame) == "LimitExceededError"});
  }

  void on_end(const SocketEnd& end) {
    is_ready_ = false;
    socket_.reset();
    answer({.events = {}, .error = end.reason, .is_fatal = true});
  }

  void answer(BatchOutcome outcome) {
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(outcome));
  }

  boost::asio::io_context& context_;
  EventsEndpoint endpoint_;
  std::unique_ptr<EventsSocket> socket_;
  bool is_ready_ = false;
  std::uint64_t last_id_ = 0;
  // Of the batch under way:
  Done done_;
  std::string id_;
  std::size_t count_ = 0;
  json message_;
};

}  // namespace

std::unique_ptr<EventSender> make_http_sender(boost::asio::io_context& context,
                                              const EventsEndpoint& endpoint) {
  return std::make_unique<HttpSender>(context, endpoint);
}

std::unique_ptr<EventSender> make_socket_sender(boost::asio::io_context& context,
                                                const EventsEndpoint& endpoint) {
  return std::make_unique<SocketSender>(context, endpoint);
}

}  // namespace eventsd::app
