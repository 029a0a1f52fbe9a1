// Shows the console what handlers log.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string_view>

#include "admin/handler_log.hpp"

namespace eventsd::app {

// The logger named "handler" (handler/log.hpp): it writes where the default logger writes, and to
// `log`, which must live until stop_handler_logger().
//   thread   control; what it logs comes from any
void start_handler_logger(admin::HandlerLog& log);
void stop_handler_logger();

// What a line of handler/handler_log.cpp is about: "console ns=chat handler=onPublish.request
// at=code.js:1:1 request=ID text=…". A line of another form is all text.
admin::HandlerLine read_handler_line(std::string_view text);

}  // namespace eventsd::app
