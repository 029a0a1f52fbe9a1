#include "store/event_reader.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "store/event_key.hpp"

namespace eventsd::store {

namespace {

constexpr const char* kBegin = "BEGIN";
constexpr const char* kEnd = "COMMIT";
constexpr const char* kFindNamespace =
    "SELECT id, epoch, head, removed_through, folded_through FROM namespace"
    " WHERE api_id = ?1 AND name = ?2";
constexpr const char* kFindChannel =
    "SELECT id, removed_through FROM channel WHERE namespace_id = ?1 AND path = ?2";
constexpr const char* kChannelPath = "SELECT path FROM channel WHERE id = ?1";
constexpr const char* kEventAt = "SELECT timestamp_ms, id, payload FROM event WHERE key = ?1";
constexpr const char* kLastEvent =
    "SELECT key FROM event WHERE key > ?1 AND key < ?2 ORDER BY key DESC LIMIT 1";
// What is listed by channel, and the tail, which is looked through (docs/STORE.md, "The tail").
constexpr const char* kChannelNewer =
    "SELECT listed.key, timestamp_ms, id, payload FROM channel_event AS listed"
    " CROSS JOIN event ON event.key = listed.key"
    " WHERE listed.channel_id = ?1 AND listed.key > ?2 AND listed.key < ?3"
    " ORDER BY listed.key LIMIT ?4";
constexpr const char* kChannelOlder =
    "SELECT listed.key, timestamp_ms, id, payload FROM channel_event AS listed"
    " CROSS JOIN event ON event.key = listed.key"
    " WHERE listed.channel_id = ?1 AND listed.key > ?2 AND listed.key < ?3"
    " ORDER BY listed.key DESC LIMIT ?4";
constexpr const char* kTailNewer =
    "SELECT key, timestamp_ms, id, payload FROM event"
    " WHERE channel_id = ?1 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4";
constexpr const char* kTailOlder =
    "SELECT key, timestamp_ms, id, payload FROM event"
    " WHERE channel_id = ?1 AND key > ?2 AND key < ?3 ORDER BY key DESC LIMIT ?4";
// Wildcards look at the head of each row only; the payload is read once a row has matched.
constexpr const char* kScanNewer =
    "SELECT key, channel_id FROM event WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3";
constexpr const char* kScanOlder =
    "SELECT key, channel_id FROM event WHERE key > ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3";
constexpr const char* kNewestRemoved =
    "SELECT max(removed_through), count(*) FROM (SELECT removed_through FROM channel"
    " WHERE namespace_id = ?1 AND path > ?2 AND path < ?3 LIMIT ?4)";

// Channels whose watermarks a wildcard read looks at; with more, the namespace's stands for them.
constexpr std::int64_t kMaxWatermarks = 1'000;

// The keys strictly between which a read looks.
struct KeyRange {
  std::int64_t low;
  std::int64_t high;
};

KeyRange key_range(const ReadRequest& request, std::int64_t namespace_id) {
  KeyRange range{event_key(namespace_id, 0), event_key(namespace_id, kPositionEnd)};
  if (!request.from) return range;
  const std::int64_t from = event_key(namespace_id, *request.from);
  (request.direction == ReadRequest::Direction::newer ? range.low : range.high) = from;
  return range;
}

// Takes events until the page's limits; the first event always fits.
class PageFiller {
 public:
  PageFiller(const ReadRequest& request, Page& page) : request_(request), page_(page) {}

  bool has_room() const { return page_.events.size() < request_.limit; }
  bool fits(std::size_t payload_bytes) const {
    return page_.events.empty() || bytes_ + payload_bytes <= request_.max_bytes;
  }
  void add(StoredEvent event) {
    bytes_ += event.payload.size();
    page_.events.push_back(std::move(event));
  }
  // Oldest first, whatever the direction was.
  void finish() {
    if (request_.direction == ReadRequest::Direction::older) {
      std::reverse(page_.events.begin(), page_.events.end());
    }
  }

