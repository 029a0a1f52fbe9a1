// API keys of the running daemon: the file's, which are read-only here, and those in state.db.
#pragma once

#include <functional>

#include "admin/api_keys.hpp"
#include "eventsd/config.hpp"
#include "store/state_store.hpp"

namespace eventsd::app {

// `config` gives the completed configuration in force; `changed` is called after each change of the
// stored keys, so that the daemon takes them up.
//   thread   control
std::unique_ptr<admin::ApiKeyDirectory> make_key_directory(store::StateStore& state,
                                                           std::function<ConfigPtr()> config,
                                                           std::function<void()> changed);

}  // namespace eventsd::app
