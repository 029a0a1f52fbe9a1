// What a stress run did and saw, in the order in which this one-threaded program did and saw it;
// the checks at the end need nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stress {

// The count of things recorded before; 0 means "never". If A's tick is smaller than B's, A was
// known to this program before B happened here, so the server cannot have them the other way round.
using Tick = std::uint64_t;

// Every event is labelled with a number, its index in World::events plus World::first_label.
using Label = std::uint32_t;

struct Channel {
  std::string name_space;
  std::string path;
};

// True if a subscription to `pattern` gets events of `path`.
bool matches(std::string_view pattern, std::string_view path);

struct EventRecord {
  enum class Outcome : std::uint8_t { unknown, accepted, refused };
  std::uint32_t channel = 0;    // index in World::channels
  std::uint32_t publisher = 0;  // events of one publisher were sent in label order
  Tick sent = 0;
  Tick answered = 0;
  Outcome outcome = Outcome::unknown;
};

struct Replay {
  enum class Kind : std::uint8_t { none, last, after };
  Kind kind = Kind::none;
  std::uint32_t last = 0;
  std::string cursor = {};
  bool from_start = false;  // the cursor is from before the first event
  Label after = 0;          // otherwise: the event whose frame carried the cursor
};

struct SubscriptionRecord {
  enum class End : std::uint8_t { open, unsubscribed, connection_lost };
  std::uint32_t connection = 0;
  std::string name_space;
  std::string pattern;
  Replay replay;
  Tick asked = 0;
  Tick success = 0;
  Tick unsubscribe_sent = 0;
  End end = End::open;
  bool recovered = true;
  std::string first_cursor;  // of subscribe_success
  std::string last_cursor;   // of the newest data frame
  std::vector<Label> received;
};

struct World {
  std::vector<Channel> channels;
  std::vector<EventRecord> events;
  std::deque<SubscriptionRecord> subscriptions;
  Label first_label = 0;
  Tick tick = 0;
  std::uint32_t publishers = 0;            // numbers handed out
  std::map<int, std::size_t> close_codes;  // of connections that the server ended
  std::size_t violation_count = 0;
  std::vector<std::string> violations;  // the first of them

  Tick now() { return ++tick; }
  EventRecord& event(Label label) { return events.at(label - first_label); }
  const EventRecord& event(Label label) const { return events.at(label - first_label); }

  // Records `count` events about to be sent; returns the first label.
  Label new_events(std::uint32_t channel, std::uint32_t publisher, std::size_t count);

  // Notes something the contract forbids.
  void violation(std::string text);
};

// The inside of a publish's events array for `count` labels from `first`, each event about `size`
// bytes of JSON text.
std::string event_texts(Label first, std::size_t count, std::size_t size);

// The label in a still escaped event; throws std::runtime_error if it is not one of ours.
Label label_of(std::string_view escaped_event);

}  // namespace stress
