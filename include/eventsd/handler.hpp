// What a namespace does with a publish or a subscribe that has been authorized: customers' code, or
// a function that is asked directly.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eventsd/authorizer.hpp"
#include "eventsd/pressure.hpp"
#include "eventsd/result.hpp"
#include "eventsd/task.hpp"

namespace eventsd {

struct HandlerEvent {
  std::string id;       // the server's; told to the publisher as `identifier`
  std::string payload;  // JSON text
};

// What ctx is made of (handlers rule 1.3).
struct HandlerRequest {
  Operation operation = Operation::publish;  // publish or subscribe
  std::string namespace_name;
  std::string channel;  // with its leading slash; the wildcard as text
  Identity identity;
  HeaderList headers;       // names in lower case; without cookies
  std::string domain_name;  // the configured domain that was asked; empty: none
  std::string request_id;
  std::vector<HandlerEvent> events;  // empty for subscribe
  std::vector<std::string> secrets;  // credential values, which no log line may show
};

// One entry of the handler's answer. Each id is one of the request's, and comes once.
struct HandledEvent {
  std::string id;
  std::string payload;  // JSON text; empty when there is an error
  std::string error;    // not broadcast; told to the publisher
};

// In the order of the broadcast. Events whose id is missing have been dropped.
using HandledEvents = std::vector<HandledEvent>;

// The handlers of one namespace.
class Handler {
 public:
  virtual ~Handler() = default;

  // Whether anything is done for this operation; otherwise events are forwarded unchanged and
  // subscribers are let in.
  virtual bool handles(Operation operation) const = 0;

  // How full the queue is that publishes wait in.
  virtual Pressure pressure() const { return Pressure::none; }

  // Asks the handler. For subscribe only the error counts.
  //   errors   handler_refused (util.error; with its message and type), handler_unauthorized
  //            (util.unauthorized), handler_failed (it crashed, ran into a limit, answered what is
  //            no answer), overloaded
  //   thread   the shard's, on which it is resumed
  //   source   handlers rules 1.2–1.7
  virtual Task<Result<HandledEvents>> handle(HandlerRequest request) = 0;
};

}  // namespace eventsd
