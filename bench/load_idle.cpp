// Resident bytes of the server per idle subscribed connection: the slope between two sizes, so that
// what the process costs by itself does not count.
#include <memory>
#include <vector>

#include "load.hpp"
#include "ws_client/json_scan.hpp"

namespace bench {
namespace {

class Idle : public WsClient::Listener {
 public:
  explicit Idle(const LoadOptions& options)
      : options_(options),
        deadline_(Clock::now() + std::chrono::seconds(options.timeout_seconds)) {}

  Report run() {
    if (options_.pid == 0) throw std::invalid_argument("idle needs --pid");
    const std::int64_t empty = resident_bytes(options_.pid);
    grow(options_.connections);
    const std::int64_t low = resident_bytes(options_.pid);
    grow(options_.connections_high);
    const std::int64_t high = resident_bytes(options_.pid);
    clients_.clear();
    settle();
    const std::int64_t after = resident_bytes(options_.pid);
    Report report;
    report.add("connections_low", static_cast<double>(options_.connections), "");
    report.add("connections_high", static_cast<double>(options_.connections_high), "");
    report.add("resident_empty", static_cast<double>(empty), "B");
    report.add("resident_low", static_cast<double>(low), "B");
    report.add("resident_high", static_cast<double>(high), "B");
    report.add("resident_after_all_left", static_cast<double>(after), "B");
    report.add("bytes_per_connection",
               static_cast<double>(high - low) /
                   static_cast<double>(options_.connections_high - options_.connections),
               "B");
    return report;
  }

  void on_open(WsClient& client) override { client.send_init(); }
  void on_message(WsClient& client, std::string_view text) override {
    const std::string_view type = find_string(text, "type");
    if (type == "connection_ack") {
      client.subscribe("5b5c1d2e-8f00-4000-8000-000000000000",
                       options_.channels == 1
                           ? options_.channel
                           : options_.channel + "/" + std::to_string(acked_ % options_.channels));
      ++acked_;
    } else if (type == "subscribe_success") {
      ++subscribed_;
    } else if (type != "ka") {
      throw LoadFailure(std::string(text));
    }
  }
  void on_closed(WsClient&, int code) override {
    throw LoadFailure("a connection ended with " + std::to_string(code));
  }

 private:
  void grow(std::size_t size) {
    while (clients_.size() < size) {
      auto& client = clients_.emplace_back(std::make_unique<WsClient>(loop_, *this));
      client->open(options_.target, source_address(options_.target, clients_.size() - 1));
      run_until(loop_, deadline_, "subscribing",
                [&] { return clients_.size() - subscribed_ <= 128; });
    }
    run_until(loop_, deadline_, "subscribing", [&] { return subscribed_ == size; });
    settle();
  }

  // Half a second in which the server may give back what only connecting needed.
  void settle() {
    const auto end = Clock::now() + std::chrono::milliseconds(500);
    while (Clock::now() < end) loop_.turn(std::chrono::milliseconds(50));
  }

  const LoadOptions& options_;
  Loop loop_;
  Clock::time_point deadline_;
  std::vector<std::unique_ptr<WsClient>> clients_;
  std::size_t acked_ = 0;
  std::size_t subscribed_ = 0;
};

}  // namespace

Report run_idle(const LoadOptions& options) { return Idle(options).run(); }

}  // namespace bench
