// The load client for other servers: eventsd_peer_load nchan|nats|ws|socketio fanout|idle --url URL
// --pid PID [options]. The same measure as eventsd_load: one publisher, many subscribers, a publish
// is under way until every subscriber has it; each subscriber must get every event once, in order.
#include <signal.h>
#include <sys/resource.h>

#include <charconv>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "load.hpp"
#include "ws_client/json_scan.hpp"

namespace bench {
namespace {

constexpr auto kSettle = std::chrono::milliseconds(500);
constexpr auto kStall = std::chrono::seconds(4);

// What a server's protocol says to a connection, and where its events are.
struct Dialect {
  struct Sink {
    virtual ~Sink() = default;
    virtual void ready() = 0;
    virtual void event(std::string_view payload) = 0;
    std::string rest;  // of a stream: bytes of an incomplete line or message
  };
  virtual ~Dialect() = default;
  virtual std::string path(bool publisher) const = 0;
  virtual std::string_view protocol() const { return {}; }
  virtual void opened(WsClient& client, Sink& sink, bool publisher) = 0;
  virtual void message(WsClient& client, Sink& sink, std::string_view text) = 0;
  virtual void publish(WsClient& client, std::string_view payload) = 0;
};

// nginx + nchan, and our own broadcast of npm's ws: a message is an event.
struct Plain : Dialect {
  std::string path(bool publisher) const override { return publisher ? "/pub" : "/sub"; }
  void opened(WsClient&, Sink& sink, bool) override { sink.ready(); }
  void message(WsClient&, Sink& sink, std::string_view text) override { sink.event(text); }
  void publish(WsClient& client, std::string_view payload) override { client.send_text(payload); }
};

// Engine.IO 4 without its HTTP polling, Socket.IO 5 in it.
struct SocketIo : Dialect {
  std::string path(bool) const override { return "/socket.io/?EIO=4&transport=websocket"; }
  void opened(WsClient&, Sink&, bool) override {}
  void message(WsClient& client, Sink& sink, std::string_view text) override {
    constexpr std::string_view kEvent = R"(42["event",)";
    if (text.starts_with(kEvent)) {
      sink.event(text.substr(kEvent.size(), text.size() - kEvent.size() - 1));
    } else if (text == "2") {
      client.send_text("3");
    } else if (text.starts_with("0")) {
      client.send_text("40");
    } else if (text.starts_with("40")) {
      sink.ready();
    } else {
      throw LoadFailure("unexpected: " + std::string(text));
    }
  }
  void publish(WsClient& client, std::string_view payload) override {
    client.send_text(R"(42["publish",)" + std::string(payload) + "]");
  }
};

// NATS' line protocol in binary frames whose borders mean nothing.
struct Nats : Dialect {
  std::string path(bool) const override { return "/"; }
  void opened(WsClient& client, Sink&, bool publisher) override {
    client.send_binary(std::string(R"(CONNECT {"verbose":false,"pedantic":false,"lang":"bench",)"
                                   R"("version":"1","protocol":1})"
                                   "\r\n") +
                       (publisher ? "" : "SUB bench 1\r\n") + "PING\r\n");
  }
  void message(WsClient& client, Sink& sink, std::string_view bytes) override {
    if (!sink.rest.empty()) {
      sink.rest.append(bytes);
      const std::string whole = std::move(sink.rest);
      sink.rest = whole.substr(take(client, sink, whole));
    } else {
      sink.rest = bytes.substr(take(client, sink, bytes));
    }
  }
  void publish(WsClient& client, std::string_view payload) override {
    client.send_binary("PUB bench " + std::to_string(payload.size()) + "\r\n" +
                       std::string(payload) + "\r\n");
  }

