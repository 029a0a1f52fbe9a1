// Questions that are the same and under way: asked once, answered to all.
#pragma once

#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace eventsd::auth {

//   thread   one
template <typename Key, typename Answer, typename Hash = std::hash<Key>>
class SingleFlight {
 public:
  using Waiter = std::function<void(Answer)>;

  // True when the caller must ask, because nobody has yet.
  bool join(const Key& key, Waiter waiter) {
    std::vector<Waiter>& waiters = flights_[key];
    waiters.push_back(std::move(waiter));
    return waiters.size() == 1;
  }

  // Answers all that have joined, in order. From then on the question is a new one.
  void land(const Key& key, const Answer& answer) {
    auto flight = flights_.extract(key);
    if (flight.empty()) return;
    for (Waiter& waiter : flight.mapped()) waiter(answer);
  }

  void land_all(const Answer& answer) {
    for (auto& [key, waiters] : std::exchange(flights_, {})) {
      for (Waiter& waiter : waiters) waiter(answer);
    }
  }

  bool contains(const Key& key) const { return flights_.contains(key); }
  std::size_t size() const { return flights_.size(); }

 private:
  std::unordered_map<Key, std::vector<Waiter>, Hash> flights_;
};

}  // namespace eventsd::auth
