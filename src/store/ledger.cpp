#include "store/ledger.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "store/event_key.hpp"

namespace eventsd::store {

namespace {

// Cached channel rows, about 200 bytes each. Above it the cache starts anew.
constexpr std::size_t kMaxKnownChannels = 65'536;

constexpr const char* kBegin = "BEGIN IMMEDIATE";
constexpr const char* kCommit = "COMMIT";
constexpr const char* kRollBack = "ROLLBACK";
constexpr const char* kReadNamespaces =
    "SELECT id, epoch, head, removed_through, folded_through, events, channels, payload_bytes,"
    " api_id, name FROM namespace";
constexpr const char* kInsertNamespace =
    "INSERT INTO namespace (api_id, name, epoch) VALUES (?1, ?2, ?3)";
constexpr const char* kSaveNamespace =
    "UPDATE namespace SET epoch = ?2, head = ?3, removed_through = ?4, folded_through = ?5,"
    " events = ?6, channels = ?7, payload_bytes = ?8 WHERE id = ?1";
constexpr const char* kFindChannel =
    "SELECT id, events, removed_through FROM channel WHERE namespace_id = ?1 AND path = ?2";
constexpr const char* kReadChannel = "SELECT path FROM channel WHERE id = ?1";
constexpr const char* kInsertChannel =
    "INSERT INTO channel (namespace_id, path, removed_through) VALUES (?1, ?2, ?3)";
constexpr const char* kSaveChannel =
    "UPDATE channel SET events = ?2, removed_through = ?3 WHERE id = ?1";
constexpr const char* kDeleteChannel = "DELETE FROM channel WHERE id = ?1";
constexpr const char* kReadTail =
    "SELECT key, channel_id, length(payload) FROM event WHERE key > ?1 AND key < ?2 ORDER BY key";
constexpr const char* kCountChannels = "SELECT count(*) FROM channel WHERE namespace_id = ?1";
constexpr const char* kListEvent = "INSERT INTO channel_event (channel_id, key) VALUES (?1, ?2)";

}  // namespace

std::uint64_t NamespaceRow::accounted_bytes() const {
  return payload_bytes + events * kEventOverheadBytes + channels * kChannelOverheadBytes;
}

SqlStatus Ledger::load() {
  SqlStatus prepared = prepare();
  if (!prepared) return prepared;
  return read_rows();
}

SqlStatus Ledger::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&begin_, kBegin},
      {&commit_, kCommit},
      {&roll_back_, kRollBack},
      {&read_namespaces_, kReadNamespaces},
      {&insert_namespace_, kInsertNamespace},
      {&save_namespace_, kSaveNamespace},
      {&find_channel_, kFindChannel},
      {&read_channel_, kReadChannel},
      {&insert_channel_, kInsertChannel},
      {&save_channel_, kSaveChannel},
      {&delete_channel_, kDeleteChannel},
      {&read_tail_, kReadTail},
      {&count_channels_, kCountChannels},
      {&list_event_, kListEvent},
  };
  for (const auto& [statement, sql] : statements) {
    SqlResult<Statement> prepared = connection_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return {};
}

SqlStatus Ledger::read_rows() {
  SqlStatus done = read_namespaces();
  for (auto& [key, row] : namespaces_) {
    if (done && row.id != 0) done = read_tail(row);
    count(row);
  }
  return done;
}

// Counts again what no fold has saved. Its channels have rows, but the namespace's row may not
// count them.
SqlStatus Ledger::read_tail(NamespaceRow& row) {
  std::unordered_map<std::int64_t, ChannelRow*> channels;
  const ResetAtEnd reset(read_tail_);
  read_tail_.bind(1, event_key(row.id, row.head)).bind(2, event_key(row.id, kPositionEnd));
  while (true) {
    const SqlResult<bool> found = read_tail_.step();
    if (!found) return found.error();
    if (!*found) break;
    const std::int64_t channel_id = read_tail_.integer(1);
    ChannelRow*& channel = channels[channel_id];
    if (channel == nullptr) {
      const SqlResult<std::string> path = path_of(channel_id);
      if (!path) return path.error();
      SqlResult<ChannelRow*> opened = find_channel(row, *path);
      if (!opened) return opened.error();
      channel = *opened;
    }
    append(row, *channel, position_of(read_tail_.integer(0)), 1, read_tail_.unsigned_integer(2));
  }
  if (channels.empty()) return {};
  const ResetAtEnd reset_count(count_channels_);
  const SqlResult<bool> counted = count_channels_.bind(1, row.id).step();
  if (!counted) return counted.error();
  row.channels = count_channels_.unsigned_integer(0);
  return {};
}

