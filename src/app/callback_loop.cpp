#include "app/callback_loop.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

namespace eventsd::app {

void run_callbacks(boost::asio::io_context& io, const Executor& executor, const char* name) {
  pthread_setname_np(pthread_self(), name);
  const ExecutorScope scope(executor);
  while (true) {
    try {
      io.run();
      return;
    } catch (const std::exception& failure) {
      spdlog::error("a callback failed unexpectedly thread={} err=\"{}\"", name, failure.what());
    }
  }
}

}  // namespace eventsd::app
