// Other limits while calls run: new workers first, then the old ones go, each with the last of its
// calls, so that no call is lost and none waits for a start.
#include <algorithm>
#include <utility>

#include "handler/log.hpp"
#include "handler/worker_pool.hpp"

namespace eventsd::handler {

void WorkerPool::reconfigure(SupervisorOptions options) {
  if (released_) return;
  options.program = options_.program;
  if (options.engine != options_.engine) ++limits_;
  options_ = std::move(options);
  renews_ = true;
  renew();
  dispatch();
}

// What can be done now; the rest at a later tick.
void WorkerPool::renew() {
  resize();
  std::vector<Slot*> old;
  for (const auto& slot : slots_) {
    if (slot->leaves || slot->limits == limits_) continue;
    if (slot->kind == Slot::Kind::extra || slot->kind == Slot::Kind::apart) {
      leave(*slot);
    } else if (slot->link && slot->link->is_ready()) {
      old.push_back(slot.get());
    } else if (slot->link) {  // has not been given anything yet
      std::exchange(slot->link, nullptr)->end();
      start_worker(*slot);
    }  // else its next start is with the new limits
  }
  std::size_t room = workers_ + 1 - std::min(workers_ + 1, leaving());
  for (Slot* slot : old) {
    const bool has_successor = std::any_of(slots_.begin(), slots_.end(), [slot](const auto& other) {
      return other->replaces == slot;
    });
    if (has_successor || room == 0) continue;
    --room;
    add_slot(slot->kind, slot);
  }
  if (!old.empty() || leaving() > 0) return;
  renews_ = std::any_of(slots_.begin(), slots_.end(),
                        [](const auto& slot) { return !slot->link || !slot->link->is_ready(); });
  if (!renews_) {
    logger()->info("handler workers have the limits of limits.handler workers={}", workers_);
  }
}

void WorkerPool::resize() {
  workers_ = std::max(1u, options_.workers);
  most_of_one_namespace_ = std::max(2u, options_.workers) - 1;
  resize(Slot::Kind::regular, workers_);
  // A single one is for tools, and for whoever wants few processes.
  resize(Slot::Kind::reserve, workers_ > 1 ? 1 : 0);
}

void WorkerPool::resize(Slot::Kind kind, std::size_t wanted) {
  std::size_t there = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = *slots_[i];
    if (slot.kind != kind || !in_office(slot)) continue;
    if (++there > wanted) leave(slot);
  }
  for (; there < wanted; ++there) add_slot(kind, nullptr);
}

bool WorkerPool::in_office(const Slot& slot) const { return !slot.leaves && !slot.replaces; }

void WorkerPool::leave(Slot& slot) {
  slot.leaves = true;
  for (const auto& other : slots_) {  // what was to take its place, which there is no more
    if (other->replaces == &slot) {
      other->replaces = nullptr;
      other->leaves = true;
    }
  }
  watch();
}

std::size_t WorkerPool::leaving() const {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->leaves; }));
}

// At a tick alone: elsewhere slots are referred to.
void WorkerPool::end_leaving() {
  std::erase_if(slots_, [this](const auto& slot) {
    if (!slot->leaves || slot->waits_for_restart) return false;
    if (slot->link && !slot->link->items().empty()) return false;
    if (const Link link = std::exchange(slot->link, nullptr)) {
      if (link->is_ready()) --counts_.ready;
      link->end();
    }
    return true;
  });
}

}  // namespace eventsd::handler
