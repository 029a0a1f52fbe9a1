#include "app/bench_publisher.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <random>

namespace eventsd::app::bench {
namespace {

// {"b":"eb1RRRRRRRRPPPPSSSSNNNNNNNNTTTTTTTTTTTTTTTT","x":"…"}: fixed widths, so that a stamp is
// found and written without parsing; a string, so that handlers pass it on as it is.
constexpr std::string_view kMark = "eb1";
constexpr std::string_view kOpen = R"({"b":")";
constexpr std::string_view kFill = R"(","x":")";
constexpr std::string_view kClose = R"("})";
constexpr std::size_t kStampBytes = 3 + 8 + 4 + 4 + 8 + 16;

constexpr std::chrono::milliseconds kPause{100};  // after a refused publish
// When not everybody gets an event (and the report will say so), the run goes on without.
constexpr std::chrono::seconds kDeliveryTimeout{10};
// For publishes whose deliveries may still come when nobody waits for them any more.
constexpr std::size_t kSpareSlots = 4096;

void write_hex(char* at, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value >>= 4) at[i] = "0123456789abcdef"[value & 15];
}

template <typename T>
bool read_hex(std::string_view& text, std::size_t digits, T& value) {
  const auto read = std::from_chars(text.data(), text.data() + digits, value, 16);
  const bool is_whole = read.ec == std::errc{} && read.ptr == text.data() + digits;
  text.remove_prefix(digits);
  return is_whole;
}

}  // namespace

Plan make_plan(const Options& options) {
  Plan plan;
  plan.run = std::random_device{}();
  plan.publishers = options.publishers;
  plan.event_bytes = options.event_bytes;
  plan.batch = options.batch;
  plan.in_flight = options.in_flight;
  plan.over = options.over;
  if (options.rate) {
    plan.period = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(static_cast<double>(options.publishers) / *options.rate));
  }
  return plan;
}

std::size_t least_event_bytes() {
  return kOpen.size() + kStampBytes + kFill.size() + kClose.size();
}

std::string make_event(std::size_t bytes, std::size_t& stamp_at) {
  std::string event(kOpen);
  stamp_at = event.size();
  event.append(kStampBytes, '0');
  event += kFill;
  event.append(bytes - least_event_bytes(), 'x');
  return event += kClose;
}

void write_stamp(char* at, const Stamp& stamp) {
  std::memcpy(at, kMark.data(), kMark.size());
  at += kMark.size();
  write_hex(at, stamp.run, 8);
  write_hex(at + 8, stamp.publisher, 4);
  write_hex(at + 12, stamp.slot, 4);
  write_hex(at + 16, stamp.number, 8);
  write_hex(at + 24, static_cast<std::uint64_t>(stamp.sent.time_since_epoch().count()), 16);
}

std::optional<Stamp> take_stamp(std::string_view& text) {
  for (;;) {
    const auto at = text.find(kMark);
    if (at == std::string_view::npos || text.size() - at < kStampBytes) return std::nullopt;
    text.remove_prefix(at + kMark.size());
    std::string_view digits = text;
    Stamp stamp;
    std::uint64_t sent = 0;
    if (!read_hex(digits, 8, stamp.run) || !read_hex(digits, 4, stamp.publisher) ||
        !read_hex(digits, 4, stamp.slot) || !read_hex(digits, 8, stamp.number) ||
        !read_hex(digits, 16, sent)) {
      continue;
    }
    stamp.sent = Clock::time_point(Clock::duration(static_cast<Clock::rep>(sent)));
    text = digits;
    return stamp;
  }
}

Publisher::Publisher(Loop& loop, const Access& access, const Plan& plan, std::uint32_t index)
    : loop_(loop),
      plan_(plan),
      index_(index),
      // Beside the subscribers' source addresses, whose numbers count up from zero.
      link_(make_link(plan.over, loop, access, index, *this)),
      // Publishers begin at different channels, so that few channels are not all at once busy.
      next_channel_(index % plan.channels.size()),
      channels_(plan.channels.size()),
      left_(plan.period ? 0 : plan.in_flight + kSpareSlots) {
  std::size_t stamp_at = 0;
  const std::string event = make_event(plan.event_bytes, stamp_at);
  event_ = '"';
  for (std::size_t i = 0; i < event.size(); ++i) {
    if (i == stamp_at) stamp_at_ = event_.size();
    if (event[i] == '"') event_ += '\\';
    event_ += event[i];
  }
  event_ += '"';
  for (std::size_t slot = left_.size(); slot > 0; --slot) {
    free_.push_back(static_cast<std::uint32_t>(slot - 1));
  }
}

Publisher::~Publisher() = default;

