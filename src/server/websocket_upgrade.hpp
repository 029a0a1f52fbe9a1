// From an HTTP request to a Connection.
#pragma once

#include <optional>

#include "net/transport.hpp"
#include "server/http_message.hpp"
#include "server/shard_context.hpp"

namespace eventsd::server {

// The credential set of an HTTP request: x-api-key and authorization.
Credentials credentials_from_headers(const HttpRequest& request);

// What handlers see of the request's headers; null when the API has no handler.
std::shared_ptr<const HeaderList> headers_for_handlers(const core::Api& api,
                                                       const HttpRequest& request);

// Completes the upgrade and hands the transport to a Connection. Bad credentials and subprotocols
// are told on the WebSocket (connection_error), because clients hang on a refused upgrade; only a
// request that is no WebSocket handshake, or is for another path, gets an HTTP answer.
//   source   RFC 6455 §4.2; PROTOCOL.md H rules
std::optional<HttpResponse> upgrade_to_websocket(ShardContext& shard, HttpRequest& request,
                                                 net::Transport& transport, std::string early_bytes,
                                                 std::function<void()>& on_end);

}  // namespace eventsd::server
