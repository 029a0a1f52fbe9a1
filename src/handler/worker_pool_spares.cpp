// Spare workers: several namespaces together can hold all workers until their calls' limits. Then
// the one in reserve serves those that are known to leave it soon; the others get one more, and
// another; and when there may be no more, those that hold them longest go on apart.
#include <algorithm>

#include "handler/log.hpp"
#include "handler/worker_pool.hpp"

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;

constexpr auto kSpareTime = 5s;  // that a spare worker serves since it was last needed
// Processor time that a call has had when it must make room. Where the machine is busy, calls take
// long that do little, and what is to blame for that are the others.
constexpr auto kBusy = 20ms;

}  // namespace

bool WorkerPool::is_long(const Slot& slot) const {
  return slot.link && slot.link->is_ready() && !slot.link->items().empty() &&
         now_ - slot.link->front_since() >= kLong;
}

bool WorkerPool::is_apart(std::uint32_t key) const {
  return workers_ > 1 && conduct_.is_confined(key, now_);
}

std::size_t WorkerPool::waiting() const {
  const bool reserve_is_free = std::any_of(slots_.begin(), slots_.end(), [this](const auto& slot) {
    return slot->kind == Slot::Kind::reserve && in_office(*slot) && slot->link &&
           slot->link->is_ready() && !is_long(*slot);
  });
  return queue_.count([&](std::uint32_t key) {
    if (is_apart(key) || (reserve_is_free && conduct_.is_proven(key))) return false;
    return std::count_if(slots_.begin(), slots_.end(), [key](const auto& slot) {
             return slot->link && slot->link->serves(key);
           }) < most_of_one_namespace_;
  });
}

bool WorkerPool::someone_waits_behind() const {
  return std::any_of(slots_.begin(), slots_.end(), [this](const auto& slot) {
    if (!slot->link) return false;
    const auto& items = slot->link->items();
    return std::any_of(items.begin(), items.end(), [&](const WorkerLink::Item& item) {
      return !is_apart(item.job->key()) && may_move(item, *slot);
    });
  });
}

void WorkerPool::look_for_need() {
  std::size_t all = 0;
  std::size_t at_long_calls = 0;
  std::size_t in_reserve = 0;
  for (const auto& slot : slots_) {
    if (!in_office(*slot) || slot->kind == Slot::Kind::apart) continue;
    if (slot->kind == Slot::Kind::reserve) {
      in_reserve = 1;
      continue;
    }
    ++all;
    if (is_long(*slot)) ++at_long_calls;
  }
  if (at_long_calls >= workers_) needed_ = now_;
  if (at_long_calls < all) return;
  const std::size_t wait = waiting();
  if (wait == 0 && !someone_waits_behind()) return;
  if (all + in_reserve < 2 * workers_) {
    add_extra();
  } else if (workers_ > 1) {
    make_room(std::max<std::size_t>(1, wait));
  }
}

// A function has no effects of its own, so a call that is stopped here may begin anew there.
void WorkerPool::make_room(std::size_t wanted) {
  std::vector<Slot*> longest;
  for (const auto& slot : slots_) {
    if (!in_office(*slot) || slot->kind == Slot::Kind::apart || !is_long(*slot)) continue;
    if (slot->link->items().front().job->checked) continue;
    if (slot->link->cpu_time_of_front() >= kBusy) longest.push_back(slot.get());
  }
  std::sort(longest.begin(), longest.end(), [](const Slot* a, const Slot* b) {
    return a->link->front_since() < b->link->front_since();
  });
  if (longest.size() > wanted) longest.resize(wanted);
  for (Slot* slot : longest) {
    const JobPtr job = slot->link->items().front().job;
    logger()->info(
        "all handler workers are at long calls: one begins anew apart from others namespace={} "
        "module=\"{}\" function={}",
        job->key(), job->call.module->name, job->call.function);
    conduct_.confine(job->key(), now_, Conduct::Reason::made_room);
    ++counts_.killed;
    replace(*slot, nullptr, Restart::now);
  }
}

void WorkerPool::look_for_apart() {
  Slot* apart = nullptr;
  for (const auto& slot : slots_) {
    if (slot->kind == Slot::Kind::apart && in_office(*slot)) apart = slot.get();
  }
  const bool wanted = queue_.count([this](std::uint32_t key) { return is_apart(key); }) > 0 ||
                      (apart && apart->link && !apart->link->items().empty());
  if (wanted) apart_needed_ = now_;
  if (wanted && !apart) add_slot(Slot::Kind::apart, nullptr);
  if (apart && now_ - apart_needed_ >= kSpareTime) leave(*apart);
}

void WorkerPool::add_extra() {
  logger()->info("all handler workers are at long calls: one more is started workers={}",
                 slots_.size() + 1);
  add_slot(Slot::Kind::extra, nullptr);
}

bool WorkerPool::rests(const Slot& slot) const {
  const bool is_spare = slot.kind == Slot::Kind::reserve || slot.kind == Slot::Kind::extra;
  return is_spare && now_ - needed_ >= kSpareTime;
}

void WorkerPool::end_extras() {
  for (const auto& slot : slots_) {
    if (slot->kind == Slot::Kind::extra && rests(*slot)) leave(*slot);
  }
}

}  // namespace eventsd::handler