Clock::time_point Publisher::publish_due(Clock::time_point now) {
  constexpr std::chrono::milliseconds kLater{50};
  reclaim_slots(now);
  if (is_stopped_) return now + kLater;
  link_->prepare();
  if (plan_.period) {
    if (next_due_ == Clock::time_point{}) {
      // Publishers take turns within a period.
      next_due_ = now + *plan_.period * index_ / plan_.publishers;
    }
    while (next_due_ <= now && link_->is_ready() && pending < link_->max_in_flight()) {
      publish(next_due_);  // the time that was due: a wait for the server is part of the latency
      next_due_ += *plan_.period;
    }
    return next_due_ <= now ? now + kLater : next_due_;
  }
  if (now < paused_until_) return paused_until_;
  while (link_->is_ready() && active_.size() < plan_.in_flight && !free_.empty() &&
         pending < link_->max_in_flight() && now >= paused_until_) {
    publish(Clock::now());
  }
  return now + kLater;
}

void Publisher::publish(Clock::time_point sent) {
  const std::size_t channel = next_channel_;
  next_channel_ = (next_channel_ + 1) % plan_.channels.size();
  Channel& numbers = channels_[channel];
  Pending made{.channel = channel, .first = numbers.next, .sent = sent, .is_open = true};
  if (!plan_.period) {
    made.slot = free_.back();
    free_.pop_back();
    active_.push_back({made.slot, sent});
    left_[made.slot] = static_cast<std::uint32_t>(plan_.audience[channel] * plan_.batch + 1);
  }
  events_.clear();
  for (std::size_t i = 0; i < plan_.batch; ++i) {
    write_stamp(event_.data() + stamp_at_, {plan_.run, index_, made.slot, numbers.next++, sent});
    if (i > 0) events_ += ',';
    events_ += event_;
  }
  const std::uint64_t id = first_id_ + pending_.size();
  pending_.push_back(made);
  ++pending;
  link_->publish(id, plan_.channels[channel], events_);
}

void Publisher::count_delivery(std::uint32_t slot, const Loop& current) {
  if (slot >= left_.size()) return;  // with a rate there are none
  const bool is_last = left_[slot].fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (is_last && &current != &loop_) loop_.wake();
}

void Publisher::reclaim_slots(Clock::time_point now) {
  std::erase_if(active_, [&](const Active& active) {
    if (left_[active.slot].load(std::memory_order_acquire) == 0) {
      free_.push_back(active.slot);
      return true;
    }
    // Its late deliveries would be counted for another publish, so the slot is not used again.
    return now - active.since > kDeliveryTimeout;
  });
}

Publisher::Pending* Publisher::find_pending(std::uint64_t id) {
  if (id < first_id_ || id - first_id_ >= pending_.size()) return nullptr;
  Pending& found = pending_[id - first_id_];
  return found.is_open ? &found : nullptr;
}

void Publisher::close_pending(Pending& closed) {
  closed.is_open = false;
  --pending;
  while (!pending_.empty() && !pending_.front().is_open) {
    pending_.pop_front();
    ++first_id_;
  }
}

void Publisher::on_outcome(std::uint64_t id, const Outcome& outcome) {
  Pending* const found = find_pending(id);
  if (found == nullptr) return;
  const Pending publish = *found;
  close_pending(*found);
  const std::uint64_t audience = plan_.audience[publish.channel];
  Channel& numbers = channels_[publish.channel];
  std::size_t refused = 0;
  if (!outcome.error.empty()) {
    refused = plan_.batch;
    failures_.add(outcome.error);
    refuse_all(publish);
    paused_until_ = loop_.now() + kPause;
    ++refusals;
  } else {
    for (const Outcome::Refused& event : outcome.refused) {
      if (event.index >= plan_.batch) continue;
      ++refused;
      ++refusals;
      failures_.add(event.error);
      numbers.refused.push_back(publish.first + static_cast<std::uint32_t>(event.index));
    }
    if (refused == plan_.batch) paused_until_ = loop_.now() + kPause;
    latencies_.record(loop_.now() - publish.sent);
    ++publishes;
  }
  accepted_events_ += plan_.batch - refused;
  expected += (plan_.batch - refused) * audience;
  if (plan_.period) return;
  // The acknowledgement, and what nobody will get.
  left_[publish.slot].fetch_sub(static_cast<std::uint32_t>(refused * audience + 1),
                                std::memory_order_acq_rel);
}

void Publisher::on_link_lost(const std::string& reason) {
  failures_.add(reason);
  ++refusals;
  // Whether these were accepted is not known: they need not arrive.
  for (const Pending& open : pending_) {
    if (!open.is_open) continue;
    refuse_all(open);
    // Its deliveries may still come, unless it has none.
    if (plan_.period) continue;
    if (plan_.audience[open.channel] == 0) free_.push_back(open.slot);
    std::erase_if(active_, [&](const Active& active) { return active.slot == open.slot; });
  }
  first_id_ += pending_.size();
  pending_.clear();
  pending = 0;
}

void Publisher::refuse_all(const Pending& publish) {
  Channel& numbers = channels_[publish.channel];
  for (std::size_t i = 0; i < plan_.batch; ++i) {
    numbers.refused.push_back(publish.first + static_cast<std::uint32_t>(i));
  }
}

void Publisher::conclude() {
  for (const Pending& open : pending_) {
    if (open.is_open) refuse_all(open);
  }
  for (Channel& channel : channels_) std::sort(channel.refused.begin(), channel.refused.end());
}

}  // namespace eventsd::app::bench