SqlStatus Ledger::read_namespaces() {
  // Rows that are not in the database (any more) must not look as if they were.
  for (auto& [key, row] : namespaces_) {
    row.id = 0;
    row.known_channels.clear();
    row.tail.clear();
    row.touched = false;
    row.counted_bytes = 0;
    row.events = row.channels = row.payload_bytes = 0;
    row.head = row.removed_through = row.folded_through = 0;
  }
  known_channels_ = 0;
  tail_events_ = 0;
  accounted_bytes_ = 0;
  touched_namespaces_.clear();
  touched_channels_.clear();
  const ResetAtEnd reset(read_namespaces_);
  while (true) {
    const SqlResult<bool> found = read_namespaces_.step();
    if (!found) return found.error();
    if (!*found) break;
    std::string api_id(read_namespaces_.bytes(8));
    std::string name(read_namespaces_.bytes(9));
    NamespaceRow& row = namespaces_[namespace_key(api_id, name)];
    row.id = read_namespaces_.integer(0);
    row.epoch = read_namespaces_.unsigned_integer(1);
    row.head = read_namespaces_.unsigned_integer(2);
    row.removed_through = read_namespaces_.unsigned_integer(3);
    row.folded_through = read_namespaces_.unsigned_integer(4);
    row.events = read_namespaces_.unsigned_integer(5);
    row.channels = read_namespaces_.unsigned_integer(6);
    row.payload_bytes = read_namespaces_.unsigned_integer(7);
    row.api_id = std::move(api_id);
    row.name = std::move(name);
  }
  return {};
}

void Ledger::count(NamespaceRow& row) {
  accounted_bytes_ -= row.counted_bytes;
  row.counted_bytes = row.accounted_bytes();
  accounted_bytes_ += row.counted_bytes;
}

std::uint64_t Ledger::positions() const {
  std::uint64_t sum = 0;
  for (const auto& [key, row] : namespaces_) sum += row.head;
  return sum;
}

SqlStatus Ledger::renew_epochs() {
  SqlStatus done = begin();
  if (!done) return done;
  for (auto& [key, row] : namespaces_) {
    row.epoch = make_epoch();
    touch(row);
  }
  done = commit(Fold::now);
  if (!done) return roll_back(done.error());
  return {};
}

SqlStatus Ledger::begin() {
  if (known_channels_ > kMaxKnownChannels && touched_channels_.empty()) {
    for (auto& [key, row] : namespaces_) row.known_channels.clear();
    known_channels_ = 0;
  }
  return begin_.run();
}

SqlStatus Ledger::commit(Fold when) {
  // A commit that fails is rolled back, and then everything is counted anew.
  for (NamespaceRow* row : touched_namespaces_) count(*row);
  if (when == Fold::now || fold_is_due()) {
    SqlStatus folded = fold();
    if (!folded) return folded;
  }
  return commit_.run();
}

bool Ledger::fold_is_due() const {
  return tail_events_ >= kFoldEvents || known_channels_ > kMaxKnownChannels;
}

SqlStatus Ledger::fold() {
  assert(connection_.in_transaction());
  SqlStatus done = list_tail();
  if (done) done = save();
  if (!done) return done;
  for (NamespaceRow* row : touched_namespaces_) row->touched = false;
  for (ChannelRow* row : touched_channels_) row->touched = false;
  touched_namespaces_.clear();
  touched_channels_.clear();
  return {};
}

SqlStatus Ledger::fold_alone() {
  if (touched_namespaces_.empty() && touched_channels_.empty()) return {};
  SqlStatus done = begin();
  if (done) done = commit(Fold::now);
  if (!done) return roll_back(done.error());
  return {};
}

// In the order of the list's B-tree: neighbours share a page.
SqlStatus Ledger::list_tail() {
  for (NamespaceRow* row : touched_namespaces_) {
    std::sort(row->tail.begin(), row->tail.end(), [](const TailRun& a, const TailRun& b) {
      return std::tie(a.channel_id, a.first) < std::tie(b.channel_id, b.first);
    });
    for (const TailRun& run : row->tail) {
      list_event_.bind(1, run.channel_id);
      for (std::uint64_t i = 0; i < run.events; ++i) {
        SqlStatus listed = list_event_.bind(2, event_key(row->id, run.first + i)).run();
        if (!listed) return listed;
      }
    }
    row->tail.clear();
  }
  tail_events_ = 0;
  return {};
}

SqlStatus Ledger::save() {
  for (const ChannelRow* row : touched_channels_) {
    save_channel_.bind(1, row->id).bind(2, row->events).bind(3, row->removed_through);
    SqlStatus saved = save_channel_.run();
    if (!saved) return saved;
  }
  for (const NamespaceRow* row : touched_namespaces_) {
    save_namespace_.bind(1, row->id).bind(2, row->epoch).bind(3, row->head);
    save_namespace_.bind(4, row->removed_through).bind(5, row->folded_through);
    save_namespace_.bind(6, row->events).bind(7, row->channels).bind(8, row->payload_bytes);
    SqlStatus saved = save_namespace_.run();
    if (!saved) return saved;
  }
  return {};
}

SqlError Ledger::roll_back(const SqlError& cause) {
  const SqlStatus undone = undo();
  if (undone) return cause;
  return {0, 0, cause.message + "; then, rolling back: " + undone.error().message};
}

SqlStatus Ledger::undo() {
  if (connection_.in_transaction()) {
    SqlStatus undone = roll_back_.run();
    if (!undone) return undone;
  }
  return read_rows();
}

