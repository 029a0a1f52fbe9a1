// systemd's side of a service: readiness, watchdog, sockets that it opened for us.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace eventsd::app {

// Sends one sd_notify(3) datagram ("READY=1"); does nothing when no supervisor asked for it.
void notify_supervisor(std::string_view state);

// How often WATCHDOG=1 is due (half of WATCHDOG_USEC); absent when nobody watches.
std::optional<std::chrono::milliseconds> watchdog_interval();

// Listening sockets passed in LISTEN_FDS, marked close-on-exec. Empty when there are none.
std::vector<int> inherited_sockets();

}  // namespace eventsd::app
