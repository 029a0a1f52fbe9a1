#include "server/event_endpoint.hpp"

#include <algorithm>

#include "core/event_api.hpp"
#include "protocol/client_message.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"
#include "server/observe.hpp"
#include "server/websocket_upgrade.hpp"

namespace eventsd::server {
namespace {

constexpr std::string_view kExposedHeaders =
    "x-amzn-RequestId,x-amzn-ErrorType,x-amz-user-agent,x-amzn-ErrorMessage,Date,"
    "x-amz-schema-version";

core::Caller caller_of(const core::Api& api, const HttpRequest& request) {
  return {credentials_from_headers(request), request.source_ip, request.request_id,
          headers_for_handlers(api, request)};
}

Task<HttpResponse> post_event(ShardContext& shard, HttpRequest& request) {
  const core::SnapshotPtr snapshot = shard.snapshot;
  const core::ApiPtr api = snapshot->api_for_host(request.header("host"));
  const Limits& limits = snapshot->limits();
  Result<protocol::Publish> parsed = protocol::parse_publish_body(
      request.body, {limits.max_events_per_publish, limits.max_publish_size});
  if (!parsed) {
    // Who has no valid credential is told that, not what is wrong with the body.
    const Result<core::SubscribeGrant> known =
        co_await core::authorize_subscribe(api, "/", caller_of(*api, request));
    // A bad_request with a reason is a signature that differs; without one it is about the "/".
    const bool stranger =
        !known && (known.error().kind == ErrorKind::unauthorized ||
                   known.error().kind == ErrorKind::missing_credentials ||
                   (known.error().kind == ErrorKind::bad_request && !known.error().reason.empty()));
    co_return error_response(stranger ? known.error() : parsed.error());
  }
  NamespaceMetrics& counted = shard.counters_of(*api, parsed->channel);
  shard.metrics.inbound_messages.add(metered_units(request.body.size()));
  core::PublishRequest publish{parsed->channel, std::move(parsed->batch), caller_of(*api, request),
                               [&shard, &api](ChannelNamespacePtr where) {
                                 return wait_for_room(shard, api, std::move(where));
                               }};
  const Result<core::PublishOutcome> outcome =
      co_await core::publish(limits.max_event_size, api, shard.broker, std::move(publish), nullptr);
  if (!outcome) {
    shard.metrics.publish_errors.add();
    counted.http_publishes.add_failure(outcome.error().kind);
    count_refusal(counted, counted.publish_handler_invocations, outcome.error().kind);
    co_return error_response(outcome.error());
  }
  count_published(shard, counted, counted.http_publishes, *outcome);
  shard.metrics.tokens_consumed.add();
  HttpResponse response;
  response.body = protocol::publish_body(outcome->batch->events, outcome->failed);
  response.lines = "x-amzn-appsync-tokensconsumed: 1\r\n";
  co_return response;
}

Task<HttpResponse> get_history(ShardContext& shard, HistoryReadLimiter& limiter,
                               HttpRequest& request) {
  const core::ApiPtr api = shard.snapshot->api_for_host(request.header("host"));
  const auto channel = protocol::query_parameter(request.query, "channel");
  const Result<core::SubscribeGrant> grant =
      co_await core::authorize_subscribe(api, channel.value_or(""), caller_of(*api, request));
  if (!grant) co_return error_response(grant.error());
  HttpResponse response = co_await read_history(shard.history, limiter, grant->channel_namespace,
                                                grant->channel.path(), request);
  co_return response;
}

// Somebody opened the realtime address in a browser: say what it is for.
Task<HttpResponse> realtime_without_upgrade(HttpRequest&) {
  HttpResponse response = error_response(
      fail(ErrorKind::upgrade_required, "This address speaks WebSocket (aws-appsync-event-ws)"));
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Connection", "Upgrade");
  co_return response;
}

Task<HttpResponse> no_content(HttpRequest&) {
  HttpResponse response;
  response.status = 204;
  co_return response;
}

}  // namespace

std::vector<Route> event_routes(ShardContext& shard, HistoryReadLimiter& limiter) {
  const auto publish = [&shard](HttpRequest& request) { return post_event(shard, request); };
  const auto history = [&shard, &limiter](HttpRequest& request) {
    return get_history(shard, limiter, request);
  };
  return {
      {"POST", "/event", publish},
      {"POST", "/", publish},
      {"GET", "/event/history", history},
      {"GET", "/event/realtime", realtime_without_upgrade},
      {"GET", "/realtime", realtime_without_upgrade},
      {"OPTIONS", "*", no_content},
  };
}

void add_cors_headers(const Config& config, const HttpRequest& request, HttpResponse& response) {
  const auto& allowed = config.cors_allow_origins;
  const std::string_view origin = request.header("origin");
  std::string& lines = response.lines;
  const auto add = [&lines](std::string_view name, std::string_view value) {
    lines.append(name).append(": ").append(value).append("\r\n");
  };
  if (std::find(allowed.begin(), allowed.end(), "*") != allowed.end()) {
    add("access-control-allow-origin", "*");
  } else if (!origin.empty() &&
             std::find(allowed.begin(), allowed.end(), origin) != allowed.end()) {
    add("access-control-allow-origin", origin);
    add("vary", "Origin");
  } else {
    return;
  }
  if (request.method != "OPTIONS") {
    add("access-control-expose-headers", kExposedHeaders);
    return;
  }
  add("access-control-allow-methods", request.path == "/event/history" ? "GET" : "POST");
  const std::string asked = request.joined_header("access-control-request-headers");
  if (!asked.empty()) add("access-control-allow-headers", asked);
  add("access-control-max-age", "600");
}

}  // namespace eventsd::server
