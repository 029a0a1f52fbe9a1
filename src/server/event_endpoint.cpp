#include "server/event_endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include "core/event_api.hpp"
#include "protocol/client_message.hpp"
#include "protocol/cursor.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"
#include "server/observe.hpp"
#include "server/websocket_upgrade.hpp"

namespace eventsd::server {
namespace {

constexpr std::uint32_t kDefaultLimit = 100;
constexpr std::uint32_t kMaxLimit = 1000;
constexpr std::uint64_t kPageBytes = 4u << 20;
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
  core::PublishRequest publish{
      std::move(parsed->channel), std::move(parsed->events), caller_of(*api, request),
      [&shard, &api](ChannelNamespacePtr where) {
        return wait_for_room(shard, api, std::move(where));
      }};
  const Result<core::PublishOutcome> outcome =
      co_await core::publish(snapshot, api, shard.broker, std::move(publish), nullptr);
  if (!outcome) {
    shard.metrics.publish_errors.add();
    counted.http_publishes.add_failure(outcome.error().kind);
    count_refusal(counted, counted.publish_handler_invocations, outcome.error().kind);
    co_return error_response(outcome.error());
  }
  count_published(shard, counted, counted.http_publishes, *outcome);
  shard.metrics.tokens_consumed.add();
  HttpResponse response;
  response.body = protocol::publish_body(outcome->successful, outcome->failed);
  response.lines = "x-amzn-appsync-tokensconsumed: 1\r\n";
  co_return response;
}

// What GET /event/history asks for.
struct HistoryQuery {
  std::uint32_t limit = kDefaultLimit;
  ReadRequest::Direction direction = ReadRequest::Direction::older;
  std::optional<std::string> cursor;
};

Result<HistoryQuery> parse_history_query(std::string_view query) {
  HistoryQuery parsed;
  if (const auto limit = protocol::query_parameter(query, "limit")) {
    const auto [end, error] =
        std::from_chars(limit->data(), limit->data() + limit->size(), parsed.limit);
    if (error != std::errc{} || end != limit->data() + limit->size() || parsed.limit < 1 ||
        parsed.limit > kMaxLimit) {
      return fail(ErrorKind::bad_request, "limit must be a whole number from 1 to 1000");
    }
  }
  auto before = protocol::query_parameter(query, "before");
  auto after = protocol::query_parameter(query, "after");
  if (before && after) {
    return fail(ErrorKind::bad_request, "before and after exclude each other");
  }
  if (after) parsed.direction = ReadRequest::Direction::newer;
  parsed.cursor = before ? std::move(before) : std::move(after);
  return parsed;
}

std::string history_body(const Page& page, const ChannelNamespace& channel_namespace) {
  const auto append_cursor = [&](std::string& out, Position position) {
    protocol::append_json_string(
        out, protocol::encode_cursor({page.epoch, position}, channel_namespace));
  };
  std::string body = R"({"events":[)";
  for (const StoredEvent& event : page.events) {
    if (body.back() != '[') body += ',';
    body += R"({"id":)";
    protocol::append_json_string(body, event.id);
    body += R"(,"channel":)";
    protocol::append_json_string(body, event.channel);
    body += R"(,"event":)";
    protocol::append_json_string(body, event.payload);
    body += R"(,"timestamp":)";
    protocol::append_json_string(body, protocol::format_timestamp(event.timestamp_ms));
    body += R"(,"cursor":)";
    append_cursor(body, event.position);
    body += '}';
  }
  body += R"(],"cursor":)";
  append_cursor(body, page.head);
  body += R"(,"nextCursor":)";
  if (page.next) {
    append_cursor(body, *page.next);
  } else {
    body += "null";
  }
  body += '}';
  return body;
}

// One read while it lives.
class ReadPermit {
 public:
  ReadPermit(HistoryReadLimiter& limiter, std::string_view ip)
      : count_(limiter.count_of(ip)), granted_(++count_ <= kMaxHistoryReadsPerAddress) {}
  ~ReadPermit() { --count_; }
  ReadPermit(const ReadPermit&) = delete;
  ReadPermit& operator=(const ReadPermit&) = delete;
  bool granted() const { return granted_; }

 private:
  std::atomic<std::uint16_t>& count_;
  const bool granted_;
};

Task<HttpResponse> get_history(ShardContext& shard, HistoryReadLimiter& limiter,
                               HttpRequest& request) {
  const core::ApiPtr api = shard.snapshot->api_for_host(request.header("host"));
  const auto channel = protocol::query_parameter(request.query, "channel");
  const Result<core::SubscribeGrant> grant =
      co_await core::authorize_subscribe(api, channel.value_or(""), caller_of(*api, request));
  if (!grant) co_return error_response(grant.error());
  const Result<HistoryQuery> query = parse_history_query(request.query);
  if (!query) co_return error_response(query.error());
  const ChannelNamespace& channel_namespace = *grant->channel_namespace;
  const auto& history = channel_namespace.history;
  if (!shard.history || !history || history->read != HistoryRead::subscribe) {
    co_return error_response(
        fail(ErrorKind::not_found, "This channel namespace has no readable history"));
  }

  ReadRequest read;
  read.channel_namespace = grant->channel_namespace;
  read.channel = grant->channel.path();
  read.direction = query->direction;
  read.limit = query->limit;
  read.max_bytes = kPageBytes;
  std::uint64_t epoch = 0;
  if (query->cursor) {
    const Result<protocol::Cursor> cursor =
        protocol::decode_cursor(*query->cursor, channel_namespace);
    if (!cursor) co_return error_response(cursor.error());
    read.from = cursor->position;
    epoch = cursor->epoch;
  }
  // Held until the answer has been taken: who does not read it occupies his share.
  const auto permit = std::make_shared<const ReadPermit>(limiter, request.source_ip);
  if (!permit->granted()) {
    co_return error_response(
        fail(ErrorKind::rate_limited, "Too many history reads at once from this address"));
  }
  Completion<Result<Page>> done;
  shard.history->read(std::move(read), done);
  const Result<Page> page = co_await done;
  if (!page) co_return error_response(page.error());
  if (query->cursor && epoch != page->epoch) {
    co_return error_response(
        fail(ErrorKind::bad_request, "The cursor belongs to a store that no longer exists"));
  }
  HttpResponse response;
  response.body = history_body(*page, channel_namespace);
  response.hold = permit;
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

std::atomic<std::uint16_t>& HistoryReadLimiter::count_of(std::string_view ip) {
  return counts_[std::hash<std::string_view>{}(ip) % counts_.size()];
}

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
