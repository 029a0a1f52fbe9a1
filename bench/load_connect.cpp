// Connections a second: upgrade, connection_init, connection_ack, subscribe, subscribe_success;
// then the client resets the connection, which leaves no TIME_WAIT behind.
#include <memory>
#include <vector>

#include "load.hpp"
#include "ws_client/json_scan.hpp"

namespace bench {
namespace {

class Rush : public WsClient::Listener {
 public:
  explicit Rush(const LoadOptions& options) : options_(options) {}

  Report run() {
    const auto deadline = Clock::now() + std::chrono::seconds(options_.timeout_seconds);
    for (std::size_t i = 0; i < options_.parallel; ++i) {
      clients_.push_back(std::make_unique<WsClient>(loop_, *this));
      ended_.push_back(clients_.back().get());
    }
    phase(options_.connections / 10 + 1, deadline);
    const std::int64_t cpu_before = options_.pid != 0 ? process_cpu_ns(options_.pid) : 0;
    const std::int64_t own_before = own_cpu_ns();
    const auto start = Clock::now();
    phase(options_.connections, deadline);
    const double wall = std::chrono::duration<double>(Clock::now() - start).count();
    const auto count = static_cast<double>(options_.connections);
    Report report;
    report.add("until", options_.upgrade_only ? "upgrade" : "subscribe_success");
    report.add("connections", count, "");
    report.add("parallel", static_cast<double>(options_.parallel), "");
    report.add("connections_per_second", count / wall, "1/s");
    if (options_.pid != 0) {
      report.add("server_cpu_us_per_connection",
                 static_cast<double>(process_cpu_ns(options_.pid) - cpu_before) / 1e3 / count,
                 "us");
    }
    report.add("client_cpu_share", static_cast<double>(own_cpu_ns() - own_before) / 1e9 / wall, "");
    return report;
  }

  void on_open(WsClient& client) override {
    if (options_.upgrade_only) {
      finish(client);
    } else {
      client.send_init();
    }
  }
  void on_message(WsClient& client, std::string_view text) override {
    const std::string_view type = find_string(text, "type");
    if (type == "connection_ack") {
      client.subscribe("bench", options_.channel);
    } else if (type == "subscribe_success") {
      finish(client);
    } else if (type != "ka") {
      throw LoadFailure(std::string(text));
    }
  }
  void on_closed(WsClient&, int code) override {
    throw LoadFailure("a connection ended with " + std::to_string(code));
  }

 private:
  void finish(WsClient& client) {
    client.close_now(true);
    ++finished_;
    ended_.push_back(&client);
  }

  void phase(std::size_t count, Clock::time_point deadline) {
    std::size_t to_start = count;
    const std::size_t end = finished_ + count;
    run_until(loop_, deadline, "connecting", [&] {
      for (; to_start > 0 && !ended_.empty(); --to_start) {
        // Sources rotate, so that no address runs out of ports.
        ended_.back()->open(options_.target,
                            source_address(options_.target, 2000 * (started_++ % 64)));
        ended_.pop_back();
      }
      return finished_ == end;
    });
  }

  const LoadOptions& options_;
  Loop loop_;
  std::vector<std::unique_ptr<WsClient>> clients_;
  std::vector<WsClient*> ended_;
  std::size_t started_ = 0;
  std::size_t finished_ = 0;
};

}  // namespace

Report run_connect(const LoadOptions& options) { return Rush(options).run(); }

}  // namespace bench