 private:
  const ReadRequest& request_;
  Page& page_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

SqlResult<EventReader> EventReader::open(const std::string& path, const std::string& vfs,
                                         EpochBook& epochs) {
  SqlResult<Connection> connection = Connection::open(path, vfs, OpenMode::read_only);
  if (!connection) return connection.error();
  EventReader reader(std::move(*connection), epochs);
  const std::pair<Statement*, const char*> statements[] = {
      {&reader.begin_, kBegin},
      {&reader.end_, kEnd},
      {&reader.find_namespace_, kFindNamespace},
      {&reader.find_channel_, kFindChannel},
      {&reader.channel_path_, kChannelPath},
      {&reader.event_at_, kEventAt},
      {&reader.newest_removed_, kNewestRemoved},
      {&reader.channel_newer_, kChannelNewer},
      {&reader.channel_older_, kChannelOlder},
      {&reader.tail_newer_, kTailNewer},
      {&reader.tail_older_, kTailOlder},
      {&reader.last_event_, kLastEvent},
      {&reader.scan_newer_, kScanNewer},
      {&reader.scan_older_, kScanOlder},
  };
  for (const auto& [statement, sql] : statements) {
    SqlResult<Statement> prepared = reader.connection_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return reader;
}

SqlResult<Page> EventReader::read(const ReadRequest& request) {
  Page page;
  SqlStatus done = begin_.run();
  if (!done) return done.error();
  done = fill(request, page);
  const SqlStatus ended = end_.run();
  if (!done) return done.error();
  if (!ended) return ended.error();
  return page;
}

SqlStatus EventReader::fill(const ReadRequest& request, Page& page) {
  std::int64_t namespace_id = 0;
  Position folded_through = 0;
  {
    const ResetAtEnd reset(find_namespace_);
    find_namespace_.bind_text(1, request.channel_namespace->api_id);
    find_namespace_.bind_text(2, request.channel_namespace->name);
    const SqlResult<bool> found = find_namespace_.step();
    if (!found) return found.error();
    if (!*found) {
      page.epoch = epochs_->find_or_make(*request.channel_namespace);
      return {};
    }
    namespace_id = find_namespace_.integer(0);
    page.epoch = find_namespace_.unsigned_integer(1);
    page.head = find_namespace_.unsigned_integer(2);
    page.removed_through = find_namespace_.unsigned_integer(3);
    folded_through = find_namespace_.unsigned_integer(4);
  }
  const Position listed_through = page.head;
  {
    const ResetAtEnd reset(last_event_);
    last_event_.bind(1, event_key(namespace_id, listed_through));
    last_event_.bind(2, event_key(namespace_id, kPositionEnd));
    const SqlResult<bool> found = last_event_.step();
    if (!found) return found.error();
    if (*found) page.head = position_of(last_event_.integer(0));
  }
  return request.channel.ends_with("/*")
             ? fill_wildcard(request, namespace_id, folded_through, page)
             : fill_channel(request, namespace_id, folded_through, listed_through, page);
}

SqlStatus EventReader::fill_channel(const ReadRequest& request, std::int64_t namespace_id,
                                    Position folded_through, Position listed_through, Page& page) {
  std::int64_t channel_id = 0;
  {
    const ResetAtEnd reset(find_channel_);
    find_channel_.bind(1, namespace_id).bind_text(2, request.channel);
    const SqlResult<bool> found = find_channel_.step();
    if (!found) return found.error();
    page.removed_through = *found ? find_channel_.unsigned_integer(1) : folded_through;
    if (!*found || request.limit == 0) return {};
    channel_id = find_channel_.integer(0);
  }
  const bool newer = request.direction == ReadRequest::Direction::newer;
  const KeyRange range = key_range(request, namespace_id);
  const std::int64_t listed_end = event_key(namespace_id, listed_through);
  const KeyRange tail{std::max(range.low, listed_end), range.high};
  const std::pair<Statement*, KeyRange> listed_part{newer ? &channel_newer_ : &channel_older_,
                                                    range};
  const std::pair<Statement*, KeyRange> tail_part{newer ? &tail_newer_ : &tail_older_, tail};
  PageFiller filler(request, page);
  Position last = 0;
  for (const auto& [rows, part] :
       {newer ? listed_part : tail_part, newer ? tail_part : listed_part}) {
    const ResetAtEnd reset(*rows);
    rows->bind(1, channel_id).bind(2, part.low).bind(3, part.high);
    rows->bind(4, std::int64_t{request.limit} + 1);  // one more tells whether this is the end
    while (true) {
      const SqlResult<bool> found = rows->step();
      if (!found) return found.error();
      if (!*found) break;
      const std::string_view payload = rows->bytes(3);
      if (!filler.has_room() || !filler.fits(payload.size())) {
        page.next = last;
        filler.finish();
        return {};
      }
      last = position_of(rows->integer(0));
      filler.add({last, std::string(rows->bytes(2)), request.channel, std::string(payload),
                  rows->integer(1)});
    }
  }
  filler.finish();
  return {};
}

SqlStatus EventReader::fill_wildcard(const ReadRequest& request, std::int64_t namespace_id,
                                     Position folded_through, Page& page) {
  const std::string prefix = request.channel.substr(0, request.channel.size() - 1);
  const SqlResult<Position> removed =
      newest_removed(prefix, namespace_id, folded_through, page.removed_through);
  if (!removed) return removed.error();
  page.removed_through = *removed;
  if (request.limit == 0) return {};

  const bool newer = request.direction == ReadRequest::Direction::newer;
  Statement& rows = newer ? scan_newer_ : scan_older_;
  const ResetAtEnd reset(rows);
  const KeyRange range = key_range(request, namespace_id);
  const std::uint32_t max_scan = std::max<std::uint32_t>(request.max_scan, 1);
  rows.bind(1, range.low).bind(2, range.high).bind(3, std::int64_t{max_scan} + 1);
  PageFiller filler(request, page);
  std::unordered_map<std::int64_t, std::optional<std::string>> matches;  // id → path if it matches
  Position last = 0;
  for (std::uint32_t looked_at = 0;; ++looked_at) {
    const SqlResult<bool> found = rows.step();
    if (!found) return found.error();
    if (!*found) break;
    if (looked_at == max_scan || !filler.has_room()) {
      page.next = last;
      break;
    }
    const std::int64_t key = rows.integer(0);
    const auto [match, unknown] = matches.try_emplace(rows.integer(1));
    if (unknown) {
      SqlResult<std::string> path = channel_path(match->first);
      if (!path) return path.error();
      if (path->starts_with(prefix)) match->second = std::move(*path);
    }
    if (match->second) {
      SqlResult<StoredEvent> event = event_at(key, *match->second);
      if (!event) return event.error();
      if (!filler.fits(event->payload.size())) {
        page.next = last;
        break;
      }
      filler.add(std::move(*event));
    }
    last = position_of(key);
  }
  filler.finish();
  return {};
}

SqlResult<Position> EventReader::newest_removed(const std::string& prefix,
                                                std::int64_t namespace_id, Position folded_through,
                                                Position removed) {
  const bool whole_namespace = std::count(prefix.begin(), prefix.end(), '/') == 2;
  if (whole_namespace || removed <= folded_through) return removed;
  std::string end = prefix;
  end.back() = '/' + 1;  // the first path after all that start with the prefix
  const ResetAtEnd reset(newest_removed_);
  newest_removed_.bind(1, namespace_id).bind_text(2, prefix).bind_text(3, end);
  const SqlResult<bool> found = newest_removed_.bind(4, kMaxWatermarks + 1).step();
  if (!found) return found.error();
  if (newest_removed_.integer(1) > kMaxWatermarks) return removed;
  return std::max(folded_through, newest_removed_.unsigned_integer(0));
}

SqlResult<std::string> EventReader::channel_path(std::int64_t channel_id) {
  const ResetAtEnd reset(channel_path_);
  const SqlResult<bool> found = channel_path_.bind(1, channel_id).step();
  if (!found) return found.error();
  if (!*found) return SqlError{0, 0, "an event names a channel that does not exist"};
  return std::string(channel_path_.bytes(0));
}

SqlResult<StoredEvent> EventReader::event_at(std::int64_t key, std::string channel) {
  const ResetAtEnd reset(event_at_);
  const SqlResult<bool> found = event_at_.bind(1, key).step();
  if (!found) return found.error();
  if (!*found) return SqlError{0, 0, "an event was listed but is not there"};
  return StoredEvent{position_of(key), std::string(event_at_.bytes(1)), std::move(channel),
                     std::string(event_at_.bytes(2)), event_at_.integer(0)};
}

}  // namespace eventsd::store
