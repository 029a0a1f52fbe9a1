// The delivery contract, checked against what a run recorded.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "world.hpp"
#include "ws_client/ws_client.hpp"

namespace stress {

// Counts checks; prints each failure (the first of them) as it is found.
class Verdict {
 public:
  // Returns `good`.
  bool check(bool good, const std::string& what);
  // A line that is no check.
  void note(const std::string& text) const;
  std::size_t passed() const { return passed_; }
  std::size_t failed() const { return failed_; }

 private:
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
};

// The order of one namespace: from its history, or from an observer that was subscribed to all of
// it before the first event.
using Order = std::vector<Label>;

// Checks that `order` holds every accepted event of the namespace once, no refused one, and the
// events of each publisher as they were sent.
void check_order(Verdict& verdict, const World& world, const std::string& name_space,
                 const Order& order);

// What a subscription that was unsubscribed must have got of events acknowledged before that.
enum class Tail { required, free };

// Checks every subscription of the namespace: it got an unbroken run of the matching events in
// `order` that begins early enough (at its replay's start, or at the first event sent after its
// subscribe_success) and ends late enough.
void check_subscriptions(Verdict& verdict, const World& world, const std::string& name_space,
                         const Order& order, Tail tail);

// Reads the whole history of a namespace, oldest first, in pages; throws std::runtime_error.
// `after` is an exclusive cursor, empty for the start.
Order read_history(const bench::Target& target, const std::string& pattern, std::string after = {});

// Reports World::violations and, if the run was meant to have slow readers, that one was closed.
void check_violations(Verdict& verdict, const World& world);

}  // namespace stress
