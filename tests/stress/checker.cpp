#include "checker.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <unordered_map>

#include "ws_client/http_client.hpp"
#include "ws_client/json_scan.hpp"

namespace stress {
namespace {

// The events of one namespace that a pattern matches, in order, with what a check asks of them.
struct Matching {
  Order order;
  std::unordered_map<Label, std::size_t> index;
};

Matching matching(const World& world, const Order& order, const std::string& pattern) {
  Matching result;
  for (const Label label : order) {
    if (matches(pattern, world.channels[world.event(label).channel].path)) {
      result.index.emplace(label, result.order.size());
      result.order.push_back(label);
    }
  }
  return result;
}

std::string name_of(const SubscriptionRecord& subscription) {
  return "connection " + std::to_string(subscription.connection) + ", subscription to " +
         subscription.pattern +
         (subscription.replay.kind == Replay::Kind::none   ? ""
          : subscription.replay.kind == Replay::Kind::last ? " (replay last)"
                                                           : " (replay after)");
}

// Empty if `subscription` got what the contract says; otherwise what is wrong.
std::string fault(const World& world, const SubscriptionRecord& subscription, const Matching& all,
                  const std::unordered_map<Label, std::size_t>& positions, Tail tail) {
  const auto& received = subscription.received;
  const std::size_t count = all.order.size();
  // The run of events it got: [first, end).
  std::size_t first = count, end = count;
  if (!received.empty()) {
    const auto found = all.index.find(received.front());
    if (found == all.index.end()) {
      return "got event " + std::to_string(received.front()) + ", which it does not match";
    }
    first = found->second;
    end = first + received.size();
    for (std::size_t i = 0; i < received.size(); ++i) {
      if (first + i >= count || received[i] != all.order[first + i]) {
        return "got event " + std::to_string(received[i]) + " as number " + std::to_string(i) +
               " of " + std::to_string(received.size()) + " where " +
               (first + i < count ? std::to_string(all.order[first + i]) : "nothing") +
               " is next in order";
      }
    }
  }
  if (subscription.success == 0) return {};
  const bool to_the_end = subscription.end == SubscriptionRecord::End::open;
  const bool left = subscription.end == SubscriptionRecord::End::unsubscribed;
  // Live: what was sent after subscribe_success must be in, unless the connection was lost.
  std::size_t must_begin = count, last_before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const EventRecord& event = world.event(all.order[i]);
    if (event.sent > subscription.success && must_begin == count) must_begin = i;
    if (event.answered != 0 && event.answered < subscription.asked) last_before = i + 1;
  }
  std::size_t must_end = 0;
  if (to_the_end) must_end = count;
  if (left && tail == Tail::required && subscription.replay.kind == Replay::Kind::none) {
    for (std::size_t i = must_begin; i < count; ++i) {
      const EventRecord& event = world.event(all.order[i]);
      if (event.answered != 0 && event.answered < subscription.unsubscribe_sent) must_end = i + 1;
    }
  }
  std::size_t begin_bound = must_begin;  // it may begin here at the latest
  if (subscription.replay.kind == Replay::Kind::after) {
    const std::size_t after =
        subscription.replay.from_start ? 0 : positions.at(subscription.replay.after) + 1;
    const auto start = std::partition_point(all.order.begin(), all.order.end(), [&](Label label) {
      return positions.at(label) < after;
    });
    begin_bound = static_cast<std::size_t>(start - all.order.begin());
    if (!received.empty() && first != begin_bound) {
      return "replay began with number " + std::to_string(first) + " instead of " +
             std::to_string(begin_bound);
    }
  } else if (subscription.replay.kind == Replay::Kind::last) {
    const std::size_t last = subscription.replay.last;
    const std::size_t earliest = last_before > last ? last_before - last : 0;
    begin_bound = must_begin > last ? must_begin - last : 0;
    if (!received.empty() && first < earliest) {
      return "replay of the last " + std::to_string(last) + " began " +
             std::to_string(earliest - first) + " too early";
    }
  }
  if (!received.empty() && first > begin_bound) {
    return "missed " + std::to_string(first - begin_bound) + " events at its start, first " +
           std::to_string(all.order[begin_bound]);
  }
  if (must_end > begin_bound && (received.empty() || end < must_end)) {
    const std::size_t missed = received.empty() ? begin_bound : end;
    return "missed " + std::to_string(must_end - missed) + " events at its end (got " +
           std::to_string(received.size()) + "), first " + std::to_string(all.order[missed]);
  }
  return {};
}

}  // namespace

bool Verdict::check(bool good, const std::string& what) {
  if (good) {
    ++passed_;
  } else if (++failed_ <= 30) {
    printf("FAILED %s\n", what.c_str());
  }
  return good;
}

void Verdict::note(const std::string& text) const { printf("%s\n", text.c_str()); }

