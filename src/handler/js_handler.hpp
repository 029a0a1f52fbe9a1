// A namespace's code as its Handler.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "eventsd/code_runner.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/handler.hpp"

namespace eventsd::handler {

struct JsHandlerOptions {
  CodeModulePtr module;
  std::uint32_t namespace_key = 0;
  std::string api_id;
  // What an object with request and response asks. Never null; functions ask nobody.
  std::shared_ptr<DataSource> on_publish;
  std::shared_ptr<DataSource> on_subscribe;
  std::chrono::milliseconds wall_time{30'000};  // request, data source and response together
};

// Handles the operations that the module exports a function for.
//   REQUIRES   `runner` outlives the handler
//   source     handlers rules 1.1–1.6
std::unique_ptr<Handler> make_js_handler(JsHandlerOptions options, CodeRunner& runner);

}  // namespace eventsd::handler
