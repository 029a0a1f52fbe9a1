// A map that forgets what was not asked for longest, once it is over its limits.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace eventsd::auth {

//   thread   one
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class RecentMap {
 public:
  // `max_cost` is in the unit of put()'s cost, usually bytes.
  RecentMap(std::size_t max_entries, std::size_t max_cost)
      : max_entries_(max_entries), max_cost_(max_cost) {}

  // Null when there is none. Valid until the next put() or erase().
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  // Replaces what is there. What costs more than the limit alone is not kept.
  void put(const Key& key, Value value, std::size_t cost = 0) {
    erase(key);
    if (cost > max_cost_ || max_entries_ == 0) return;
    entries_.push_front({key, std::move(value), cost});
    index_.emplace(key, entries_.begin());
    cost_ += cost;
    while (cost_ > max_cost_ || entries_.size() > max_entries_) remove(std::prev(entries_.end()));
  }

  void erase(const Key& key) {
    const auto found = index_.find(key);
    if (found != index_.end()) remove(found->second);
  }

  std::size_t size() const { return entries_.size(); }
  std::size_t cost() const { return cost_; }

 private:
  struct Entry {
    Key key;
    Value value;
    std::size_t cost;
  };
  using Iterator = typename std::list<Entry>::iterator;

  void remove(Iterator entry) {
    cost_ -= entry->cost;
    index_.erase(entry->key);
    entries_.erase(entry);
  }

  const std::size_t max_entries_;
  const std::size_t max_cost_;
  std::size_t cost_ = 0;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<Key, Iterator, Hash> index_;
};

}  // namespace eventsd::auth
