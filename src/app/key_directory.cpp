#include "app/key_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/registry.hpp"

namespace eventsd::app {
namespace {

using admin::ApiKeyRecord;
using SystemClock = std::chrono::system_clock;

class KeyDirectory final : public admin::ApiKeyDirectory {
 public:
  KeyDirectory(store::StateStore& state, std::function<ConfigPtr()> config,
               std::function<void()> changed)
      : state_(state), config_(std::move(config)), changed_(std::move(changed)) {}

  Result<std::vector<ApiKeyRecord>> list(const std::string& api_id) const override {
    const ConfigPtr config = config_();
    const ApiConfig* const api = find_api(*config, api_id);
    if (!api) return no_such_api(api_id);
    std::vector<ApiKeyRecord> keys;
    for (const ApiKeyConfig& key : api->api_keys) {
      std::optional<std::int64_t> expires;
      if (key.expires) expires = SystemClock::to_time_t(*key.expires);
      keys.push_back({key.id, key.description, expires});
    }
    const auto stored = state_.api_keys();
    if (!stored) return stored.error();
    for (const store::StoredApiKey& key : *stored) {
      if (key.api_id == api_id) keys.push_back({key.id, key.description, key.expires});
    }
    return keys;
  }

  Result<ApiKeyRecord> create(const std::string& api_id, std::string description,
                              std::int64_t expires) override {
    if (!find_api(*config_(), api_id)) return no_such_api(api_id);
    const std::int64_t now = SystemClock::to_time_t(SystemClock::now());
    return put({api_id, make_api_key(), std::move(description), now, expires});
  }

  Result<ApiKeyRecord> update(const std::string& api_id, const std::string& id,
                              std::optional<std::string> description,
                              std::optional<std::int64_t> expires) override {
    auto key = find_stored(api_id, id);
    if (!key) return key.error();
    if (description) key->description = std::move(*description);
    if (expires) key->expires = expires;
    return put(*key);
  }

  Result<void> remove(const std::string& api_id, const std::string& id) override {
    const auto key = find_stored(api_id, id);
    if (!key) return key.error();
    const auto removed = state_.delete_api_key(api_id, id);
    if (!removed) return removed.error();
    changed_();
    return {};
  }

 private:
  static const ApiConfig* find_api(const Config& config, const std::string& api_id) {
    const auto found = std::find_if(config.apis.begin(), config.apis.end(),
                                    [&](const ApiConfig& api) { return api.id == api_id; });
    return found == config.apis.end() ? nullptr : &*found;
  }

  static Error no_such_api(const std::string& api_id) {
    return fail(ErrorKind::not_found, "API " + api_id + " does not exist");
  }

  Result<store::StoredApiKey> find_stored(const std::string& api_id, const std::string& id) const {
    const ConfigPtr config = config_();
    const ApiConfig* const api = find_api(*config, api_id);
    if (!api) return no_such_api(api_id);
    for (const ApiKeyConfig& key : api->api_keys) {
      if (key.id != id) continue;
      return fail(ErrorKind::conflict,
                  fmt::format("The key is defined in {}:{}: change it there and reload",
                              key.place.file, key.place.line));
    }
    const auto stored = state_.api_keys();
    if (!stored) return stored.error();
    for (const store::StoredApiKey& key : *stored) {
      if (key.api_id == api_id && key.id == id) return key;
    }
    return fail(ErrorKind::not_found, "No such API key");
  }

  Result<ApiKeyRecord> put(const store::StoredApiKey& key) {
    const auto stored = state_.put_api_key(key);
    if (!stored) return stored.error();
    changed_();
    return ApiKeyRecord{key.id, key.description, key.expires};
  }

  store::StateStore& state_;
  const std::function<ConfigPtr()> config_;
  const std::function<void()> changed_;
};

}  // namespace

std::unique_ptr<admin::ApiKeyDirectory> make_key_directory(store::StateStore& state,
                                                           std::function<ConfigPtr()> config,
                                                           std::function<void()> changed) {
  return std::make_unique<KeyDirectory>(state, std::move(config), std::move(changed));
}

}  // namespace eventsd::app
