#include "core/hub.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <exception>

namespace eventsd::core {
namespace {

constexpr std::size_t kApiBytes = sizeof(std::uint32_t);

void begin_key(std::string& key, std::uint32_t api_key, std::string_view channel) {
  key.resize(kApiBytes);
  std::memcpy(key.data(), &api_key, kApiBytes);
  key.append(channel);
}

void give(Subscription& subscription, Batches batches, Subscriber::Moment moment) {
  try {
    subscription.subscriber->deliver(subscription, batches, moment);
  } catch (const std::exception&) {
    subscription.subscriber->lost();
  }
}

}  // namespace

// Room for the longest channel, so that no delivery fails for want of it.
Hub::Hub() { scratch_.reserve(kApiBytes + 1024); }

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
    topic->subscriptions.reserve(1);  // a topic without any is none
    found = topics_.emplace(scratch_, std::move(topic)).first;
    if (channel.is_wildcard()) ++wildcard_topics_;
  }
  Topic& topic = *found->second;
  topic.subscriptions.push_back(&subscription);  // from here on nothing fails
  topic.channel_namespace = channel_namespace;
  subscription.topic = &topic;
  subscription.place = static_cast<std::uint32_t>(topic.subscriptions.size() - 1);
  subscription.seen = static_cast<std::uint32_t>(topic.turn.size());
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
    std::erase(gathering_, &topic);
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
  Topic& topic = *found->second;
  try {
    gather(topic, batch);
  } catch (const std::exception&) {
    for (Subscription* subscription : topic.subscriptions) subscription->subscriber->lost();
    return;
  }
  if (topic.turn_bytes > kMaxTurnBytes) {
    hand_out(topic);
    topic.turn_bytes = 0;
  }
}

// All of it, or nothing.
void Hub::gather(Topic& topic, const SequencedBatch& batch) {
  topic.turn.push_back(batch);
  if (!topic.is_gathering) {
    try {
      gathering_.push_back(&topic);
      // Whoever was scheduled before has gathered something; nothing else keeps the turn's end due.
      if (gathering_.size() == 1 && schedule_) schedule_();
    } catch (...) {
      if (!gathering_.empty() && gathering_.back() == &topic) gathering_.pop_back();
      topic.turn.pop_back();
      throw;
    }
    topic.is_gathering = true;
  }
  topic.turn_bytes += batch.batch->bytes;
}

void Hub::hand_out(Topic& topic) {
  ++hand_outs_;
  const Batches all(topic.turn);
  for (Subscription* subscription : topic.subscriptions) {
    if (subscription->seen < all.size()) {
      give(*subscription, all.subspan(subscription->seen), Subscriber::Moment::turn_end);
    }
    subscription->seen = 0;
  }
  topic.turn.clear();
}

void Hub::end_turn() {
  for (std::size_t i = 0; i < gathering_.size(); ++i) {
    Topic& topic = *gathering_[i];
    hand_out(topic);
    topic.turn_bytes = 0;
    topic.is_gathering = false;
  }
  gathering_.clear();
}

void Hub::settle(Subscription& subscription) {
  if (!subscription.topic) return;
  const Batches rest = Batches(subscription.topic->turn).subspan(subscription.seen);
  subscription.seen = static_cast<std::uint32_t>(subscription.topic->turn.size());
  if (rest.empty()) return;
  give(subscription, rest, Subscriber::Moment::within_turn);
}

std::size_t Hub::largest_topics(std::size_t rows, std::size_t walk,
                                std::vector<LiveChannel>& out) const {
  std::vector<const Topic*> seen;
  seen.reserve(std::min(walk, topics_.size()));
  for (const auto& [key, topic] : topics_) {
    if (seen.size() == walk) break;
    seen.push_back(topic.get());
  }
  const auto kept = static_cast<std::ptrdiff_t>(std::min(rows, seen.size()));
  std::partial_sort(seen.begin(), seen.begin() + kept, seen.end(),
                    [](const Topic* a, const Topic* b) {
                      return a->subscriptions.size() > b->subscriptions.size();
                    });
  for (auto topic = seen.begin(); topic != seen.begin() + kept; ++topic) {
    LiveChannel row;
    row.api_id = (*topic)->channel_namespace->api_id;
    row.channel = (*topic)->key.substr(kApiBytes);
    row.subscribers = (*topic)->subscriptions.size();
    out.push_back(std::move(row));
  }
  return topics_.size() - seen.size();
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
