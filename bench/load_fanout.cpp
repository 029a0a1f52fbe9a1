// One publisher, many subscribers. A publish is under way until it is acknowledged and every
// subscriber has it, so the server's queues stay bounded and "in flight" means the same everywhere.
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "load.hpp"
#include "ws_client/json_scan.hpp"

namespace bench {
namespace {

class Fanout;

// One subscription: events of its channel in order, each once, byte for byte.
struct Reader {
  std::uint64_t next = 0;      // the sequence it must see now
  std::size_t frame_size = 0;  // every frame of a subscription is equally long
};

class Subscriber : public WsClient::Listener {
 public:
  Subscriber(Loop& loop, Fanout& owner) : client(loop, *this), owner_(owner) {}
  void on_open(WsClient& c) override { c.send_init(); }
  void on_message(WsClient& c, std::string_view text) override;
  void on_closed(WsClient&, int code) override {
    throw LoadFailure("a subscriber was closed with " + std::to_string(code));
  }
  WsClient client;
  std::size_t first = 0;  // number of its first subscription
  std::vector<Reader> readers;

 private:
  Fanout& owner_;
};

class Fanout : public WsClient::Listener {
 public:
  explicit Fanout(const LoadOptions& options)
      : options_(options),
        deadline_(Clock::now() + std::chrono::seconds(options.timeout_seconds)),
        publisher_(loop_, *this),
        audience_(options.channels) {}

  Report run() {
    connect_all();
    phase(std::max<std::size_t>(options_.publishes / 10, options_.in_flight));
    latencies_.clear();
    const std::int64_t deliveries_before = deliveries_;
    const std::int64_t cpu_before = options_.pid != 0 ? process_cpu_ns(options_.pid) : 0;
    const std::int64_t own_before = own_cpu_ns();
    const auto start = Clock::now();
    phase(options_.publishes);
    const double wall = std::chrono::duration<double>(Clock::now() - start).count();
    const auto delivered = static_cast<double>(deliveries_ - deliveries_before);
    Report report;
    report.add("subscribers", static_cast<double>(options_.subscribers), "");
    report.add("in_flight", static_cast<double>(options_.in_flight), "publishes");
    report.add("event_size", static_cast<double>(options_.event_size), "B");
    report.add("deliveries", delivered, "frames");
    report.add("deliveries_per_second", delivered / wall, "1/s");
    if (options_.pid != 0) {
      report.add("server_cpu_us_per_delivery",
                 static_cast<double>(process_cpu_ns(options_.pid) - cpu_before) / 1e3 / delivered,
                 "us");
    }
    report.add("client_cpu_share", static_cast<double>(own_cpu_ns() - own_before) / 1e9 / wall, "");
    report.add("publish_to_last_p50", latencies_.quantile(0.5), "us");
    report.add("publish_to_last_p99", latencies_.quantile(0.99), "us");
    return report;
  }

  // A subscription read its next event.
  void delivered(std::uint64_t sequence) {
    ++deliveries_;
    const std::uint64_t publish = sequence / options_.batch;
    if (publish < first_ || publish - first_ >= under_way_.size()) {
      throw LoadFailure("event " + std::to_string(sequence) + " was not under way");
    }
    settle(publish);
  }
  void subscribed() { ++subscribed_; }
  std::size_t channel_of(std::size_t subscription) const {
    return subscription % options_.channels;
  }
  std::size_t batch() const { return options_.batch; }
  std::size_t channels() const { return options_.channels; }
  const std::string& tail() const { return tail_; }

  void subscribe(Subscriber& subscriber) {
    for (std::size_t i = 0; i < options_.subscriptions; ++i) {
      const std::size_t number = subscriber.first + i;
      const std::size_t channel = channel_of(number);
      const bool wildcard = static_cast<double>(number % 100) < options_.wildcard_share * 100;
      subscriber.client.subscribe(
          subscription_id(number),
          wildcard ? options_.channel + "/" + std::to_string(channel) + "/*" : name_of(channel));
      ++audience_[channel];
    }
  }
  // As long as the UUIDs that real clients use.
  static std::string subscription_id(std::size_t number) {
    char id[40];
    snprintf(id, sizeof id, "5b5c1d2e-8f00-4000-8000-%012zu", number);
    return id;
  }

  void on_open(WsClient& client) override { client.send_init(); }
  void on_message(WsClient&, std::string_view text) override {
    const std::string_view type = find_string(text, "type");
    if (type == "connection_ack") {
      ready_ = true;
    } else if (type == "publish_success") {
      // Answers come in the order of the publishes.
      if (find_member(text, "failed") != "[]") throw LoadFailure(std::string(text));
      settle(acknowledged_++);
    } else if (type != "ka") {
      throw LoadFailure("publisher: " + std::string(text));
    }
  }
  void on_closed(WsClient&, int code) override {
    throw LoadFailure("the publisher was closed with " + std::to_string(code));
  }

