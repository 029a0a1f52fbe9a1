#include "core/channel_rates.hpp"

#include <algorithm>
#include <cstring>

namespace eventsd::core {
namespace {

constexpr std::size_t kApiBytes = sizeof(std::uint32_t);
using Seconds = std::chrono::duration<double>;

}  // namespace

void ChannelRates::add(const EventBatch& batch) {
  if (batch.events.empty()) return;
  scratch_.resize(kApiBytes);
  std::memcpy(scratch_.data(), &batch.channel_namespace->api_key, kApiBytes);
  scratch_.append(batch.channel);
  auto found = current_.find(std::string_view(scratch_));
  if (found == current_.end()) {
    if (current_.size() == kMaxChannels) {
      uncounted_ += batch.events.size();
      return;
    }
    found = current_.emplace(scratch_, Count{batch.channel_namespace, 0, 0}).first;
  }
  found->second.events += static_cast<double>(batch.events.size());
  for (const Event& event : batch.events) {
    found->second.bytes += static_cast<double>(event.payload_size);
  }
}

void ChannelRates::turn(Clock::time_point now) {
  if (now < window_begun_ + kWindow) return;
  // Nobody turned it for two windows: what it holds is old.
  if (now < window_begun_ + 2 * kWindow) {
    before_.swap(current_);
  } else {
    before_.clear();
  }
  current_.clear();
  window_begun_ = now;
}

std::vector<LiveChannel> ChannelRates::rates(Clock::time_point now) const {
  const double filled = std::clamp(Seconds(now - window_begun_) / Seconds(kWindow), 0.0, 1.0);
  // In the first window there has not been so much time.
  const Seconds span = std::clamp(Seconds(now - begun_), Seconds(1), Seconds(kWindow));
  std::unordered_map<std::string_view, LiveChannel> rows;
  const auto add_window = [&](const Window& window, double weight) {
    if (weight <= 0) return;
    for (const auto& [key, count] : window) {
      LiveChannel& row = rows[key];
      row.api_id = count.channel_namespace->api_id;
      row.channel = std::string_view(key).substr(kApiBytes);
      row.events_per_second += count.events * weight / span.count();
      row.bytes_per_second += count.bytes * weight / span.count();
    }
  };
  add_window(current_, 1);
  add_window(before_, 1 - filled);
  std::vector<LiveChannel> all;
  all.reserve(rows.size());
  for (auto& [key, row] : rows) all.push_back(std::move(row));
  return all;
}

}  // namespace eventsd::core