 private:
  static std::size_t take(WsClient& client, Sink& sink, std::string_view bytes) {
    std::size_t at = 0;
    for (;;) {
      const std::size_t end = bytes.find("\r\n", at);
      if (end == std::string_view::npos) return at;
      const std::string_view line = bytes.substr(at, end - at);
      if (line.starts_with("MSG ")) {
        std::size_t size = 0;
        std::from_chars(line.data() + line.rfind(' ') + 1, line.data() + line.size(), size);
        if (bytes.size() < end + 2 + size + 2) return at;
        sink.event(bytes.substr(end + 2, size));
        at = end + 2 + size + 2;
        continue;
      }
      if (line == "PONG") sink.ready();
      if (line == "PING") client.send_binary("PONG\r\n");
      if (line.starts_with("-ERR")) throw LoadFailure(std::string(line));
      at = end + 2;
    }
  }
};

struct Options {
  Target target;
  pid_t pid = 0;
  std::size_t subscribers = 1000, in_flight = 1, publishes = 2000, event_size = 100;
  std::size_t connections = 2000, connections_high = 18000;
};

class Load {
 public:
  Load(Dialect& dialect, const Options& options) : dialect_(dialect), options_(options) {}

  Report fanout() {
    connect(options_.subscribers);
    publisher_ = std::make_unique<Connection>(*this, true, options_.subscribers);
    run_until(loop_, deadline_, "connecting", [&] { return ready_ == options_.subscribers + 1; });
    settle();  // some servers subscribe after they have answered the upgrade
    phase(std::max(options_.publishes / 10, options_.in_flight));
    const std::int64_t cpu_before = process_cpu_ns(options_.pid);
    const std::int64_t own_before = own_cpu_ns();
    const auto start = Clock::now();
    phase(options_.publishes);
    const double wall = std::chrono::duration<double>(Clock::now() - start).count();
    const auto cpu = static_cast<double>(process_cpu_ns(options_.pid) - cpu_before);
    const double delivered = static_cast<double>(options_.publishes * options_.subscribers);
    settle();  // what comes twice comes now
    Report report;
    report.add("subscribers", static_cast<double>(options_.subscribers), "");
    report.add("in_flight", static_cast<double>(options_.in_flight), "publishes");
    report.add("deliveries", delivered, "frames");
    report.add("deliveries_per_second", delivered / wall, "1/s");
    report.add("publishes_per_second", static_cast<double>(options_.publishes) / wall, "1/s");
    report.add("server_cpu_us_per_delivery", cpu / 1e3 / delivered, "us");
    report.add("client_cpu_share", static_cast<double>(own_cpu_ns() - own_before) / 1e9 / wall, "");
    return report;
  }

  Report idle() {
    connect(options_.connections);
    settle();
    const std::int64_t low = resident_bytes(options_.pid);
    connect(options_.connections_high);
    settle();
    const std::int64_t high = resident_bytes(options_.pid);
    Report report;
    report.add("resident_low", static_cast<double>(low), "B");
    report.add("resident_high", static_cast<double>(high), "B");
    report.add("bytes_per_connection",
               static_cast<double>(high - low) /
                   static_cast<double>(options_.connections_high - options_.connections),
               "B");
    return report;
  }

 private:
  struct Connection : WsClient::Listener, Dialect::Sink {
    Connection(Load& o, bool is_publisher, std::size_t number)
        : owner(o), publisher(is_publisher), client(o.loop_, *this) {
      client.open_at(o.options_.target, o.dialect_.path(publisher), o.dialect_.protocol(),
                     source_address(o.options_.target, number));
    }
    void on_open(WsClient& c) override { owner.dialect_.opened(c, *this, publisher); }
    void on_message(WsClient& c, std::string_view text) override {
      // What a server says to its publisher differs; only readiness matters.
      owner.dialect_.message(c, *this, text);
    }
    void on_closed(WsClient&, int code) override {
      throw LoadFailure("a connection was closed with " + std::to_string(code));
    }
    void ready() override {
      if (!std::exchange(is_ready, true)) ++owner.ready_;
    }
    void event(std::string_view payload) override {
      if (!publisher) owner.delivered(next, payload);
    }
    Load& owner;
    bool publisher;
    bool is_ready = false;
    std::uint64_t next = 0;
    WsClient client;
  };

  void delivered(std::uint64_t& next, std::string_view payload) {
    ++deliveries_;
    const std::string& expected = payload_of(next);
    if (payload != expected) {
      throw LoadFailure("expected " + expected + " and got " + std::string(payload));
    }
    if (--under_way_[next - first_] == 0) {
      while (!under_way_.empty() && under_way_.front() == 0) {
        under_way_.pop_front();
        ++first_;
      }
    }
    ++next;
  }

