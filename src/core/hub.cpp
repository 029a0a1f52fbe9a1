#include "core/hub.hpp"

#include <cassert>
#include <cstring>

namespace eventsd::core {
namespace {

constexpr std::size_t kApiBytes = sizeof(std::uint32_t);

void begin_key(std::string& key, std::uint32_t api_key, std::string_view channel) {
  key.resize(kApiBytes);
  std::memcpy(key.data(), &api_key, kApiBytes);
  key.append(channel);
}

}  // namespace

Subscription::~Subscription() {
  if (topic) (void)topic->hub->leave(*this);  // the broker's interest is the owner's business
}

void Hub::join(Subscription& subscription, const ChannelNamespacePtr& channel_namespace,
               const Channel& channel) {
  assert(!subscription.topic);
  begin_key(scratch_, channel_namespace->api_key, channel.path());
  auto found = topics_.find(std::string_view(scratch_));
  if (found == topics_.end()) {
    auto topic = std::make_unique<Topic>();
    topic->key = scratch_;
    topic->hub = this;
    if (channel.is_wildcard()) ++wildcard_topics_;
    found = topics_.emplace(scratch_, std::move(topic)).first;
  }
  Topic& topic = *found->second;
  topic.channel_namespace = channel_namespace;
  subscription.topic = &topic;
  subscription.place = static_cast<std::uint32_t>(topic.subscriptions.size());
  topic.subscriptions.push_back(&subscription);
}

ChannelNamespacePtr Hub::leave(Subscription& subscription) {
  assert(subscription.topic);
  Topic& topic = *subscription.topic;
  subscription.topic = nullptr;
  Subscription* const last = topic.subscriptions.back();
  topic.subscriptions[subscription.place] = last;
  last->place = subscription.place;
  topic.subscriptions.pop_back();
  ChannelNamespacePtr channel_namespace = topic.channel_namespace;
  if (topic.subscriptions.empty()) {
    if (topic.key.ends_with("/*")) --wildcard_topics_;
    topics_.erase(topics_.find(std::string_view(topic.key)));
  }
  return channel_namespace;
}

std::string_view Hub::channel_of(const Subscription& subscription) {
  return std::string_view(subscription.topic->key).substr(kApiBytes);
}

void Hub::deliver_to(std::string_view key, const SequencedBatch& batch) {
  const auto found = topics_.find(key);
  if (found == topics_.end()) return;
  for (Subscription* subscription : found->second->subscriptions) {
    subscription->subscriber->deliver(*subscription, batch);
  }
}

void Hub::deliver(const SequencedBatch& batch) {
  begin_key(scratch_, batch.batch->channel_namespace->api_key, batch.batch->channel);
  deliver_to(scratch_, batch);
  if (wildcard_topics_ == 0) return;
  // "/a/b/c" → "/a/b/*", "/a/*"
  for (std::size_t slash = scratch_.rfind('/'); slash > kApiBytes && slash != std::string::npos;
       slash = scratch_.rfind('/', slash - 1)) {
    scratch_.resize(slash + 1);
    scratch_.push_back('*');
    deliver_to(scratch_, batch);
  }
}

}  // namespace eventsd::core