NamespaceRow* Ledger::find(const ChannelNamespace& channel_namespace) {
  const auto found =
      namespaces_.find(namespace_key(channel_namespace.api_id, channel_namespace.name));
  return found == namespaces_.end() || found->second.id == 0 ? nullptr : &found->second;
}

SqlResult<NamespaceRow*> Ledger::find_or_create(const ChannelNamespace& channel_namespace) {
  assert(connection_.in_transaction());
  NamespaceRow& row = namespaces_[namespace_key(channel_namespace.api_id, channel_namespace.name)];
  if (row.id != 0) return &row;
  row = {};
  row.api_id = channel_namespace.api_id;
  row.name = channel_namespace.name;
  row.epoch = epochs_.find_or_make(channel_namespace);
  insert_namespace_.bind_text(1, row.api_id).bind_text(2, row.name).bind(3, row.epoch);
  SqlStatus inserted = insert_namespace_.run();
  if (!inserted) return inserted.error();
  const std::int64_t id = connection_.last_insert_rowid();
  if (id > kMaxNamespaceId) return SqlError{0, 0, "the file has no more namespace numbers"};
  row.id = id;
  return &row;
}

SqlResult<ChannelRow*> Ledger::find_channel(NamespaceRow& row, const std::string& path) {
  const auto known = row.known_channels.find(path);
  if (known != row.known_channels.end()) return &known->second;
  const ResetAtEnd reset(find_channel_);
  find_channel_.bind(1, row.id).bind_text(2, path);
  const SqlResult<bool> found = find_channel_.step();
  if (!found) return found.error();
  if (!*found) return nullptr;
  ChannelRow channel;
  channel.id = find_channel_.integer(0);
  channel.events = find_channel_.unsigned_integer(1);
  channel.removed_through = find_channel_.unsigned_integer(2);
  ++known_channels_;
  return &row.known_channels.emplace(path, channel).first->second;
}

SqlResult<ChannelRow*> Ledger::find_or_create_channel(NamespaceRow& row, const std::string& path) {
  assert(connection_.in_transaction());
  SqlResult<ChannelRow*> found = find_channel(row, path);
  if (!found || *found != nullptr) return found;
  ChannelRow channel;
  // It may have existed before: its own watermark was folded, so it starts from the fold.
  channel.removed_through = row.folded_through;
  insert_channel_.bind(1, row.id).bind_text(2, path).bind(3, channel.removed_through);
  SqlStatus inserted = insert_channel_.run();
  if (!inserted) return inserted.error();
  channel.id = connection_.last_insert_rowid();
  ++row.channels;
  touch(row);
  ++known_channels_;
  return &row.known_channels.emplace(path, channel).first->second;
}

SqlResult<std::string> Ledger::path_of(std::int64_t channel_id) {
  const ResetAtEnd reset(read_channel_);
  const SqlResult<bool> found = read_channel_.bind(1, channel_id).step();
  if (!found) return found.error();
  if (!*found) return SqlError{0, 0, "an event names a channel that does not exist"};
  return std::string(read_channel_.bytes(0));
}

void Ledger::append(NamespaceRow& row, ChannelRow& channel, Position first, std::uint64_t events,
                    std::uint64_t payload_bytes) {
  row.tail.push_back({channel.id, first, events});
  tail_events_ += events;
  row.head = first + events - 1;
  row.events += events;
  row.payload_bytes += payload_bytes;
  channel.events += events;
  touch(row);
  touch(channel);
}

void Ledger::touch(NamespaceRow& row) {
  if (row.touched) return;
  row.touched = true;
  touched_namespaces_.push_back(&row);
}

void Ledger::touch(ChannelRow& row) {
  if (row.touched) return;
  row.touched = true;
  touched_channels_.push_back(&row);
}

SqlResult<std::uint64_t> Ledger::remove_events(NamespaceRow& row, std::int64_t channel_id,
                                               std::uint64_t events, Position newest) {
  assert(row.tail.empty());
  const SqlResult<std::string> path = path_of(channel_id);
  if (!path) return path.error();
  SqlResult<ChannelRow*> opened = find_or_create_channel(row, *path);
  if (!opened) return opened.error();
  ChannelRow& channel = **opened;
  if (channel.id != channel_id || channel.events < events) {
    return SqlError{0, 0, "a channel holds more events than its row counts"};
  }
  touch(row);
  row.removed_through = std::max(row.removed_through, newest);
  channel.events -= events;
  channel.removed_through = std::max(channel.removed_through, newest);
  if (channel.events > 0) {
    touch(channel);
    return channel.events;
  }
  row.folded_through = std::max(row.folded_through, channel.removed_through);
  --row.channels;
  std::erase(touched_channels_, &channel);
  row.known_channels.erase(*path);
  --known_channels_;
  SqlStatus deleted = delete_channel_.bind(1, channel_id).run();
  if (!deleted) return deleted.error();
  return std::uint64_t{0};
}

}  // namespace eventsd::store
