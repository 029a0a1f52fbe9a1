// The answer to a request for stored events, once it is known that it may be given.
#include "server/history_read.hpp"

#include <charconv>
#include <functional>
#include <optional>

#include "protocol/cursor.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::server {
namespace {

constexpr std::uint32_t kDefaultLimit = 100;
constexpr std::uint32_t kMaxLimit = 1000;
constexpr std::uint64_t kPageBytes = 4u << 20;

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

}  // namespace

std::atomic<std::uint16_t>& HistoryReadLimiter::count_of(std::string_view ip) {
  return counts_[std::hash<std::string_view>{}(ip) % counts_.size()];
}

Task<HttpResponse> read_history(core::History* history, HistoryReadLimiter& limiter,
                                ChannelNamespacePtr channel_namespace, std::string channel,
                                HttpRequest& request) {
  const Result<HistoryQuery> query = parse_history_query(request.query);
  if (!query) co_return error_response(query.error());
  const auto& kept = channel_namespace->history;
  if (!history || !kept || kept->read != HistoryRead::subscribe) {
    co_return error_response(
        fail(ErrorKind::not_found, "This channel namespace has no readable history"));
  }

  ReadRequest read;
  read.channel_namespace = channel_namespace;
  read.channel = std::move(channel);
  read.direction = query->direction;
  read.limit = query->limit;
  read.max_bytes = kPageBytes;
  std::uint64_t epoch = 0;
  if (query->cursor) {
    const Result<protocol::Cursor> cursor =
        protocol::decode_cursor(*query->cursor, *channel_namespace);
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
  history->read(std::move(read), done);
  const Result<Page> page = co_await done;
  if (!page) co_return error_response(page.error());
  if (query->cursor && epoch != page->epoch) {
    co_return error_response(
        fail(ErrorKind::bad_request, "The cursor belongs to a store that no longer exists"));
  }
  HttpResponse response;
  response.body = history_body(*page, *channel_namespace);
  response.hold = permit;
  co_return response;
}

}  // namespace eventsd::server