 private:
  struct UnderWay {
    std::size_t left;  // deliveries and the acknowledgement
    Clock::time_point sent;
  };

  // The last segment "x" gives wildcard subscriptions something to match.
  std::string name_of(std::size_t channel) const {
    return options_.channel + "/" + std::to_string(channel) + "/x";
  }

  void connect_all() {
    publisher_.open(options_.target, source_address(options_.target, options_.subscribers));
    tail_ = make_event(0, options_.event_size);
    tail_ = tail_.substr(tail_.find("00000000") + 8) + "}";
    for (std::size_t i = 0; i < options_.subscribers; ++i) {
      auto& subscriber = subscribers_.emplace_back(std::make_unique<Subscriber>(loop_, *this));
      subscriber->first = i * options_.subscriptions;
      subscriber->readers.resize(options_.subscriptions);
      for (std::size_t j = 0; j < options_.subscriptions; ++j) {
        subscriber->readers[j].next = channel_of(subscriber->first + j) * options_.batch;
      }
      subscriber->client.open(options_.target, source_address(options_.target, i));
      // A bounded number of handshakes at once keeps the listen queue from overflowing.
      const std::size_t opened = (i + 1) * options_.subscriptions;
      run_until(loop_, deadline_, "subscribing",
                [&] { return opened - subscribed_ <= 256 * options_.subscriptions; });
    }
    run_until(loop_, deadline_, "subscribing", [&] {
      return ready_ && subscribed_ == options_.subscribers * options_.subscriptions;
    });
  }

  // Publishes `count` times, keeping `in_flight` under way, until everything is settled.
  void phase(std::size_t count) {
    const std::uint64_t end = published_ + count;
    for (;;) {
      while (published_ < end && under_way_.size() < options_.in_flight) publish_one();
      if (published_ == end && under_way_.empty()) return;
      loop_.turn(std::chrono::milliseconds(100));
      if (Clock::now() > deadline_) {
        throw LoadFailure("timed out: " + std::to_string(under_way_.size()) +
                          " publishes not delivered to everybody");
      }
    }
  }

  void publish_one() {
    const std::size_t channel = published_ % options_.channels;
    events_.clear();
    for (std::size_t i = 0; i < options_.batch; ++i) {
      if (i > 0) events_ += ',';
      events_ += make_event(published_ * options_.batch + i, options_.event_size);
    }
    publisher_.publish("p" + std::to_string(published_), name_of(channel), events_);
    under_way_.push_back({audience_[channel] * options_.batch + 1, Clock::now()});
    ++published_;
  }

  void settle(std::uint64_t publish) {
    if (--under_way_[publish - first_].left > 0) return;
    latencies_.add(Clock::now() - under_way_[publish - first_].sent);
    while (!under_way_.empty() && under_way_.front().left == 0) {
      under_way_.pop_front();
      ++first_;
    }
  }

  const LoadOptions& options_;
  Loop loop_;
  Clock::time_point deadline_;
  WsClient publisher_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<std::size_t> audience_;  // subscriptions of each channel
  std::string events_;
  std::string tail_;                // what follows the digits in every data frame
  std::deque<UnderWay> under_way_;  // publishes first_ … published_ - 1
  std::uint64_t first_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::int64_t deliveries_ = 0;
  std::size_t subscribed_ = 0;
  bool ready_ = false;
  Latencies latencies_;
};

void Subscriber::on_message(WsClient& c, std::string_view text) {
  constexpr std::string_view kEvent = R"("event":)";
  if (text.find(kEvent) != std::string_view::npos) {
    std::size_t index = 0;
    if (readers.size() > 1) {
      const std::string_view id = find_string(text, "id");
      index = std::stoull(std::string(id.substr(id.size() - 12))) - first;
    }
    Reader& reader = readers.at(index);
    const std::uint64_t sequence = event_sequence(text);
    if (sequence != reader.next) {
      throw LoadFailure("subscription " + std::to_string(first + index) + " expected event " +
                        std::to_string(reader.next) + " and got " + std::to_string(sequence));
    }
    if (reader.frame_size == 0) reader.frame_size = text.size();
    if (text.size() != reader.frame_size ||
        text.find(owner_.tail().substr(0, owner_.tail().size() - 1)) == std::string_view::npos) {
      throw LoadFailure("event " + std::to_string(sequence) + " was changed on its way");
    }
    // The next event of the batch, or the first of the channel's next publish.
    ++reader.next;
    if (reader.next % owner_.batch() == 0) reader.next += (owner_.channels() - 1) * owner_.batch();
    owner_.delivered(sequence);
    return;
  }
  const std::string_view type = find_string(text, "type");
  if (type == "connection_ack") {
    owner_.subscribe(*this);
  } else if (type == "subscribe_success") {
    owner_.subscribed();
  } else if (type != "ka") {
    throw LoadFailure("subscriber: " + std::string(text));
  }
  (void)c;
}

}  // namespace

Report run_fanout(const LoadOptions& options) { return Fanout(options).run(); }

}  // namespace bench
