// The floor: the least a single-threaded server can do and still deliver AppSync Events frames to
// every subscriber. Bare epoll, no checks, no credentials, no limits, one send per connection per
// loop turn. What eventsd costs more than this is eventsd's own.
//
// An event is kept once as escaped by its publisher, in its topic's list of this turn. A
// connection's bytes are put together in one scratch buffer that stays in the cache, immediately
// before its send; those of connections with one subscription are made once for their topic, and
// only the prefixes are written over. Long events are not copied but gathered by the kernel
// (sendmsg).
//
// floor.cpp is the loop, messages.cpp what it says; plain.cpp or tls.cpp is linked as the stream.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct Connection;
struct Topic;

// Where an event of this turn lies in Turn::bytes: an escaped JSON string and a closing brace.
struct Event {
  std::uint32_t offset;
  std::uint32_t size;
};

struct Subscription {
  Connection* connection = nullptr;
  Topic* topic = nullptr;
  std::size_t index = 0;  // in the topic's list
  std::string prefix;     // {"type":"data","id":"…","event":
};

// A channel, or a wildcard by the part before "/*".
struct Topic {
  std::vector<Subscription*> subscriptions;
  std::vector<Event> events;  // of this turn
};

struct Connection {
  int fd = -1;
  bool upgraded = false;
  bool dirty = false;
  bool blocked = false;              // the kernel's buffer was full: EPOLLOUT is awaited
  bool writable = false;             // and has come
  std::vector<Subscription*> fresh;  // subscriptions with events of this turn, when it has several
  std::string out;                   // replies, not yet sealed
  std::string unsent;                // sealed; what a send left over
  std::size_t unsent_at = 0;         // how much of it has been sent since
  std::string in;                    // a partial frame
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  void* stream = nullptr;  // what the stream keeps for it
};

// What this turn has gathered.
struct Turn {
  std::string bytes;           // of all events
  std::vector<Topic*> topics;  // that have events
  std::vector<Connection*> dirty;
};
extern Turn turn;

inline void mark_dirty(Connection& connection) {
  if (!connection.dirty) {
    connection.dirty = true;
    turn.dirty.push_back(&connection);
  }
}

// --- messages.cpp ---

// Takes whole frames off `data` (unmasking in place); returns the bytes taken, or -1 to close.
ssize_t take_frames(Connection& connection, char* data, std::size_t size);
// Takes HTTP requests off `data`: the upgrade, or keep-alive publishes. Returns the bytes taken.
std::size_t take_requests(Connection& connection, std::string_view data);
// Ends the subscriptions of a connection.
void unsubscribe_all(Connection& connection);
// The header of a text frame of `size` bytes at `out`, which has room for 10; returns its length.
std::size_t write_header(char* out, std::size_t size);

// --- plain.cpp or tls.cpp ---
namespace stream {

// False: bytes leave as they are, so several pieces may be sent without copying them together.
extern const bool kSeals;
// What the program says about itself and takes from its arguments before [PORT]; returns how many.
int set_up(int argc, char** argv);
void begin(Connection& connection);
void end(Connection& connection);
// As recv(2). May leave bytes for the peer in `unsent`, and the connection dirty.
ssize_t receive(Connection& connection, char* into, std::size_t size);
// The bytes to hand to the kernel for `plain`; valid until the next call.
std::string_view seal(Connection& connection, std::string_view plain);

}  // namespace stream
}  // namespace bench
