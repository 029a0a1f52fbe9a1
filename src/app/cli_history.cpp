// eventsd history
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "app/cli.hpp"
#include "app/cli_credentials.hpp"
#include "app/events_endpoint.hpp"
#include "app/json_member.hpp"
#include "eventsd/channel.hpp"
#include "net/http_client.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;

// A page ends at 4 MiB of events, which grow when they are written as JSON strings.
constexpr std::uint64_t kMaxPageBytes = 64ull << 20;

struct Page {
  json events = json::array();
  std::string next;  // the cursor that goes on; empty: the end
};

enum class Direction { older, newer };

class HistoryReader {
 public:
  HistoryReader(const EventsEndpoint& endpoint, std::string channel, std::uint32_t limit)
      : endpoint_(endpoint), channel_(std::move(channel)), limit_(limit) {
    options_.connect = endpoint.connect;
    options_.max_response_bytes = kMaxPageBytes;
  }

  // An empty cursor: the newest events.
  Result<Page> read(Direction direction, const std::string& cursor) {
    net::Url url = endpoint_.history;
    url.query = "channel=" + net::percent_encode(channel_) + "&limit=" + std::to_string(limit_);
    if (!cursor.empty()) {
      url.query += direction == Direction::newer ? "&after=" : "&before=";
      url.query += net::percent_encode(cursor);
    }
    net::HttpRequest request{"GET", url, {}, {}};
    request.headers = endpoint_.credentials->headers(request);
    const auto response = net::http_request(request, options_);
    if (!response) return fail(response.error().kind, explain(response.error()));
    if (response->status != 200) return fail(ErrorKind::bad_request, explain(*response));
    json body = json::parse(response->body, nullptr, /*allow_exceptions=*/false);
    if (array_member(body, "events") == nullptr) {
      return fail(ErrorKind::internal, url.authority() + " gave no list of events");
    }
    return Page{std::move(body["events"]), string_member(body, "nextCursor")};
  }

 private:
  EventsEndpoint endpoint_;
  std::string channel_;
  std::uint32_t limit_;
  net::HttpOptions options_;
};

void print(const Page& page, Output output, std::ostream& out) {
  for (const json& record : page.events) {
    const std::string event = one_line(string_member(record, "event"));
    if (output == Output::text) {
      out << event << '\n';
      continue;
    }
    // The event's own text is kept: parsing would change its numbers.
    out << "{\"id\":" << json(string_member(record, "id")).dump()
        << ",\"channel\":" << json(string_member(record, "channel")).dump()
        << ",\"event\":" << event
        << ",\"timestamp\":" << json(string_member(record, "timestamp")).dump()
        << ",\"cursor\":" << json(string_member(record, "cursor")).dump() << "}\n";
  }
}

Result<void> print_newer(HistoryReader& reader, std::string cursor, bool all, Output output,
                         std::ostream& out) {
  do {
    const auto page = reader.read(Direction::newer, cursor);
    if (!page) return page.error();
    print(*page, output, out);
    cursor = page->next;
  } while (all && !cursor.empty());
  return {};
}

// Oldest first although pages lead back in time: the way back only collects their cursors, and each
// page but the newest is read again on the way forward, so one page is held at a time.
Result<void> print_older(HistoryReader& reader, const std::string& before, bool all, Output output,
                         std::ostream& out) {
  const auto newest = reader.read(Direction::older, before);
  if (!newest) return newest.error();
  std::vector<std::string> cursors;
  std::string next = all ? newest->next : "";
  while (!next.empty()) {
    cursors.push_back(next);
    const auto page = reader.read(Direction::older, next);
    if (!page) return page.error();
    next = page->next;
  }
  for (auto cursor = cursors.rbegin(); cursor != cursors.rend(); ++cursor) {
    const auto page = reader.read(Direction::older, *cursor);
    if (!page) return page.error();
    print(*page, output, out);
  }
  print(*newest, output, out);
  return {};
}

}  // namespace

int run_history(const HistoryOptions& options, const Console& console) {
  const auto channel = Channel::parse(options.channel, Wildcard::allow);
  if (!channel) {
    console.err << "\"" << options.channel << "\" is no channel, such as default/room-1\n";
    return kWrongUsage;
  }
  const auto endpoint = find_endpoint(options.endpoint, process_environment());
  if (!endpoint) {
    console.err << endpoint.error().message << "\n";
    return kWrongUsage;
  }
  HistoryReader reader(*endpoint, channel->path(), options.limit);
  const auto done =
      options.after.empty()
          ? print_older(reader, options.before, options.all, options.output, console.out)
          : print_newer(reader, options.after, options.all, options.output, console.out);
  console.out.flush();
  if (done) return kDone;
  console.err << done.error().message << "\n";
  return kFailed;
}

}  // namespace eventsd::app
