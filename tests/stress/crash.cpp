// Rounds of: publish under load, SIGKILL the server, restart it on the same data, look whether all
// that was promised is there. A round is one run of this program; a state file remembers, by lines:
//   next LABEL            first label of the next round
//   acked LABEL           acknowledged, or seen by a subscriber: must be in the history
//   unknown LABEL         sent, never answered: may be in the history
//   cursor LABEL CURSOR   the cursor of that event's data frame; "cursor - CURSOR": before all
//   events
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "client.hpp"
#include "scenario.hpp"

namespace stress {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr const char* kNamespace = "kept1";
constexpr const char* kEverything = "/kept1/*";
constexpr std::size_t kPublishers = 16, kHttpPublishers = 4;

struct Cursor {
  bool from_start = false;
  Label label = 0;
  std::string text;
};

struct State {
  Label next = 0;
  std::unordered_set<Label> acked;
  std::unordered_set<Label> unknown;
  std::vector<Cursor> cursors;
};

State load(const std::string& path) {
  State state;
  std::ifstream file(path);
  std::string kind, label;
  while (file >> kind >> label) {
    if (kind == "cursor") {
      Cursor& cursor = state.cursors.emplace_back();
      cursor.from_start = label == "-";
      if (!cursor.from_start) cursor.label = static_cast<Label>(std::stoul(label));
      file >> cursor.text;
    } else if (kind == "next") {
      state.next = static_cast<Label>(std::stoul(label));
    } else {
      (kind == "acked" ? state.acked : state.unknown).insert(static_cast<Label>(std::stoul(label)));
    }
  }
  return state;
}

void save(const std::string& path, const World& world, bool first_round) {
  std::ofstream file(path, std::ios::app);
  file << "next " << world.first_label + world.events.size() << '\n';
  std::unordered_set<Label> seen;
  for (const SubscriptionRecord& s : world.subscriptions) {
    seen.insert(s.received.begin(), s.received.end());
    if (first_round) file << "cursor - " << s.first_cursor << '\n';
    if (!s.received.empty()) file << "cursor " << s.received.back() << ' ' << s.last_cursor << '\n';
  }
  for (std::size_t i = 0; i < world.events.size(); ++i) {
    const Label label = world.first_label + static_cast<Label>(i);
    const EventRecord& event = world.events[i];
    if (event.outcome == EventRecord::Outcome::refused) continue;
    const bool promised = event.outcome == EventRecord::Outcome::accepted || seen.contains(label);
    file << (promised ? "acked " : "unknown ") << label << '\n';
  }
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace

void run_crash_round(const StressOptions& options, Verdict& verdict) {
  const State state = load(options.state);
  std::mt19937_64 random(options.seed);
  World world;
  world.first_label = state.next;
  for (const char* path : {"/kept1/a", "/kept1/a/b", "/kept1/c"}) {
    world.channels.push_back({kNamespace, path});
  }
  bench::Loop loop;
  std::vector<std::unique_ptr<Client>> clients;  // the first one only reads
  for (std::size_t i = 0; i <= kPublishers; ++i) {
    clients.push_back(std::make_unique<Client>(loop, world, options.target, i));
    clients.back()->connect();
  }
  std::vector<std::unique_ptr<HttpPublisher>> http;
  for (std::size_t i = 0; i < kHttpPublishers; ++i) {
    http.push_back(std::make_unique<HttpPublisher>(loop, world, options.target, kPublishers + i));
    http.back()->connect();
  }
  const auto online = [&] {
    return std::ranges::all_of(clients, [](auto& c) { return c->online(); });
  };
  if (!verdict.check(turn_until(loop, options.patience, online), "nobody gets online")) return;
  clients.front()->subscribe(kNamespace, kEverything, {.kind = Replay::Kind::last, .last = 0});
  const auto subscribed = [&] { return world.subscriptions.front().success != 0; };
  if (!verdict.check(turn_until(loop, options.patience, subscribed), "cannot subscribe")) return;

  const auto kill_at = SteadyClock::now() + std::chrono::milliseconds(options.kill_after_ms);
  const auto publish_everywhere = [&] {
    for (auto& client : clients) {
      if (client == clients.front()) continue;
      while (client->online() && client->outstanding_publishes() < 4) {
        client->publish(static_cast<std::uint32_t>(random() % 3), 1 + random() % 5,
                        10 + random() % 300);
      }
    }
    for (auto& publisher : http) {
      if (publisher->idle()) publisher->publish(static_cast<std::uint32_t>(random() % 3), 1, 50);
    }
  };
  while (SteadyClock::now() < kill_at) {
    publish_everywhere();
    loop.turn(std::chrono::milliseconds(1));
  }
  for (auto& client : clients) client->expect_end();
  for (auto& publisher : http) publisher->expect_end();
  if (kill(options.pid, SIGKILL) != 0) throw std::runtime_error("cannot kill the server");
  const auto all_gone = [&] {
    return std::ranges::all_of(clients, [](auto& c) { return c->offline(); }) &&
           std::ranges::all_of(http, [](auto& h) { return h->offline(); });
  };
  verdict.check(turn_until(loop, options.patience, all_gone), "connections outlive the server");
  check_violations(verdict, world);
  save(options.state, world, state.next == 0);
  const auto acked =
      std::ranges::count(world.events, EventRecord::Outcome::accepted, &EventRecord::outcome);
  verdict.note("killed after " + std::to_string(options.kill_after_ms) +
               " ms: " + std::to_string(acked) + " acknowledged, " +
               std::to_string(world.events.size() - static_cast<std::size_t>(acked)) +
               " not answered");
}

void run_crash_check(const StressOptions& options, Verdict& verdict) {
  const State state = load(options.state);
  const Order order = read_history(options.target, kEverything);
  std::unordered_map<Label, std::size_t> positions;
  std::size_t twice = 0, foreign = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!positions.emplace(order[i], i).second) ++twice;
    if (!state.acked.contains(order[i]) && !state.unknown.contains(order[i])) ++foreign;
  }
  const auto lost =
      std::ranges::count_if(state.acked, [&](Label label) { return !positions.contains(label); });
  verdict.check(lost == 0, std::to_string(lost) + " of " + std::to_string(state.acked.size()) +
                               " acknowledged events are not in the history");
  verdict.check(twice == 0, std::to_string(twice) + " events are in the history twice");
  verdict.check(foreign == 0, std::to_string(foreign) + " events in the history were not sent");

