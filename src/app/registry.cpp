#include "app/registry.hpp"

#include <algorithm>
#include <chrono>

#include "auth/api_key.hpp"
#include "protocol/text.hpp"

namespace eventsd::app {
namespace {

using SystemClock = std::chrono::system_clock;
constexpr std::size_t kIdLength = 26;

ApiConfig zero_configuration_api() {
  ApiConfig api;  // its name is that of a file which names none: both have one id, keys and history
  api.auth_providers.emplace_back();
  api.connection_modes = api.default_publish_modes = api.default_subscribe_modes =
      AuthModes{AuthMode::api_key};
  ChannelNamespace channel_namespace;
  channel_namespace.name = "default";
  channel_namespace.publish_modes = channel_namespace.subscribe_modes =
      AuthModes{AuthMode::api_key};
  channel_namespace.history = HistoryPolicy{};
  api.channel_namespaces.push_back(channel_namespace);
  return api;
}

bool takes_api_keys(const ApiConfig& api) {
  return std::any_of(
      api.auth_providers.begin(), api.auth_providers.end(),
      [](const AuthProviderConfig& provider) { return provider.mode == AuthMode::api_key; });
}

}  // namespace

std::string make_api_key() { return "da2-" + protocol::random_lower_alphanumeric(kIdLength); }

Result<ConfigPtr> Registry::complete(const Config& config) {
  auto complete = std::make_shared<Config>(config);
  if (complete->apis.empty()) complete->apis.push_back(zero_configuration_api());
  generated_key_.clear();
  const auto stored_keys = state_.api_keys();
  if (!stored_keys) return stored_keys.error();
  for (ApiConfig& api : complete->apis) {
    if (api.id.empty()) {
      const auto stored = state_.api_id(api.name);
      if (!stored) return stored.error();
      if (*stored) {
        api.id = **stored;
      } else {
        api.id = protocol::random_lower_alphanumeric(kIdLength);
        const auto put = state_.put_api_id(api.name, api.id);
        if (!put) return put.error();
      }
    }
    const bool has_stored = std::any_of(stored_keys->begin(), stored_keys->end(),
                                        [&](const auto& key) { return key.api_id == api.id; });
    if (takes_api_keys(api) && api.api_keys.empty() && !has_stored) {
      const std::int64_t now = SystemClock::to_time_t(SystemClock::now());
      const store::StoredApiKey key{api.id, make_api_key(), "made at the first start", now, {}};
      const auto put = state_.put_api_key(key);
      if (!put) return put.error();
      if (generated_key_.empty()) generated_key_ = key.id;
    }
    const std::uint32_t next_api = static_cast<std::uint32_t>(api_numbers_.size()) + 1;
    const std::uint32_t api_number = api_numbers_.try_emplace(api.id, next_api).first->second;
    for (ChannelNamespace& channel_namespace : api.channel_namespaces) {
      channel_namespace.api_id = api.id;
      channel_namespace.api_key = api_number;
      const std::uint32_t next = static_cast<std::uint32_t>(namespace_numbers_.size()) + 1;
      channel_namespace.key =
          namespace_numbers_.try_emplace({api.id, channel_namespace.name}, next).first->second;
    }
  }
  return ConfigPtr(std::move(complete));
}

Result<core::SnapshotPtr> Registry::snapshot(ConfigPtr config) {
  const auto stored_keys = state_.api_keys();
  if (!stored_keys) return stored_keys.error();
  const auto begun = authorizers_.begin(*config);
  if (!begun) return begun.error();
  auto snapshot = std::make_shared<core::Snapshot>();
  for (const ApiConfig& from : config->apis) {
    auto api = std::make_shared<core::Api>();
    api->key = api_numbers_.at(from.id);
    api->id = from.id;
    api->name = from.name;
    api->domains = from.domains;
    api->connection_modes = from.connection_modes;
    for (const ChannelNamespace& channel_namespace : from.channel_namespaces) {
      api->namespaces.emplace(channel_namespace.name,
                              std::make_shared<const ChannelNamespace>(channel_namespace));
    }
    std::vector<auth::ApiKey> keys;
    for (const ApiKeyConfig& key : from.api_keys) keys.push_back({key.id, key.expires});
    for (const store::StoredApiKey& key : *stored_keys) {
      if (key.api_id != from.id) continue;
      std::optional<SystemClock::time_point> expires;
      if (key.expires) expires = SystemClock::from_time_t(*key.expires);
      keys.push_back({key.id, expires});
    }
    const auto equipped = authorizers_.equip(*api, from, *config, std::move(keys));
    if (!equipped) return equipped.error();
    const auto handled = handlers_.equip(*api, from, config);
    if (!handled) return handled.error();
    snapshot->apis.push_back(std::move(api));
  }
  authorizers_.end();
  snapshot->config = std::move(config);
  return core::SnapshotPtr(std::move(snapshot));
}

}  // namespace eventsd::app
