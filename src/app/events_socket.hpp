// One WebSocket to the public endpoint: the upgrade with credentials, connection_init and its
// acknowledgement, then frames as JSON. For the command line's clients.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/events_endpoint.hpp"

namespace eventsd::app {

struct SocketEnd {
  std::string reason;       // for a person; empty after our own close()
  bool is_refused = false;  // the server does not want us: trying again is pointless
};

// All on the context's thread. on_end comes once and last. The socket may be destroyed in any.
struct EventsSocketHandlers {
  std::function<void()> on_ready;                             // connection_ack has come
  std::function<void(const nlohmann::json& frame)> on_frame;  // any but ack, ka, connection_error
  std::function<void(const SocketEnd& end)> on_end;
};

// Destroying it drops the connection; no handler is called afterwards.
//   thread   the context's
class EventsSocket {
 public:
  virtual ~EventsSocket() = default;

  // Sends a message with the endpoint's credentials in it. False when it cannot be queued.
  virtual bool send(nlohmann::json message) = 0;

  // Says goodbye; on_end follows.
  virtual void close() = 0;
};

// No handler is called from within this call. An acknowledgement that does not come within 15 s
// ends the connection.
std::unique_ptr<EventsSocket> open_events_socket(boost::asio::io_context& context,
                                                 const EventsEndpoint& endpoint,
                                                 EventsSocketHandlers handlers);

// "BadRequestException: text" of the first of a frame's errors.
std::string explain_frame(const nlohmann::json& frame);

// The errorType of the first of a frame's errors; may be empty.
std::string error_type(const nlohmann::json& frame);

}  // namespace eventsd::app
