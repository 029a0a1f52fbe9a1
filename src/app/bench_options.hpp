// What `eventsd bench` is asked to do, and its parts.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/cli.hpp"

namespace CLI {
class App;
}

namespace eventsd::app::bench {

enum class Scenario : std::uint8_t { fanout, publish, connect, idle };
enum class PublishOver : std::uint8_t { http, socket };

struct Options {
  Scenario scenario = Scenario::fanout;
  EndpointOptions endpoint;
  std::string auth_token;  // empty: the API key
  std::string channel = "default/bench";
  std::size_t threads = 1;
  std::chrono::milliseconds duration{10'000};
  bool has_duration = false;  // the user chose it
  bool is_confirmed = false;  // --yes
  Output output = Output::text;
  pid_t pid = 0;          // of the server; 0: not measured
  std::string admin_url;  // empty: not asked

  std::size_t subscribers = 100;
  std::size_t publishers = 1;  // connections that publish
  std::size_t channels = 1;
  double wildcard_share = 0;      // part of the subscribers that use a wildcard
  std::size_t event_bytes = 100;  // of an event's JSON text
  std::size_t batch = 1;          // events of a publish
  std::optional<double> rate;  // publishes a second, all publishers together; absent: closed loop
  std::size_t in_flight = 1;   // per publisher
  PublishOver over = PublishOver::http;

  std::size_t connections = 1000;  // connect: in all; idle: at the same time
  std::size_t concurrency = 64;    // connections being set up at the same time
};

// Declares the four scenarios on the verb `bench` and returns what runs after parsing.
std::function<int()> bind_bench(CLI::App& verb, const Console& console);

// Checks the options against each other, finds the endpoint, tries one connection, runs the
// scenario and prints its report.
int run_bench(const Options& options, const Console& console);

}  // namespace eventsd::app::bench
