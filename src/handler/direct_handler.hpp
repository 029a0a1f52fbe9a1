// A Lambda function that is asked directly, with the whole context.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "eventsd/channel_namespace.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/handler.hpp"

namespace eventsd::handler {

struct DirectHandlerOptions {
  std::shared_ptr<DataSource> function;  // takes {operation: "Invoke", …}; never null
  std::string api_id;
  InvokeType invoke_type = InvokeType::request_response;
  std::chrono::milliseconds wall_time{30'000};
  // Runs, once, what nobody waits for and what holds `bytes` until it ends; false: too much is
  // under way. Called on the shard's thread.
  std::function<bool(std::function<Task<void>()>, std::size_t bytes)> spawn;
};

// Handles both operations.
//   source   handlers rule 5.2
std::unique_ptr<Handler> make_direct_handler(DirectHandlerOptions options);

}  // namespace eventsd::handler
