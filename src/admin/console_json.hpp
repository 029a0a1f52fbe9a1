// The console's answers as JSON text. No secret is in them.
#pragma once

#include <string>

#include "admin/console.hpp"

namespace eventsd::admin {

// Namespaces that are listed of an API.
inline constexpr std::size_t kConsoleNamespaces = 500;

std::string console_info(const ConsoleUse& use, const core::Snapshot& snapshot);
std::string console_live(const core::LiveView& view, const ConsoleUse& use);
std::string console_frames(const core::FrameView& view);
std::string console_configuration(const std::string& yaml, const core::Snapshot& snapshot);
std::string console_limits(const core::LiveView& view, const ConsoleUse& use,
                           const core::Snapshot& snapshot);
std::string console_handlers(const HandlerLog& log);

}  // namespace eventsd::admin
