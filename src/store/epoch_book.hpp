// The epochs of namespaces that have no row yet.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "eventsd/channel_namespace.hpp"

namespace eventsd::store {

// Random, never 0.
std::uint64_t make_epoch();

// The one key of a namespace in the store's maps: names hold no NUL.
std::string namespace_key(const std::string& api_id, const std::string& name);

// Gives a namespace its epoch before its first event is written, so that a cursor handed out for an
// empty namespace is good later; the writer creates the row with the same epoch. An epoch that was
// handed out and never written is forgotten at restart, which makes its cursors old: safe.
//   thread   any
class EpochBook {
 public:
  std::uint64_t find_or_make(const ChannelNamespace& channel_namespace);

 private:
  // Guards epochs_. Posting is not possible: a read never waits behind the writer.
  std::mutex mutex_;
  std::unordered_map<std::string, std::uint64_t> epochs_;
};

}  // namespace eventsd::store
