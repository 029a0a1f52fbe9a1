// One API with the namespace "default", and an authorizer that knows one key.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/snapshot.hpp"
#include "eventsd/event.hpp"
#include "protocol/server_message.hpp"

namespace eventsd::test {

// Accepts one API key or one Authorization value; records what it was asked.
class FakeAuthorizer final : public Authorizer {
 public:
  FakeAuthorizer(AuthMode mode, std::string secret) : mode_(mode), secret_(std::move(secret)) {}

  Task<Result<Identity>> authorize(AuthorizationRequest request) override {
    asked.push_back(request);
    if (gate) co_await *gate;
    if (request.credentials.api_key == secret_ || request.credentials.authorization == secret_) {
      co_return Identity{mode_, nullptr};
    }
    co_return fail(ErrorKind::unauthorized);
  }

  bool recognises(const Credentials&) const override { return !stranger; }

  bool grants_at_once(std::string_view api_key) const override {
    return at_once && api_key == secret_;
  }

  std::vector<AuthorizationRequest> asked;
  bool at_once = false;              // grants what it would grant without being asked
  bool stranger = false;             // to every token
  Completion<bool>* gate = nullptr;  // answers only when it is completed

 private:
  AuthMode mode_;
  std::string secret_;
};

inline Credentials key(std::string api_key) { return {std::move(api_key), "", "", nullptr}; }
inline Credentials token(std::string authorization) {
  return {"", std::move(authorization), "", nullptr};
}

// What a client sends to be published.
inline std::shared_ptr<EventBatch> events_of(const std::vector<std::string>& payloads) {
  auto batch = std::make_shared<EventBatch>();
  for (const std::string& payload : payloads) {
    Event& event = batch->events.emplace_back();
    event.data_suffix = protocol::data_suffix(payload);
    event.payload_size = static_cast<std::uint32_t>(payload.size());
    event.index = static_cast<std::uint32_t>(batch->events.size() - 1);
  }
  return batch;
}

inline ChannelNamespacePtr make_namespace(std::string name, std::uint32_t number,
                                          AuthModes modes = {AuthMode::api_key}) {
  auto made = std::make_shared<ChannelNamespace>();
  made->key = number;
  made->api_key = 1;
  made->api_id = "api";
  made->name = std::move(name);
  made->publish_modes = made->subscribe_modes = modes;
  return made;
}

// The API that tests begin with: keys are accepted, and the key is "good".
inline std::shared_ptr<core::Api> make_api() {
  auto api = std::make_shared<core::Api>();
  api->key = 1;
  api->id = "api";
  api->connection_modes = {AuthMode::api_key};
  api->authorizers[0] = std::make_shared<FakeAuthorizer>(AuthMode::api_key, "good");
  api->namespaces.emplace("default", make_namespace("default", 1));
  return api;
}

inline core::SnapshotPtr make_snapshot(core::ApiPtr api, const Config& config = {}) {
  auto snapshot = std::make_shared<core::Snapshot>();
  snapshot->config = std::make_shared<Config>(config);
  snapshot->apis.push_back(std::move(api));
  return snapshot;
}

}  // namespace eventsd::test