  const std::string& payload_of(std::uint64_t sequence) {
    if (sequence < first_ || sequence >= published_) {
      throw LoadFailure("an event came that was not under way");
    }
    if (payload_sequence_ != sequence || payload_.empty()) {
      char digits[16];
      snprintf(digits, sizeof digits, "%08llu", static_cast<unsigned long long>(sequence));
      payload_ = R"({"n":")" + std::string(digits) + R"(","text":")";
      payload_ += std::string(options_.event_size - payload_.size() - 2, 'x') + R"("})";
      payload_sequence_ = sequence;
    }
    return payload_;
  }

  void connect(std::size_t count) {
    while (subscribers_.size() < count) {
      subscribers_.push_back(std::make_unique<Connection>(*this, false, subscribers_.size()));
      run_until(loop_, deadline_, "connecting", [&] { return subscribers_.size() - ready_ <= 64; });
    }
    run_until(loop_, deadline_, "connecting", [&] { return ready_ >= count; });
  }

  void settle() {
    const auto end = Clock::now() + kSettle;
    while (Clock::now() < end) loop_.turn(std::chrono::milliseconds(50));
  }

  void phase(std::size_t count) {
    const std::uint64_t end = published_ + count;
    std::uint64_t seen = deliveries_;
    auto stalled = Clock::now() + kStall;
    run_until(loop_, deadline_, "not delivered to everybody", [&] {
      while (published_ < end && under_way_.size() < options_.in_flight) {
        under_way_.push_back(options_.subscribers);
        ++published_;
        dialect_.publish(publisher_->client, payload_of(published_ - 1));
      }
      if (const auto now = Clock::now(); deliveries_ != seen) {
        seen = deliveries_;
        stalled = now + kStall;
      } else if (now > stalled) {
        throw LoadFailure("timed out: nothing was delivered for 4 s");
      }
      return published_ == end && under_way_.empty();
    });
  }

  Dialect& dialect_;
  const Options& options_;
  Loop loop_;
  Clock::time_point deadline_ = Clock::now() + std::chrono::seconds(40);
  std::vector<std::unique_ptr<Connection>> subscribers_;
  std::unique_ptr<Connection> publisher_;
  std::size_t ready_ = 0;
  std::deque<std::size_t> under_way_;
  std::uint64_t first_ = 0, published_ = 0, deliveries_ = 0;
  std::string payload_;
  std::uint64_t payload_sequence_ = 0;
};

Options parse(int argc, char** argv) {
  Options options;
  std::map<std::string_view, std::size_t*> numbers = {
      {"--subscribers", &options.subscribers}, {"--in-flight", &options.in_flight},
      {"--publishes", &options.publishes},     {"--event-size", &options.event_size},
      {"--connections", &options.connections}, {"--connections-high", &options.connections_high}};
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--url") {
      options.target = Target::parse(argv[i + 1], "");
    } else if (name == "--pid") {
      options.pid = std::stoi(argv[i + 1]);
    } else if (const auto number = numbers.find(name); number != numbers.end()) {
      *number->second = std::stoull(argv[i + 1]);
    } else {
      throw std::invalid_argument("unknown option " + std::string(name));
    }
  }
  if (options.event_size < 40) throw std::invalid_argument("--event-size is at least 40");
  return options;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  const std::string_view peer = argc > 2 ? argv[1] : "", scenario = argc > 2 ? argv[2] : "";
  std::unique_ptr<Dialect> dialect;
  if (peer == "nchan" || peer == "ws") dialect = std::make_unique<Plain>();
  if (peer == "nats") dialect = std::make_unique<Nats>();
  if (peer == "socketio") dialect = std::make_unique<SocketIo>();
  if (!dialect || (scenario != "fanout" && scenario != "idle")) {
    fputs(
        "usage: eventsd_peer_load nchan|nats|ws|socketio fanout|idle --url URL --pid PID\n"
        "  fanout [--subscribers N] [--in-flight N] [--publishes N] [--event-size BYTES]\n"
        "  idle [--connections N] [--connections-high N]\n",
        stderr);
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  try {
    const Options options = parse(argc, argv);
    Load load(*dialect, options);
    (scenario == "fanout" ? load.fanout() : load.idle()).print_json();
  } catch (const std::exception& error) {
    fprintf(stderr, "eventsd_peer_load: %s\n", error.what());
    return 1;
  }
  return 0;
}
