// What a namespace does with publishes and subscribes, counted.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "eventsd/handler.hpp"

namespace eventsd::handler {

// Counted since the start, over all APIs. Written and read by any thread.
struct HandlerCounts {
  // Upper bounds of the buckets of `durations`, in seconds; one more for what is above.
  static constexpr std::array<double, 11> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                     0.05,   0.1,   0.5,    1,     10};
  struct OfOperation {
    std::atomic<std::uint64_t> invocations{0};
    std::atomic<std::uint64_t> refused{0};       // util.error
    std::atomic<std::uint64_t> unauthorized{0};  // util.unauthorized
    std::atomic<std::uint64_t> failed{0};        // crashed, ran into a limit, no answer
    std::atomic<std::uint64_t> overloaded{0};
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> durations{};
    std::atomic<std::uint64_t> microseconds{0};
  };
  OfOperation publish;
  OfOperation subscribe;
};

// Either may be null: nothing is done then.
struct NamespaceHandlers {
  std::shared_ptr<Handler> publish;
  std::shared_ptr<Handler> subscribe;
};

//   REQUIRES   `counts` outlives the handler
std::unique_ptr<Handler> make_namespace_handler(NamespaceHandlers handlers, HandlerCounts& counts);

}  // namespace eventsd::handler
