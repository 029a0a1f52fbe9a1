// The use cases: publish, and what a subscribe or a history read needs before it takes effect.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/operation_queue.hpp"
#include "core/snapshot.hpp"
#include "eventsd/broker.hpp"
#include "eventsd/channel.hpp"
#include "eventsd/event.hpp"
#include "protocol/client_message.hpp"
#include "protocol/server_message.hpp"

namespace eventsd::core {

// Who asks, as far as is known before it has been verified.
struct Caller {
  Credentials credentials;
  // These live as long as the operation: on a connection or in a request, which it keeps.
  std::string_view source_ip;
  std::string_view request_id;  // of the connection, or of the HTTP request
  // Of the HTTP request or the handshake; null where no handler looks at them.
  std::shared_ptr<const HeaderList> headers = nullptr;
};

struct PublishRequest {
  std::string_view channel;           // as the client wrote it
  std::shared_ptr<EventBatch> batch;  // the events alone; the rest of it is made here
  Caller caller;
  // Waits while the queues behind the namespace are more than half full; false: in vain. Called once
  // the publish has been granted.
  std::function<Task<bool>(ChannelNamespacePtr)> wait_for_room = {};
  // Instead of the caller's: where they lie in the frame. `channel` and these are looked at before
  // publish() waits for the first time.
  std::optional<protocol::CredentialsText> credentials = std::nullopt;
};

// What became of each event.
struct PublishOutcome {
  EventBatchPtr batch;             // what was accepted
  std::vector<std::string> texts;  // identifiers and messages of what failed
  std::vector<protocol::FailedEvent> failed;  // point into `texts`
  std::size_t dropped = 0;  // by the handler: in neither list
  bool handled = false;     // a handler was asked
};

// How full the queues are that a publish to the namespace passes: its handler's and the broker's.
Pressure publish_pressure(const Api& api, const Broker& broker,
                          const ChannelNamespace& channel_namespace);

// One publish, from the client's words to the broker. `slot` keeps the order of a connection's
// operations; null over HTTP. `max_event_size` is that of the configuration it began with.
//   errors   as authorize() and Handler::handle(); bad_request, overloaded, store_full,
//            store_unavailable
//   thread   the shard's; on return it is the slot's turn to answer
Task<Result<PublishOutcome>> publish(std::uint64_t max_event_size, ApiPtr api, Broker& broker,
                                     PublishRequest request, OperationQueue::Slot* slot);

// Leave to read a channel: live, or its past.
struct SubscribeGrant {
  ChannelNamespacePtr channel_namespace;
  Channel channel;
  Identity identity;
  bool handled = false;  // a handler was asked
};

//   errors   as authorize() and Handler::handle(); bad_request
Task<Result<SubscribeGrant>> authorize_subscribe(ApiPtr api, std::string channel, Caller caller);

// Leave to connect.
Task<Result<Identity>> authorize_connect(ApiPtr api, Caller caller);

}  // namespace eventsd::core
