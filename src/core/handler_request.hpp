// What a handler is asked.
#pragma once

#include "core/event_api.hpp"
#include "core/snapshot.hpp"
#include "eventsd/handler.hpp"

namespace eventsd::core {

// All of ctx but the events and the identity, which is not known yet. On a socket the headers are
// the members of the message's authorization object and, where it has none of that name, those of
// the handshake.
//   source   handlers rule 1.3
HandlerRequest make_handler_request(const Api& api, Operation operation,
                                    const std::string& namespace_name, const std::string& channel,
                                    const Caller& caller);

}  // namespace eventsd::core