  // By HTTP and by replay, every cursor continues with the event behind its own.
  World world;
  world.channels.push_back({kNamespace, "/kept1/a"});
  bench::Loop loop;
  Client client(loop, world, options.target, 0);
  client.connect();
  if (!verdict.check(turn_until(loop, options.patience, [&] { return client.online(); }),
                     "nobody gets online")) {
    return;
  }
  for (const Cursor& cursor : state.cursors) {
    if (!cursor.from_start && !positions.contains(cursor.label)) continue;  // counted as lost
    const std::size_t start = cursor.from_start ? 0 : positions.at(cursor.label) + 1;
    const Order expected(order.begin() + static_cast<std::ptrdiff_t>(start), order.end());
    const std::string name =
        cursor.from_start ? "of the empty history" : "of event " + std::to_string(cursor.label);
    verdict.check(read_history(options.target, kEverything, cursor.text) == expected,
                  "the history after the cursor " + name + " is not what follows it");
    client.subscribe(kNamespace, kEverything, {.kind = Replay::Kind::after, .cursor = cursor.text});
    const SubscriptionRecord& record = world.subscriptions.back();
    turn_until(loop, options.patience, [&] {
      return client.offline() || (record.success != 0 && record.received.size() >= expected.size());
    });
    verdict.check(record.received == expected,
                  "the replay after the cursor " + name + " is not what follows it");
    verdict.check(record.recovered, "the replay after the cursor " + name + " is not recovered");
    client.unsubscribe(0);
    turn_until(loop, options.patience, [&] { return record.end != SubscriptionRecord::End::open; });
  }
  check_violations(verdict, world);
  verdict.note("after the restart: " + std::to_string(order.size()) + " events, " +
               std::to_string(state.cursors.size()) + " cursors");
}

}  // namespace stress
