// Acknowledged publishes a second: pipelined over WebSockets, or over keep-alive HTTP connections
// with one request under way each.
#include <memory>
#include <vector>

#include "load.hpp"
#include "ws_client/http_client.hpp"
#include "ws_client/json_scan.hpp"

namespace bench {
namespace {

class Ingest;

// One connection that publishes; keeps `in_flight` under way.
class Publisher : public WsClient::Listener, public HttpClient::Listener {
 public:
  Publisher(Loop& loop, Ingest& owner) : ws(loop, *this), http(loop, *this), owner_(owner) {}
  void on_open(WsClient& client) override { client.send_init(); }
  void on_message(WsClient&, std::string_view text) override;
  void on_closed(WsClient&, int code) override {
    throw LoadFailure("a publisher was closed with " + std::to_string(code));
  }
  void on_response(HttpClient&, int status, std::string_view body) override;
  void on_http_closed(HttpClient&) override { throw LoadFailure("an HTTP publisher was closed"); }
  void fill();

  WsClient ws;
  HttpClient http;

 private:
  void acknowledged(std::string_view failed);

  Ingest& owner_;
  std::vector<Clock::time_point> sent_;  // of those under way, oldest first
  std::size_t acknowledged_ = 0;         // how many of sent_ are answered
};

class Ingest : public WsClient::Listener {
 public:
  explicit Ingest(const LoadOptions& o)
      : options(o), deadline_(Clock::now() + std::chrono::seconds(o.timeout_seconds)) {}

  Report run() {
    for (std::size_t i = 0; i < options.subscribers; ++i) {
      auto& reader = readers_.emplace_back(std::make_unique<WsClient>(loop_, *this));
      reader->open(options.target, source_address(options.target, i));
    }
    run_until(loop_, deadline_, "subscribing", [&] { return subscribed_ == options.subscribers; });
    for (std::size_t i = 0; i < options.publishers; ++i) {
      auto& publisher = publishers_.emplace_back(std::make_unique<Publisher>(loop_, *this));
      const std::string source = source_address(options.target, options.subscribers + i);
      if (options.http) {
        publisher->http.open(options.target, source);
        ++ready;
      } else {
        publisher->ws.open(options.target, source);
      }
    }
    run_until(loop_, deadline_, "connecting", [&] { return ready == options.publishers; });
    phase(options.publishes / 10 + 1);
    latencies.clear();
    const std::int64_t cpu_before = options.pid != 0 ? process_cpu_ns(options.pid) : 0;
    const std::int64_t own_before = own_cpu_ns();
    const auto start = Clock::now();
    phase(options.publishes);
    const double wall = std::chrono::duration<double>(Clock::now() - start).count();
    const auto count = static_cast<double>(options.publishes);
    Report report;
    report.add("transport", options.http ? "http" : "websocket");
    report.add("publishers", static_cast<double>(options.publishers), "");
    report.add("in_flight", static_cast<double>(options.in_flight), "per publisher");
    report.add("subscribers", static_cast<double>(options.subscribers), "");
    report.add("publishes", count, "");
    report.add("publishes_per_second", count / wall, "1/s");
    if (options.pid != 0) {
      report.add("server_cpu_us_per_publish",
                 static_cast<double>(process_cpu_ns(options.pid) - cpu_before) / 1e3 / count, "us");
    }
    report.add("client_cpu_share", static_cast<double>(own_cpu_ns() - own_before) / 1e9 / wall, "");
    report.add("acknowledged_p50", latencies.quantile(0.5), "us");
    report.add("acknowledged_p99", latencies.quantile(0.99), "us");
    return report;
  }

  void on_open(WsClient& client) override { client.send_init(); }
  void on_message(WsClient& client, std::string_view text) override {
    const std::string_view type = find_string(text, "type");
    if (type == "data") {
      // With several publishers the order among them is the server's; each must come once.
      const std::uint64_t sequence = event_sequence(text);
      if (sequence >= seen_.size()) seen_.resize(sequence + 100'000);
      if (++seen_[sequence] > options.subscribers) {
        throw LoadFailure("event " + std::to_string(sequence) + " came twice");
      }
      if (options.publishers == 1 && options.subscribers == 1 && sequence != received_) {
        throw LoadFailure("event " + std::to_string(sequence) + " came out of order");
      }
      ++received_;
    } else if (type == "connection_ack") {
      client.subscribe("bench", options.channel);
    } else if (type == "subscribe_success") {
      ++subscribed_;
    } else if (type != "ka") {
      throw LoadFailure("subscriber: " + std::string(text));
    }
  }
  void on_closed(WsClient&, int code) override {
    throw LoadFailure("a subscriber was closed with " + std::to_string(code));
  }

  // The next event to publish, or an empty string when the phase has handed out all. Pauses when a
  // subscriber is far behind: this measures ingest, not the server's queue cap.
  std::string next_event() {
    if (published_ == phase_end_) return {};
    if (options.subscribers > 0 && published_ * options.subscribers > received_ + 20'000) return {};
    return make_event(published_++, options.event_size);
  }

  const LoadOptions& options;
  std::size_t ready = 0;
  std::uint64_t answered = 0;
  Latencies latencies;

 private:
  void phase(std::size_t count) {
    phase_end_ = published_ + count;
    const auto done = [&] {
      for (auto& publisher : publishers_) publisher->fill();
      return answered == phase_end_ && received_ == phase_end_ * options.subscribers;
    };
    run_until(loop_, deadline_, "publishing", done);
  }

  Loop loop_;
  Clock::time_point deadline_;
  std::vector<std::unique_ptr<WsClient>> readers_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::vector<std::uint32_t> seen_;
  std::size_t subscribed_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t phase_end_ = 0;
};

void Publisher::on_message(WsClient&, std::string_view text) {
  const std::string_view type = find_string(text, "type");
  if (type == "publish_success") {
    acknowledged(find_member(text, "failed"));
  } else if (type == "connection_ack") {
    ++owner_.ready;
  } else if (type != "ka") {
    throw LoadFailure("publisher: " + std::string(text));
  }
}

void Publisher::on_response(HttpClient&, int status, std::string_view body) {
  if (status != 200) throw LoadFailure("HTTP " + std::to_string(status) + ": " + std::string(body));
  acknowledged(find_member(body, "failed"));
}

void Publisher::acknowledged(std::string_view failed) {
  if (failed != "[]") throw LoadFailure("publish failed: " + std::string(failed));
  owner_.latencies.add(Clock::now() - sent_[acknowledged_++]);
  ++owner_.answered;
  if (acknowledged_ == sent_.size()) {
    sent_.clear();
    acknowledged_ = 0;
  }
}

void Publisher::fill() {
  const std::size_t limit = owner_.options.http ? 1 : owner_.options.in_flight;
  while (sent_.size() - acknowledged_ < limit) {
    std::string events;
    for (std::size_t i = 0; i < owner_.options.batch; ++i) {
      const std::string event = owner_.next_event();
      if (event.empty()) break;
      events += (i == 0 ? "" : ",") + event;
    }
    if (events.empty()) return;
    if (owner_.options.http) {
      http.publish(owner_.options.channel, events);
    } else {
      ws.publish("p", owner_.options.channel, events);
    }
    sent_.push_back(Clock::now());
  }
}

}  // namespace

Report run_publish(const LoadOptions& options) {
  if (options.batch != 1) throw std::invalid_argument("publish measures single events: --batch 1");
  return Ingest(options).run();
}

}  // namespace bench
