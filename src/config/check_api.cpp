#include "config/check_api.hpp"

#include <algorithm>
#include <chrono>

#include "config/section_checker.hpp"

namespace eventsd::config {
namespace {

using Seen = std::map<std::string, SourcePlace>;

std::string where(const SourcePlace& place) {
  std::string out = place.file;
  return place.line == 0 ? out : out + ":" + std::to_string(place.line);
}

class ApiChecker final : private SectionChecker {
 public:
  using SectionChecker::SectionChecker;

  void check() {
    if (has("api") && has("apis")) {
      // The paths below would not tell whose API is whose; the rest follows when this is mended.
      fault("api", "api and apis exclude each other; move it into the list");
      return;
    }
    for (std::size_t i = 0; i < config_.apis.size(); ++i) check_api(config_.apis[i], api_path(i));
  }

 private:
  // Refuses a second use of a value. `owner` stands for the list when the item has no place.
  void once(Seen& seen, const std::string& value, const std::string& path, const std::string& owner,
            const std::string& what) {
    const SourcePlace here = has(path) ? place(path) : place(owner);
    const auto [first, is_new] = seen.emplace(value, here);
    if (!is_new) {
      bound_.faults.push_back(
          {here, path + ": " + what + " is already used in " + where(first->second)});
    }
  }

  void check_api(ApiConfig& api, const std::string& path) {
    if (api.place.file.empty()) api.place = place(path);
    check_identity(api, path);
    check_keys(api, path);
    check_modes(api, path);
    check_namespaces(api, path);
    if (api.place.line == 0 && api.channel_namespaces.empty()) {
      warn(path, "defined without a namespace; only the control plane can make one");
    }
  }

  void check_identity(const ApiConfig& api, const std::string& path) {
    if (!api.id.empty()) once(ids_, api.id, path + ".id", path, "this id");
    // An API without an id is recognised at the next start by its name.
    if (api.id.empty() && !has_fault_at(path + ".id") && !has_fault_at(path + ".name")) {
      once(names_, api.name, path + ".name", path,
           "an API without an id needs a name of its own; \"" + api.name + "\"");
    }
    for (std::size_t i = 0; i < api.domains.size(); ++i) {
      once(domains_, api.domains[i], path + ".domains[" + std::to_string(i) + "]",
           path + ".domains", api.domains[i]);
    }
  }

  void check_keys(const ApiConfig& api, const std::string& path) {
    const auto now = std::chrono::system_clock::now();
    for (std::size_t i = 0; i < api.api_keys.size(); ++i) {
      const ApiKeyConfig& key = api.api_keys[i];
      const std::string key_path = path + ".apiKeys[" + std::to_string(i) + "]";
      if (key.id.empty()) {
        if (!has_fault_at(key_path + ".id")) fault(key_path, "needs an id: the key itself");
        continue;
      }
      once(keys_, key.id, key_path + ".id", key_path, "this key");
      if (key.id.size() < 16) {
        warn(key_path + ".id", "shorter than 16 characters; it can be guessed");
      }
      if (key.expires && *key.expires <= now) warn(key_path + ".expires", "the key has expired");
    }
  }

  void check_modes(ApiConfig& api, const std::string& path) {
    const std::string providers_path = path + ".authProviders";
    AuthModes available;
    Seen seen;
    for (std::size_t i = 0; i < api.auth_providers.size(); ++i) {
      const AuthProviderConfig& provider = api.auth_providers[i];
      const std::string item = providers_path + "[" + std::to_string(i) + "]";
      const bool plain = provider.mode == AuthMode::api_key || provider.mode == AuthMode::iam;
      const bool given = bound_.places.contains(item + ".authType");
      if (!given) {
        fault(item, "needs an authType");
      } else if (plain && available.contains(provider.mode)) {
        fault(item, std::string(to_string(provider.mode)) + " is given twice");
      }
      available.add(provider.mode);
    }
    if (api.auth_providers.empty()) {
      if (bound_.places.contains(providers_path) && !has_fault_at(providers_path)) {
        fault(providers_path, "needs at least one; remove it for API_KEY");
      }
      available.add(AuthMode::api_key);
      api.auth_providers.emplace_back().place = api.place;
    }
    settle(api.connection_modes, available, available, path + ".connectionAuthModes");
    settle(api.default_publish_modes, available, available, path + ".defaultPublishAuthModes");
    settle(api.default_subscribe_modes, available, available, path + ".defaultSubscribeAuthModes");
    for (std::size_t i = 0; i < api.channel_namespaces.size(); ++i) {
      ChannelNamespace& one = api.channel_namespaces[i];
      const std::string item = path + ".channelNamespaces[" + std::to_string(i) + "]";
      settle(one.publish_modes, api.default_publish_modes, available, item + ".publishAuthModes");
      settle(one.subscribe_modes, api.default_subscribe_modes, available,
             item + ".subscribeAuthModes");
    }
  }

  // Takes the default where no mode is given, and refuses modes that no provider has.
  void settle(AuthModes& modes, const AuthModes& defaults, const AuthModes& available,
              const std::string& path) {
    if (modes.empty()) {
      if (bound_.places.contains(path) && !has_fault_at(path)) {
        fault(path, "needs at least one mode; remove it for the default");
      }
      modes = defaults;
      return;
    }
    for (std::string_view name : kAuthModeNames) {
      const AuthMode mode = *parse_auth_mode(name);
      if (!modes.contains(mode) || available.contains(mode)) continue;
      fault(path, std::string(name) + " is not among authProviders; add it there");
    }
  }

  void check_namespaces(ApiConfig& api, const std::string& path) {
    Seen seen;
    for (std::size_t i = 0; i < api.channel_namespaces.size(); ++i) {
      ChannelNamespace& one = api.channel_namespaces[i];
      one.api_id = api.id;
      const std::string item = path + ".channelNamespaces[" + std::to_string(i) + "]";
      if (one.name.empty()) {
        if (!has_fault_at(item + ".name")) fault(item, "needs a name");
        continue;
      }
      once(seen, one.name, item + ".name", item, "the namespace \"" + one.name + "\"");
    }
  }

  Seen ids_;
  Seen names_;
  Seen domains_;
  Seen keys_;
};

}  // namespace

void check_apis(Bound& bound, std::vector<std::string>& warnings) {
  ApiChecker(bound, warnings).check();
}

}  // namespace eventsd::config
