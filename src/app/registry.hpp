// From configuration and stored state to the snapshot that shards work with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/authorizers.hpp"
#include "app/handlers.hpp"
#include "core/snapshot.hpp"
#include "store/state_store.hpp"

namespace eventsd::app {

// Gives APIs and namespaces their process-wide numbers, and their ids and keys on first start.
//   thread   control
class Registry {
 public:
  Registry(store::StateStore& state, Authorizers& authorizers, Handlers& handlers)
      : state_(state), authorizers_(authorizers), handlers_(handlers) {}

  // The configuration with every API's id filled in, and the zero-configuration API when the file
  // defines none. New ids, and a key for an API that has none, are made and stored.
  //   errors   internal: the state cannot be written
  Result<ConfigPtr> complete(const Config& config);

  // REQUIRES: `config` has been completed.
  //   errors   bad_request: an authorizer's options, a data source's, a handler's code; internal:
  //            the state cannot be read
  Result<core::SnapshotPtr> snapshot(ConfigPtr config);

  // The key that complete() has just made, if any.
  const std::string& generated_key() const { return generated_key_; }

 private:
  store::StateStore& state_;
  Authorizers& authorizers_;
  Handlers& handlers_;
  std::map<std::string, std::uint32_t> api_numbers_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> namespace_numbers_;
  std::string generated_key_;
};

// "da2-" and 26 lower-case letters and digits.
std::string make_api_key();

}  // namespace eventsd::app
