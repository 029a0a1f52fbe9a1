// `eventsd api-key --offline`: keys in a data directory that no daemon uses.
#include <algorithm>

#include "app/data_dir.hpp"
#include "app/key_admin.hpp"
#include "app/registry.hpp"
#include "store/state_store.hpp"

namespace eventsd::app {
namespace {

using SystemClock = std::chrono::system_clock;
constexpr std::chrono::hours kDefaultLifetime{24 * 7};

class OfflineKeyAdmin final : public KeyAdmin {
 public:
  OfflineKeyAdmin(DataDir data_dir, std::unique_ptr<store::StateStore> state, std::string api_id)
      : data_dir_(std::move(data_dir)), state_(std::move(state)), api_id_(std::move(api_id)) {}

  Result<ApiKeyRecord> create(const std::string& description,
                              std::optional<SystemClock::time_point> expires) override {
    const SystemClock::time_point now = SystemClock::now();
    const SystemClock::time_point until = expires.value_or(now + kDefaultLifetime);
    const store::StoredApiKey key{api_id_, make_api_key(), description, SystemClock::to_time_t(now),
                                  SystemClock::to_time_t(until)};
    const auto put = state_->put_api_key(key);
    if (!put) return put.error();
    return ApiKeyRecord{key.id, key.description, until};
  }

  Result<std::vector<ApiKeyRecord>> list() override {
    const auto stored = state_->api_keys();
    if (!stored) return stored.error();
    std::vector<ApiKeyRecord> keys;
    for (const store::StoredApiKey& key : *stored) {
      if (key.api_id != api_id_) continue;
      std::optional<SystemClock::time_point> expires;
      if (key.expires) expires = SystemClock::from_time_t(*key.expires);
      keys.push_back({key.id, key.description, expires});
    }
    return keys;
  }

  Result<void> remove(const std::string& id) override {
    const auto removed = state_->delete_api_key(api_id_, id);
    if (!removed) return removed.error();
    if (!*removed) {
      return fail(ErrorKind::not_found, "No such API key in " + data_dir_.path() +
                                            " (keys of the configuration file are changed there)");
    }
    return {};
  }

 private:
  DataDir data_dir_;  // holds the lock
  std::unique_ptr<store::StateStore> state_;
  const std::string api_id_;
};

}  // namespace

Result<std::unique_ptr<KeyAdmin>> open_offline_key_admin(const std::string& data_dir,
                                                         const std::string& api_id) {
  auto opened = DataDir::open(data_dir);
  if (!opened) return fail(ErrorKind::conflict, opened.error().message);
  auto state = store::open_state_store(opened->file("state.db"));
  if (!state) return state.error();
  std::string id = api_id;
  if (id.empty()) {
    const auto ids = (*state)->api_ids();
    if (!ids) return ids.error();
    if (ids->empty()) {
      return fail(ErrorKind::not_found, data_dir +
                                            " holds no API yet: start `eventsd serve` on it once, "
                                            "or name the API with --api");
    }
    id = ids->front();
  }
  return std::unique_ptr<KeyAdmin>(
      std::make_unique<OfflineKeyAdmin>(std::move(*opened), std::move(*state), std::move(id)));
}

}  // namespace eventsd::app
