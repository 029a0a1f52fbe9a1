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
             return slot->link && slot->link->serves(key);
           }) >= most_of_one_namespace_;
  };
  if (queue_.has_one([&](std::uint32_t key) { return !has_its_share(key); })) return true;
  return std::any_of(slots_.begin(), slots_.end(), [this](const auto& slot) {
    if (!slot->link) return false;
    const auto& items = slot->link->items();
    return std::any_of(items.begin(), items.end(),
                       [&](const WorkerLink::Item& item) { return may_move(item, *slot); });
  });
}

void WorkerPool::look_for_need() {
  std::size_t all = 0;
  std::size_t at_long_calls = 0;
  for (const auto& slot : slots_) {
    if (!in_office(*slot)) continue;
    ++all;
    if (is_long(*slot)) ++at_long_calls;
  }
  if (at_long_calls >= workers_) needed_ = now_;
  if (at_long_calls == all && all < 2 * workers_ && someone_waits()) add_extra();
}

void WorkerPool::add_extra() {
  logger()->info("all handler workers are at long calls: one more is started workers={}",
                 slots_.size() + 1);
  add_slot(Slot::Kind::extra, nullptr);
}

bool WorkerPool::rests(const Slot& slot) const {
  return slot.kind != Slot::Kind::regular && now_ - needed_ >= kSpareTime;
}

void WorkerPool::end_extras() {
  for (const auto& slot : slots_) {
    if (slot->kind == Slot::Kind::extra && rests(*slot)) leave(*slot);
  }
}

}  // namespace eventsd::handler