void check_order(Verdict& verdict, const World& world, const std::string& name_space,
                 const Order& order) {
  std::vector<std::uint32_t> seen(world.events.size());
  std::unordered_map<std::uint32_t, Label> newest;  // of each publisher
  std::size_t twice = 0, refused = 0, foreign = 0, swapped = 0;
  for (const Label label : order) {
    const std::size_t index = label - world.first_label;
    if (index >= world.events.size()) {
      ++foreign;
      continue;
    }
    const EventRecord& event = world.events[index];
    if (world.channels[event.channel].name_space != name_space) ++foreign;
    if (++seen[index] > 1) ++twice;
    if (event.outcome == EventRecord::Outcome::refused) ++refused;
    auto [last, first_seen] = newest.try_emplace(event.publisher, label);
    if (!first_seen) {
      if (label < last->second) ++swapped;
      last->second = label;
    }
  }
  std::size_t accepted = 0, lost = 0;
  for (std::size_t i = 0; i < world.events.size(); ++i) {
    const EventRecord& event = world.events[i];
    if (world.channels[event.channel].name_space != name_space ||
        event.outcome != EventRecord::Outcome::accepted) {
      continue;
    }
    ++accepted;
    if (seen[i] == 0) ++lost;
  }
  const std::string where = name_space + ": of " + std::to_string(accepted) + " accepted events ";
  verdict.check(lost == 0, where + std::to_string(lost) + " are missing in its order");
  verdict.check(twice == 0, where + std::to_string(twice) + " are in its order twice");
  verdict.check(refused == 0, where + std::to_string(refused) + " refused ones were delivered");
  verdict.check(foreign == 0, where + std::to_string(foreign) + " are of elsewhere");
  verdict.check(swapped == 0,
                where + std::to_string(swapped) + " come before an earlier one of their publisher");
}

void check_subscriptions(Verdict& verdict, const World& world, const std::string& name_space,
                         const Order& order, Tail tail) {
  std::map<std::string, Matching> by_pattern;
  std::unordered_map<Label, std::size_t> positions;
  for (std::size_t i = 0; i < order.size(); ++i) positions.emplace(order[i], i);
  std::size_t deliveries = 0, subscriptions = 0, not_recovered = 0, early = 0;
  for (const SubscriptionRecord& subscription : world.subscriptions) {
    if (subscription.name_space != name_space) continue;
    auto found = by_pattern.find(subscription.pattern);
    if (found == by_pattern.end()) {
      found = by_pattern.emplace(subscription.pattern, matching(world, order, subscription.pattern))
                  .first;
    }
    const std::string wrong = fault(world, subscription, found->second, positions, tail);
    verdict.check(wrong.empty(), name_of(subscription) + ": " + wrong);
    deliveries += subscription.received.size();
    ++subscriptions;
    if (!subscription.recovered) ++not_recovered;
    if (subscription.replay.kind == Replay::Kind::none && !subscription.received.empty()) {
      const EventRecord& event = world.event(subscription.received.front());
      if (event.answered != 0 && event.answered < subscription.asked) ++early;
    }
  }
  verdict.note(name_space + ": " + std::to_string(order.size()) + " events, " +
               std::to_string(subscriptions) + " subscriptions, " + std::to_string(deliveries) +
               " deliveries" +
               (not_recovered == 0 ? "" : ", " + std::to_string(not_recovered) + " not recovered") +
               (early == 0 ? ""
                           : ", " + std::to_string(early) +
                                 " began with an event acknowledged "
                                 "before they were asked for"));
}

Order read_history(const bench::Target& target, const std::string& pattern, std::string after) {
  Order order;
  bool whole = after.empty();
  if (whole) {
    // The oldest page has no cursor of its own: go to the start in pages of older events.
    std::vector<Order> pages;
    std::string before;
    for (;;) {
      const auto answer = bench::http_get(target,
                                          "/event/history?channel=" + pattern + "&limit=1000" +
                                              (before.empty() ? "" : "&before=" + before),
                                          30);
      if (answer.status != 200) {
        throw std::runtime_error("history: HTTP " + std::to_string(answer.status) + " " +
                                 answer.body.substr(0, 300));
      }
      Order& page = pages.emplace_back();
      bench::for_each_element(bench::find_member(answer.body, "events"),
                              [&](std::string_view event) {
                                page.push_back(label_of(bench::find_string(event, "event")));
                              });
      before = bench::find_string(answer.body, "nextCursor");
      if (before.empty()) break;
    }
    for (auto page = pages.rbegin(); page != pages.rend(); ++page) {
      order.insert(order.end(), page->begin(), page->end());
    }
    return order;
  }
  while (!after.empty()) {
    const auto answer = bench::http_get(
        target, "/event/history?channel=" + pattern + "&limit=1000&after=" + after, 30);
    if (answer.status != 200) {
      throw std::runtime_error("history: HTTP " + std::to_string(answer.status) + " " +
                               answer.body.substr(0, 300));
    }
    bench::for_each_element(bench::find_member(answer.body, "events"), [&](std::string_view event) {
      order.push_back(label_of(bench::find_string(event, "event")));
    });
    after = bench::find_string(answer.body, "nextCursor");
  }
  return order;
}

void check_violations(Verdict& verdict, const World& world) {
  for (const std::string& violation : world.violations) verdict.note("  " + violation);
  verdict.check(world.violation_count == 0,
                std::to_string(world.violation_count) + " times the contract was broken (above)");
  std::string codes;
  for (const auto& [code, count] : world.close_codes) {
    codes += " " + std::to_string(code) + " x " + std::to_string(count);
  }
  if (!codes.empty()) verdict.note("closed by the server:" + codes);
}

}  // namespace stress
