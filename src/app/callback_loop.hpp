// What a thread of its own io_context runs.
#pragma once

#include <boost/asio/io_context.hpp>

#include "eventsd/executor.hpp"

namespace eventsd::app {

// Names the calling thread and runs its callbacks until `io` ends. What leaves a callback is a bug
// or a lost resource: it is logged and costs the one who waited for that callback, not the thread.
//   name     at most 15 characters
void run_callbacks(boost::asio::io_context& io, const Executor& executor, const char* name);

}  // namespace eventsd::app
