// Spare workers: several namespaces together can hold all workers until their calls' limits, and
// then the others get one more, and another, up to as many again.
#include <algorithm>

#include "handler/log.hpp"
#include "handler/worker_pool.hpp"

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;

constexpr auto kSpareAfter = 50ms;  // that every worker has been at its call
constexpr auto kSpareTime = 5s;     // that it serves since it was last needed

}  // namespace

bool WorkerPool::is_long(const Slot& slot) const {
  return slot.link && slot.link->is_ready() && !slot.link->items().empty() &&
         now_ - slot.link->front_since() >= kSpareAfter;
}

bool WorkerPool::someone_waits() const {
  const auto has_its_share = [this](std::uint32_t key) {
    return std::count_if(slots_.begin(), slots_.end(), [key](const auto& slot) {
             return slot->link->serves(key);
           }) >= most_of_one_namespace_;
  };
  if (queue_.has_one([&](std::uint32_t key) { return !has_its_share(key); })) return true;
  return std::any_of(slots_.begin(), slots_.end(), [this](const auto& slot) {
    const auto& items = slot->link->items();
    return std::any_of(items.begin(), items.end(),
                       [&](const WorkerLink::Item& item) { return may_move(item, *slot); });
  });
}

void WorkerPool::look_for_need() {
  const auto at_long_calls = static_cast<std::size_t>(std::count_if(
      slots_.begin(), slots_.end(), [this](const auto& slot) { return is_long(*slot); }));
  if (at_long_calls >= workers_) needed_ = now_;
  if (at_long_calls == slots_.size() && slots_.size() < 2 * workers_ && someone_waits())
    add_extra();
}

void WorkerPool::add_extra() {
  logger()->info("all handler workers are at long calls: one more is started workers={}",
                 slots_.size() + 1);
  slots_.push_back(std::make_unique<Slot>(Slot{nullptr, boost::asio::steady_timer(io_)}));
  slots_.back()->kind = Slot::Kind::extra;
  start_worker(*slots_.back());
}

bool WorkerPool::rests(const Slot& slot) const {
  return slot.kind != Slot::Kind::regular && now_ - needed_ >= kSpareTime;
}

void WorkerPool::end_extras() {
  std::erase_if(slots_, [this](const auto& slot) {
    // One without a process waits for its start: it may go when it has got that far.
    if (slot->kind != Slot::Kind::extra || !rests(*slot)) return false;
    if (!slot->link || !slot->link->items().empty()) return false;
    const Link link = std::exchange(slot->link, nullptr);
    if (link->is_ready()) --counts_.ready;
    link->end();
    return true;
  });
}

}  // namespace eventsd::handler
