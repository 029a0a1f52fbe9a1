// Publish to deliver at a steady rate, whatever the server does meanwhile: publishes are due by the
// clock and not by answers, and a delivery's time counts from the moment the publish was due.
//
// Usage: eventsd_latency --url URL --api-key KEY [--channel PATH] [--subscribers N] [--rate N]
//        [--seconds N]; prints JSON. One publisher; every subscriber must get every event, in
//        order.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#include "meter.hpp"
#include "ws_client/json_scan.hpp"
#include "ws_client/ws_client.hpp"

namespace bench {
namespace {

struct Options {
  Target target;
  std::string channel = "/default/latency";
  std::size_t subscribers = 20;
  std::size_t rate = 2000;  // publishes a second
  std::size_t seconds = 5;
};

// The limit that docs/PERFORMANCE.md sets for a stall.
constexpr std::chrono::milliseconds kStall{20};
constexpr std::size_t kDigits = 10;

class Latency;

class Subscriber : public WsClient::Listener {
 public:
  Subscriber(Loop& loop, Latency& owner) : client(loop, *this), owner_(owner) {}
  void on_open(WsClient& c) override { c.send_init(); }
  void on_message(WsClient& c, std::string_view text) override;
  void on_closed(WsClient&, int code) override {
    throw std::runtime_error("a subscriber was closed with " + std::to_string(code));
  }
  WsClient client;

 private:
  Latency& owner_;
  std::size_t next_ = 0;
};

class Latency : public WsClient::Listener {
 public:
  explicit Latency(const Options& o) : options(o), publisher_(loop_, *this) {}

  void run() {
    for (std::size_t i = 0; i < options.subscribers; ++i) {
      auto& subscriber = subscribers_.emplace_back(std::make_unique<Subscriber>(loop_, *this));
      subscriber->client.open(options.target, source_address(options.target, i));
    }
    publisher_.open(options.target, source_address(options.target, options.subscribers));
    until([&] { return subscribed == options.subscribers && ready_; }, "connecting");
    const std::size_t events = options.rate * options.seconds;
    const auto start = Clock::now();
    until(
        [&] {
          publish_due(start, events);
          return received_ == events * options.subscribers;
        },
        "delivering");
    const double wall = std::chrono::duration<double>(Clock::now() - start).count();
    Report report;
    report.add("publishes_per_second", static_cast<double>(events) / wall, "1/s");
    report.add("deliveries", static_cast<double>(received_), "");
    report.add("p50", latencies_.quantile(0.5), "us");
    report.add("p99", latencies_.quantile(0.99), "us");
    report.add("p999", latencies_.quantile(0.999), "us");
    report.add("max", latencies_.quantile(1), "us");
    report.add("over_20_ms", static_cast<double>(stalled_), "deliveries");
    report.print_json();
  }

  void delivered(std::size_t sequence) {
    const Clock::duration took = Clock::now() - due_[sequence];
    latencies_.add(took);
    ++received_;
    if (took > kStall) ++stalled_;
  }

  void on_open(WsClient& client) override { client.send_init(); }
  void on_message(WsClient&, std::string_view text) override {
    const std::string_view type = find_string(text, "type");
    if (type == "connection_ack") {
      ready_ = true;
    } else if (type == "publish_error" ||
               (type == "publish_success" && find_member(text, "failed") != "[]")) {
      throw std::runtime_error("publish failed: " + std::string(text));
    }
  }
  void on_closed(WsClient&, int code) override {
    throw std::runtime_error("the publisher was closed with " + std::to_string(code));
  }

  const Options options;
  std::size_t subscribed = 0;

 private:
  template <typename Done>
  void until(Done done, const char* what) {
    const auto deadline = Clock::now() + std::chrono::seconds(options.seconds + 20);
    while (!done()) {
      loop_.turn(std::chrono::milliseconds(1));
      if (Clock::now() > deadline) throw std::runtime_error(std::string("timed out: ") + what);
    }
  }

  void publish_due(Clock::time_point start, std::size_t events) {
    const std::chrono::nanoseconds every(1'000'000'000 / options.rate);
    const auto now = Clock::now();
    for (; due_.size() < events;) {
      const auto due = start + every * due_.size();
      if (due > now) return;
      char event[64];
      snprintf(event, sizeof event, R"("\"%010zu\"")", due_.size());
      due_.push_back(due);
      publisher_.publish("p", options.channel, event);
    }
  }

  Loop loop_;
  WsClient publisher_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  bool ready_ = false;
  std::vector<Clock::time_point> due_;  // by sequence
  std::size_t received_ = 0;
  std::size_t stalled_ = 0;
  Latencies latencies_;
};

void Subscriber::on_message(WsClient& c, std::string_view text) {
  const std::string_view type = find_string(text, "type");
  if (type == "data") {
    const std::size_t event = text.find(R"("event":)");
    const std::size_t digits = text.find_first_of("0123456789", event);
    if (event == std::string_view::npos || digits == std::string_view::npos) {
      throw std::runtime_error("unexpected frame: " + std::string(text));
    }
    const std::size_t sequence = std::stoull(std::string(text.substr(digits, kDigits)));
    if (sequence != next_++) throw std::runtime_error("an event is lost, doubled or out of order");
    owner_.delivered(sequence);
  } else if (type == "connection_ack") {
    c.subscribe("latency", owner_.options.channel);
  } else if (type == "subscribe_success") {
    ++owner_.subscribed;
  } else if (type != "ka") {
    throw std::runtime_error("subscriber: " + std::string(text));
  }
}

Options parse(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  const auto number = [&given](const char* name, std::size_t fallback) {
    const auto found = given.find(name);
    return found == given.end() ? fallback : static_cast<std::size_t>(std::stoull(found->second));
  };
  Options options;
  options.target = Target::parse(given["--url"], given["--api-key"]);
  if (given.contains("--channel")) options.channel = given["--channel"];
  options.subscribers = number("--subscribers", options.subscribers);
  options.rate = std::max<std::size_t>(number("--rate", options.rate), 1);
  options.seconds = number("--seconds", options.seconds);
  return options;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    bench::Latency(bench::parse(argc, argv)).run();
    return 0;
  } catch (const std::exception& error) {
    fprintf(stderr, "eventsd_latency: %s\n", error.what());
    return 1;
  }
}
