#include "store/retention.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "store/event_key.hpp"

namespace eventsd::store {

namespace {

constexpr const char* kScan =
    "SELECT key, channel_id, length(payload), timestamp_ms FROM event"
    " WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3";
constexpr const char* kScanChannel =
    "SELECT listed.key, event.channel_id, length(payload) FROM channel_event AS listed"
    " CROSS JOIN event ON event.key = listed.key WHERE listed.channel_id = ?1"
    " ORDER BY listed.key LIMIT ?2";
constexpr const char* kCountChannel = "SELECT events FROM channel WHERE id = ?1";
constexpr const char* kFindCrowded =
    "SELECT id FROM channel WHERE namespace_id = ?1 AND events > ?2";
constexpr const char* kDeleteEvent = "DELETE FROM event WHERE key = ?1";
constexpr const char* kUnlistEvent = "DELETE FROM channel_event WHERE channel_id = ?1 AND key = ?2";
constexpr const char* kNoSync = "PRAGMA synchronous=NORMAL";

// Stamps this far ahead of the clock are stepped over: they must not keep the rest.
constexpr std::chrono::minutes kClockSlack{1};

constexpr HistoryPolicy kKeepNothing{std::chrono::milliseconds(-1), 0, 0, HistoryRead::none};

std::int64_t since_epoch(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

}  // namespace

SqlResult<Retention> Retention::make(Connection& connection, Ledger& ledger, std::string restore) {
  Retention retention(connection, ledger, std::move(restore));
  const std::pair<Statement*, const char*> statements[] = {
      {&retention.scan_, kScan},
      {&retention.scan_channel_, kScanChannel},
      {&retention.count_channel_, kCountChannel},
      {&retention.find_crowded_, kFindCrowded},
      {&retention.delete_event_, kDeleteEvent},
      {&retention.unlist_event_, kUnlistEvent},
  };
  for (const auto& [statement, sql] : statements) {
    SqlResult<Statement> prepared = connection.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return retention;
}

SqlStatus Retention::follow(std::span<const ChannelNamespacePtr> namespaces) {
  rules_.clear();
  rule_of_.clear();
  ages_due_.clear();
  crowded_.clear();
  SqlStatus folded = ledger_->fold_alone();  // what is read below are saved rows
  if (!folded) return folded;
  for (const ChannelNamespacePtr& listed : namespaces) {
    Rule rule{listed, listed->history.value_or(kKeepNothing), nullptr};
    NamespaceRow* row = row_of(rule);
    rules_.push_back(rule);
    if (row == nullptr) continue;
    rule_of_[row] = rules_.size() - 1;
    if (!listed->history) {
      SqlStatus renewed = renew_epoch(*row);
      if (!renewed) return renewed;
    }
    SqlStatus found = find_crowded_channels(rules_.back());
    if (!found) return found;
  }
  look_at_ages();
  return {};
}

SqlStatus Retention::renew_epoch(NamespaceRow& row) {
  SqlStatus done = ledger_->begin();
  if (done) {
    row.epoch = make_epoch();
    ledger_->touch(row);
    done = ledger_->commit(Ledger::Fold::now);
  }
  if (!done) return ledger_->roll_back(done.error());
  return {};
}

SqlStatus Retention::find_crowded_channels(const Rule& rule) {
  const ResetAtEnd reset(find_crowded_);
  const auto most = static_cast<std::int64_t>(
      std::min<std::uint64_t>(rule.policy.max_events_per_channel, INT64_MAX));
  find_crowded_.bind(1, rule.row->id).bind(2, most);
  while (true) {
    const SqlResult<bool> found = find_crowded_.step();
    if (!found) return found.error();
    if (!*found) return {};
    crowded_[find_crowded_.integer(0)] = rule.row;
  }
}

NamespaceRow* Retention::row_of(Rule& rule) {
  if (rule.row == nullptr) rule.row = ledger_->find(*rule.channel_namespace);
  return rule.row;
}

void Retention::look_at_ages() {
  ages_due_.clear();
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const NamespaceRow* row = rules_[i].row;
    if (row != nullptr && row->events > 0) ages_due_.push_back(i);
  }
}

void Retention::appended(NamespaceRow& row, const ChannelRow& channel) {
  auto place = rule_of_.find(&row);
  if (place == rule_of_.end()) {
    // Its first events, or a namespace that nobody listed.
    for (std::size_t i = 0; i < rules_.size() && place == rule_of_.end(); ++i) {
      if (row_of(rules_[i]) == &row) place = rule_of_.emplace(&row, i).first;
    }
    if (place == rule_of_.end()) return;
  }
  const HistoryPolicy& policy = rules_[place->second].policy;
  if (channel.events > policy.max_events_per_channel) crowded_[channel.id] = &row;
}

SqlResult<Retention::Victims> Retention::find_expired(std::chrono::system_clock::time_point now,
                                                      NamespaceRow*& row) {
  while (!ages_due_.empty()) {
    const Rule& rule = rules_[ages_due_.front()];
    row = rule.row;
    const std::int64_t oldest_kept = since_epoch(now) - rule.policy.max_age.count();
    const std::int64_t ahead = since_epoch(now + kClockSlack);
    Victims victims;
    std::unordered_set<std::int64_t> passed;  // channels with an event that was stepped over
    const ResetAtEnd reset(scan_);
    scan_.bind(1, event_key(row->id, 0)).bind(2, event_key(row->id, kPositionEnd));
    scan_.bind(3, kRetentionBatch);
    while (true) {
      const SqlResult<bool> found = scan_.step();
      if (!found) return found.error();
      if (!*found) break;
      const std::int64_t channel_id = scan_.integer(1);
      const std::int64_t stamp = scan_.integer(3);
      if (stamp < oldest_kept && !passed.contains(channel_id)) {
        victims.push_back({scan_.integer(0), channel_id, scan_.unsigned_integer(2)});
      } else if (stamp < oldest_kept || stamp > ahead) {
        passed.insert(channel_id);
      } else {
        break;  // stamps grow with positions but for small jumps of the clock
      }
    }
    if (!victims.empty()) return victims;
    ages_due_.pop_front();
  }
  return Victims{};
}

SqlResult<Retention::Victims> Retention::find_crowded(NamespaceRow*& row) {
  while (!crowded_.empty()) {
    const auto [channel_id, owner] = *crowded_.begin();
    row = owner;
    const std::uint64_t most = rules_[rule_of_.at(row)].policy.max_events_per_channel;
    std::uint64_t events = 0;
    {
      const ResetAtEnd reset(count_channel_);
      const SqlResult<bool> found = count_channel_.bind(1, channel_id).step();
      if (!found) return found.error();
      if (*found) events = count_channel_.unsigned_integer(0);
    }
    if (events <= most) {
      crowded_.erase(channel_id);
      continue;
    }
    Victims victims;
    const ResetAtEnd reset(scan_channel_);
    scan_channel_.bind(1, channel_id).bind(2, std::min(events - most, kRetentionBatch));
    while (true) {
      const SqlResult<bool> found = scan_channel_.step();
      if (!found) return found.error();
      if (!*found) break;
      victims.push_back({scan_channel_.integer(0), channel_id, scan_channel_.unsigned_integer(2)});
    }
    if (victims.empty()) return SqlError{0, 0, "a channel's row counts events that do not exist"};
    return victims;
  }
  return Victims{};
}

SqlResult<Retention::Victims> Retention::find_over_bytes(NamespaceRow*& row) {
  for (const Rule& rule : rules_) {
    row = rule.row;
    if (row == nullptr || row->payload_bytes <= rule.policy.max_bytes) continue;
    return oldest(*row, row->payload_bytes - rule.policy.max_bytes, Measure::payload);
  }
  return Victims{};
}

SqlResult<Retention::Victims> Retention::find_over_store(NamespaceRow*& row) {
  row = nullptr;
  if (ledger_->accounted_bytes() <= max_store_bytes_) return Victims{};
  std::int64_t oldest_stamp = 0;
  for (const Rule& rule : rules_) {
    NamespaceRow* candidate = rule.row;
    if (candidate == nullptr || candidate->events == 0) continue;
    const ResetAtEnd reset(scan_);
    scan_.bind(1, event_key(candidate->id, 0)).bind(2, event_key(candidate->id, kPositionEnd));
    const SqlResult<bool> found = scan_.bind(3, std::uint64_t{1}).step();
    if (!found) return found.error();
    if (!*found) return SqlError{0, 0, "a namespace's row counts events that do not exist"};
    if (row == nullptr || scan_.integer(3) < oldest_stamp) {
      row = candidate;
      oldest_stamp = scan_.integer(3);
    }
  }
  if (row == nullptr) return Victims{};
  return oldest(*row, ledger_->accounted_bytes() - max_store_bytes_, Measure::accounted);
}

SqlResult<Retention::Victims> Retention::oldest(const NamespaceRow& row, std::uint64_t excess,
                                                Measure measure) {
  Victims victims;
  const ResetAtEnd reset(scan_);
  scan_.bind(1, event_key(row.id, 0)).bind(2, event_key(row.id, kPositionEnd));
  scan_.bind(3, kRetentionBatch);
  std::uint64_t bytes = 0;
  while (bytes < excess) {
    const SqlResult<bool> found = scan_.step();
    if (!found) return found.error();
    if (!*found) break;
    victims.push_back({scan_.integer(0), scan_.integer(1), scan_.unsigned_integer(2)});
    bytes += victims.back().payload_bytes;
    if (measure == Measure::accounted) bytes += kEventOverheadBytes;
  }
  if (victims.empty()) return SqlError{0, 0, "a namespace's row counts bytes that do not exist"};
  return victims;
}

SqlResult<Retention::Victims> Retention::find_victims(std::chrono::system_clock::time_point now,
                                                      NamespaceRow*& row) {
  SqlResult<Victims> victims = find_expired(now, row);
  if (victims && victims->empty()) victims = find_crowded(row);
  if (victims && victims->empty()) victims = find_over_bytes(row);
  if (victims && victims->empty()) victims = find_over_store(row);
  return victims;
}

SqlStatus Retention::remove(NamespaceRow& row, const Victims& victims) {
  struct Share {
    std::uint64_t events = 0;
    Position newest = 0;
  };
  std::unordered_map<std::int64_t, Share> shares;
  for (const Victim& victim : victims) {
    SqlStatus deleted = delete_event_.bind(1, victim.key).run();
    if (deleted) deleted = unlist_event_.bind(1, victim.channel_id).bind(2, victim.key).run();
    if (!deleted) return deleted;
    Share& share = shares[victim.channel_id];
    ++share.events;
    share.newest = std::max(share.newest, position_of(victim.key));
    row.payload_bytes -= victim.payload_bytes;
    --row.events;
  }
  for (const auto& [channel_id, share] : shares) {
    SqlResult<std::uint64_t> left =
        ledger_->remove_events(row, channel_id, share.events, share.newest);
    if (!left) return left.error();
  }
  return {};
}

bool Retention::may_have_work() const {
  if (!ages_due_.empty() || !crowded_.empty()) return true;
  if (ledger_->accounted_bytes() > max_store_bytes_) return true;
  return std::any_of(rules_.begin(), rules_.end(), [](const Rule& rule) {
    return rule.row != nullptr && rule.row->payload_bytes > rule.policy.max_bytes;
  });
}

SqlResult<Removed> Retention::step(std::chrono::system_clock::time_point now) {
  if (!may_have_work()) return Removed{};
  const std::uint64_t before = ledger_->accounted_bytes();
  std::uint64_t events = 0;
  SqlStatus done = connection_->execute(kNoSync);
  if (done) done = ledger_->begin();
  // What is looked for and removed is in the lists.
  if (done) done = ledger_->fold();
  if (done) {
    NamespaceRow* row = nullptr;
    const SqlResult<Victims> victims = find_victims(now, row);
    if (!victims) {
      done = victims.error();
    } else if (!victims->empty()) {
      events = victims->size();
      done = remove(*row, *victims);
    }
  }
  if (done) done = ledger_->commit(Ledger::Fold::now);
  if (!done) done = ledger_->roll_back(done.error());
  SqlStatus restored = connection_->execute(restore_);
  if (!restored) return restored.error();
  if (!done) return done.error();
  return Removed{events, events == 0 ? 0 : before - ledger_->accounted_bytes()};
}

std::uint64_t Retention::removable_bytes() const {
  std::uint64_t bytes = 0;
  for (const Rule& rule : rules_) {
    if (rule.row != nullptr) bytes += rule.row->accounted_bytes();
  }
  return bytes;
}

bool Retention::has_events() const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const Rule& rule) { return rule.row != nullptr && rule.row->events > 0; });
}

}  // namespace eventsd::store
