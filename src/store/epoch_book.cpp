#include "store/epoch_book.hpp"

#include <random>

namespace eventsd::store {

std::uint64_t make_epoch() {
  std::random_device device;
  std::uniform_int_distribution<std::uint64_t> any(1);
  return any(device);
}

std::string namespace_key(const std::string& api_id, const std::string& name) {
  std::string key;
  key.reserve(api_id.size() + 1 + name.size());
  key.append(api_id).push_back('\0');
  return key.append(name);
}

std::uint64_t EpochBook::find_or_make(const ChannelNamespace& channel_namespace) {
  std::string key = namespace_key(channel_namespace.api_id, channel_namespace.name);
  const std::lock_guard lock(mutex_);
  const auto [place, added] = epochs_.try_emplace(std::move(key), 0);
  if (added) place->second = make_epoch();
  return place->second;
}

}  // namespace eventsd::store
