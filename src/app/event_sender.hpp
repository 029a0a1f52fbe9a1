// How `eventsd publish` hands a batch of events to the server: over HTTP, or over one WebSocket.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/events_endpoint.hpp"

namespace eventsd::app {

// What became of one event of a batch, in the batch's order.
struct EventOutcome {
  std::string identifier;  // the server's, if it gave one
  std::string error;       // empty: published
};

struct BatchOutcome {
  std::vector<EventOutcome> events;  // empty: the batch was refused as a whole, `error` says why
  std::string error;
  bool is_busy = false;   // refused for now: the same batch may be sent again
  bool is_fatal = false;  // nothing more can be sent
};

// One batch at a time. Answers come on the context's thread, never from within send().
class EventSender {
 public:
  virtual ~EventSender() = default;
  virtual void send(const std::string& channel, std::vector<std::string> events,
                    std::function<void(BatchOutcome)> done) = 0;
  // Ends the connection, if there is one.
  virtual void close() = 0;
};

std::unique_ptr<EventSender> make_http_sender(boost::asio::io_context& context,
                                              const EventsEndpoint& endpoint);
std::unique_ptr<EventSender> make_socket_sender(boost::asio::io_context& context,
                                                const EventsEndpoint& endpoint);

}  // namespace eventsd::app
