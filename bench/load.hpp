// The scenarios of the load client, and what they share.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "meter.hpp"
#include "ws_client/loop.hpp"
#include "ws_client/ws_client.hpp"

namespace bench {

// A run that found the server wrong (lost, doubled or reordered events, refusals) or stuck.
struct LoadFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct LoadOptions {
  Target target;
  pid_t pid = 0;  // of the server; 0: CPU and memory are not measured
  std::string channel = "/default/bench";
  std::size_t subscribers = 1000;        // connections
  std::size_t subscriptions = 1;         // per connection
  std::size_t channels = 1;              // "/0" … is appended when there are several
  double wildcard_share = 0;             // part of the subscriptions that end in "/*"
  std::size_t publishers = 1;            // connections (publish)
  std::size_t in_flight = 1;             // publishes not yet acknowledged and delivered
  std::size_t batch = 1;                 // events a publish
  std::size_t event_size = 100;          // bytes of an event's JSON text
  std::size_t publishes = 2000;          // measured, after a tenth as many for warming up
  std::size_t connections = 2000;        // connect: in all; idle: first size
  std::size_t connections_high = 18000;  // idle: second size
  std::size_t parallel = 64;             // connect: under way at once
  bool http = false;                     // publish: over HTTP
  bool upgrade_only = false;             // connect: stop after the upgrade
  int timeout_seconds = 120;             // a stuck server is a failure
};

Report run_fanout(const LoadOptions& options);
Report run_publish(const LoadOptions& options);
Report run_connect(const LoadOptions& options);
Report run_idle(const LoadOptions& options);

// One event as an escaped, quoted JSON string of `size` bytes of JSON text (at least 10), which
// holds `sequence` as its first ten digits.
std::string make_event(std::uint64_t sequence, std::size_t size);

// The sequence in a data frame made by make_event; throws LoadFailure if there is none.
std::uint64_t event_sequence(std::string_view frame);

// Turns the loop until `done()`; throws LoadFailure naming `what` at the deadline.
template <typename Done>
void run_until(Loop& loop, Clock::time_point deadline, const char* what, Done done) {
  while (!done()) {
    loop.turn(std::chrono::milliseconds(100));
    if (Clock::now() > deadline) throw LoadFailure(std::string("timed out: ") + what);
  }
}

}  // namespace bench
