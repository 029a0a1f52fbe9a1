// Stored events over HTTP, for whoever has leave to read them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/history.hpp"
#include "eventsd/channel_namespace.hpp"
#include "eventsd/task.hpp"
#include "server/http_message.hpp"

namespace eventsd::server {

// Reads of history at once, an address; what stops one client from occupying the readers.
inline constexpr unsigned kMaxHistoryReadsPerAddress = 4;

// Counts them, for all shards. Of fixed size whatever the number of addresses; two that share a
// counter share the limit, which among 65,536 counters is rare.
//   thread   any
class HistoryReadLimiter {
 public:
  std::atomic<std::uint16_t>& count_of(std::string_view ip);

 private:
  std::array<std::atomic<std::uint16_t>, 65536> counts_{};
};

// One page, as the request's query asks (limit, before, after). Who asks has been authorized.
//   history  null: nothing is kept
//   channel  normalised; may end in "/*"
//   thread   the one that `history` completes on; history, limiter and request outlive the task
//   source   PROTOCOL.md R rules
Task<HttpResponse> read_history(core::History* history, HistoryReadLimiter& limiter,
                                ChannelNamespacePtr channel_namespace, std::string channel,
                                HttpRequest& request);

}  // namespace eventsd::server
