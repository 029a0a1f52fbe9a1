#include "server/websocket_upgrade.hpp"

#include <algorithm>

#include "protocol/client_message.hpp"
#include "protocol/text.hpp"
#include "protocol/ws_frame.hpp"
#include "server/connection.hpp"

namespace eventsd::server {
namespace {

constexpr std::string_view kSubprotocol = "aws-appsync-event-ws";
constexpr std::string_view kHeaderPrefix = "header-";
constexpr std::size_t kAnswerBytes = 192;  // what our lines of the answer take

bool is_realtime_path(std::string_view path) {
  return path == "/event/realtime" || path == "/realtime";
}

struct Offer {
  bool any = false;         // at least one subprotocol
  bool ours = false;        // aws-appsync-event-ws among them
  std::string_view header;  // what follows "header-"
};

Offer parse_offer(std::string_view protocols) {
  Offer offer;
  for_each_element(protocols, [&](std::string_view element) {
    offer.any = true;
    if (element == kSubprotocol) offer.ours = true;
    if (element.starts_with(kHeaderPrefix)) offer.header = element.substr(kHeaderPrefix.size());
  });
  return offer;
}

std::shared_ptr<const HttpSource> source_of(const HttpRequest& request) {
  auto source = std::make_shared<HttpSource>();
  source->method = request.method;
  source->path = request.raw_path.empty() ? request.path : request.raw_path;
  source->query = request.query;
  for (const auto& [name, value] : request.headers) {
    source->headers.emplace_back(protocol::in_lower_case(name), value);
  }
  source->body = request.body;
  return source;
}

// Subprotocol, then HTTP headers, then query.
Result<Credentials> find_credentials(const HttpRequest& request, const Offer& offer) {
  if (!offer.header.empty()) return protocol::decode_credentials(offer.header);
  Credentials from_headers = credentials_from_headers(request);
  if (!from_headers.empty()) return from_headers;
  const auto query = protocol::query_parameter(request.query, "header");
  if (query) return protocol::decode_credentials(*query);
  return Credentials{};
}

}  // namespace

std::shared_ptr<const HeaderList> headers_for_handlers(const core::Api& api,
                                                       const HttpRequest& request) {
  if (api.handlers.empty()) return nullptr;
  auto headers = std::make_shared<HeaderList>();
  for (const auto& [name, value] : request.headers) {
    headers->emplace_back(protocol::in_lower_case(name), value);
  }
  return headers;
}

Credentials credentials_from_headers(const HttpRequest& request) {
  Credentials credentials;
  credentials.api_key = request.header("x-api-key");
  credentials.authorization = request.header("authorization");
  // Who verifies an API key needs no more than the key.
  if (!credentials.authorization.empty()) credentials.http = source_of(request);
  return credentials;
}

std::optional<HttpResponse> upgrade_to_websocket(ShardContext& shard, HttpRequest& request,
                                                 net::Transport& transport, std::string early_bytes,
                                                 std::function<void()>& on_end) {
  if (!is_realtime_path(request.path)) {
    return error_response(fail(ErrorKind::not_found, "No such path: " + request.path));
  }
  if (request.method != "GET") {
    return error_response(fail(ErrorKind::method_not_allowed));
  }
  if (request.header("sec-websocket-version") != "13") {
    HttpResponse response =
        error_response(fail(ErrorKind::upgrade_required, "WebSocket version 13 is required"));
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    return response;
  }
  const std::string_view key = request.header("sec-websocket-key");
  const auto nonce = protocol::base64_decode(key);
  bool connection_upgrade = false;
  for_each_element(request.joined_header("connection"), [&](std::string_view element) {
    connection_upgrade |= equals_ignoring_case(element, "upgrade");
  });
  if (!nonce || nonce->size() != 16 || !connection_upgrade) {
    return error_response(fail(ErrorKind::bad_request, "Malformed WebSocket handshake"));
  }

  const std::string protocols = request.joined_header("sec-websocket-protocol");
  const Offer offer = parse_offer(protocols);
  Handshake handshake{shard.snapshot->api_for_host(request.header("host")),
                      {},
                      fail(ErrorKind::bad_request),
                      request.source_ip,
                      request.request_id,
                      std::move(early_bytes),
                      nullptr};
  handshake.headers = headers_for_handlers(*handshake.api, request);
  HttpResponse answer;
  answer.status = 101;
  answer.lines.reserve(kAnswerBytes);
  answer.lines = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
  answer.lines.append(protocol::accept_key(key)).append("\r\n");
  if (offer.ours) {
    answer.lines.append("Sec-WebSocket-Protocol: ").append(kSubprotocol).append("\r\n");
    handshake.credentials = find_credentials(request, offer);
  } else {
    handshake.credentials = fail(ErrorKind::bad_request,
                                 offer.any ? "SubProtocolNotSupportedError" : "NoProtocolError");
  }
  handshake.answer.reserve(2 * kAnswerBytes);
  serialise(handshake.answer, answer, true, false, request.request_id);
  Connection::start(shard, std::move(transport), std::move(handshake), on_end);
  return std::nullopt;
}

}  // namespace eventsd::server
