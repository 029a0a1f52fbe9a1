#include "app/bench_link.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/bench_http.hpp"
#include "app/bench_session.hpp"
#include "app/events_socket.hpp"
#include "app/json_member.hpp"

namespace eventsd::app::bench {
namespace {

using nlohmann::json;

// After a lost connection, so that a server that is down is not asked a thousand times a second.
constexpr std::chrono::milliseconds kReconnectDelay{500};
constexpr std::size_t kSocketPublishesInFlight = 100'000;

// {"successful":[…],"failed":[{"identifier","index","code","message"}]}
Outcome read_lists(const json& answer) {
  Outcome outcome;
  const json* failed = array_member(answer, "failed");
  if (failed == nullptr || array_member(answer, "successful") == nullptr) {
    outcome.error = "the answer is not one of AppSync Events";
    return outcome;
  }
  for (const json& entry : *failed) {
    std::string error = string_member(entry, "code");
    if (error.empty()) error = string_member(entry, "message");
    const double index = number_member(entry, "index").value_or(0);
    outcome.refused.push_back({index < 0 ? 0 : static_cast<std::size_t>(index),
                               error.empty() ? "no reason given" : "event refused: " + error});
  }
  return outcome;
}

std::string body_of(std::string_view channel, std::string_view events) {
  std::string body = R"({"channel":")";
  body.append(channel).append(R"(","events":[)").append(events).append("]}");
  return body;
}

class SocketLink final : public Link, private Session {
 public:
  SocketLink(Loop& loop, const Access& access, std::size_t index, Listener& listener)
      : Session(loop, access), index_(index), listener_(listener) {}

  void prepare() override {
    const auto now = Clock::now();
    if (is_setting_up() && now - began() > kSetUpTimeout) return give_up();
    if (is_open() || now < not_before_) return;
    const auto begun = begin("", index_);
    if (!begun) lose(begun.error().message);
  }
  bool is_ready() const override { return Session::is_ready(); }
  std::size_t max_in_flight() const override { return kSocketPublishesInFlight; }

  void publish(std::uint64_t id, std::string_view channel, std::string_view events) override {
    const std::string body = body_of(channel, events);
    message_ = R"({"type":"publish","id":")";
    message_.append(std::to_string(id)).append("\",").append(body, 1, body.size() - 2);
    message_ += R"(,"authorization":)";
    access().credentials->append_authorization(message_, body);
    message_ += '}';
    send_text(message_);
  }

  void close() override { close_socket(); }

 private:
  void on_ready() override { listener_.on_ready(); }

  void on_message(std::string_view text) override {
    if (take_plain_success(text)) return;
    const json frame = json::parse(text, nullptr, /*allow_exceptions=*/false);
    const std::string type = string_member(frame, "type");
    if (type == "ka" || type == "data") return;
    const std::string id_text = string_member(frame, "id");
    std::uint64_t id = 0;
    const auto read = std::from_chars(id_text.data(), id_text.data() + id_text.size(), id);
    if (id_text.empty() || read.ec != std::errc{}) return;
    if (type == "publish_success") return listener_.on_outcome(id, read_lists(frame));
    listener_.on_outcome(id, {.error = explain_frame(frame), .refused = {}});
  }

  // The answer that a measurement is made of. One that is written otherwise is parsed as JSON.
  bool take_plain_success(std::string_view text) {
    constexpr std::string_view kId = R"("id":")";
    if (text.find(R"("type":"publish_success")") == std::string_view::npos ||
        text.find(R"("failed":[])") == std::string_view::npos) {
      return false;
    }
    const auto at = text.find(kId);
    if (at == std::string_view::npos) return false;
    std::uint64_t id = 0;
    const char* const start = text.data() + at + kId.size();
    const auto read = std::from_chars(start, text.data() + text.size(), id);
    if (read.ec != std::errc{} || read.ptr == text.data() + text.size() || *read.ptr != '"') {
      return false;
    }
    listener_.on_outcome(id, {});
    return true;
  }

  void on_lost(const std::string& reason, bool) override { lose(reason); }

  void lose(const std::string& reason) {
    not_before_ = Clock::now() + kReconnectDelay;
    listener_.on_link_lost(reason);
  }

  std::size_t index_;
  Listener& listener_;
  std::string message_;
  Clock::time_point not_before_{};
};

class HttpLink final : public Link, private HttpConnection {
 public:
  HttpLink(Loop& loop, const Access& access, std::size_t index, Listener& listener)
      : HttpConnection(loop, access), index_(index), listener_(listener) {}

  void prepare() override {}
  bool is_ready() const override { return Clock::now() >= not_before_; }
  std::size_t max_in_flight() const override { return 1; }

  void publish(std::uint64_t id, std::string_view channel, std::string_view events) override {
    id_ = id;
    const auto posted = post(body_of(channel, events), index_);
    if (!posted) on_failed(posted.error().message);
  }

  void close() override { drop(); }

 private:
  void on_answer(const HttpAnswer& answer) override {
    if (answer.status != 200) {
      return listener_.on_outcome(id_, {.error = error_type_of(answer), .refused = {}});
    }
    if (answer.body.find(R"("failed":[])") != std::string::npos) {
      return listener_.on_outcome(id_, {});
    }
    const json body = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    listener_.on_outcome(id_, read_lists(body));
  }

  void on_failed(const std::string& reason) override {
    not_before_ = Clock::now() + kReconnectDelay;
    listener_.on_link_lost(reason);
  }

  std::size_t index_;
  Listener& listener_;
  std::uint64_t id_ = 0;
  Clock::time_point not_before_{};
};

}  // namespace

std::unique_ptr<Link> make_link(PublishOver over, Loop& loop, const Access& access,
                                std::size_t index, Link::Listener& listener) {
  if (over == PublishOver::http) {
    return std::make_unique<HttpLink>(loop, access, index, listener);
  }
  return std::make_unique<SocketLink>(loop, access, index, listener);
}

}  // namespace eventsd::app::bench
