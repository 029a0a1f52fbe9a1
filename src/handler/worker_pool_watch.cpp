// The pool's clock: calls that take too long, and what waits behind them.
#include <algorithm>

#include "handler/worker_pool.hpp"

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kTick = 20ms;

}  // namespace

// The clock runs while there is something to watch.
void WorkerPool::watch() {
  if (watching_ || released_) return;
  const bool busy =
      !queue_.empty() || renews_ || slots_.size() > workers_ + 1 ||
      std::any_of(slots_.begin(), slots_.end(), [](auto& slot) {
        if (slot->leaves) return true;
        return slot->link && (!slot->link->is_ready() || !slot->link->items().empty());
      });
  if (!busy) return;
  watching_ = true;
  timer_.expires_after(kTick);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    watching_ = false;
    if (!cancelled) tick();
  });
}

void WorkerPool::tick() {
  now_ = steady_clock::now();
  for (const auto& slot : slots_) {
    if (slot->link) check_front(*slot, now_);
  }
  for (const JobPtr& job : queue_.take_older_than(kChecks, now_ - kCheckTime)) {
    finish(*job, outcome_of(CodeOutcome::End::limit, "no handler worker was free to check it"));
  }
  for (const JobPtr& job : queue_.take_older_than(now_ - options_.wall_time)) {
    finish(*job,
           outcome_of(CodeOutcome::End::limit, "wall time: no worker was free within " +
                                                   std::to_string(options_.wall_time.count()) +
                                                   " ms (limits.handler.wallTime)"));
  }
  look_for_need();
  look_for_apart();
  end_extras();
  end_leaving();
  if (renews_) renew();
  dispatch();
}

void WorkerPool::check_front(Slot& slot, SteadyTime now) {
  WorkerLink& link = *slot.link;
  if (!link.is_ready()) {
    if (now - link.started() >= kStartTime) stop_start(link);
    return;
  }
  if (link.items().empty()) return;
  if (link.cpu_time_of_front() >= options_.engine.cpu_time + kCpuGrace) {
    return stop_front(slot, "CPU time: more than " +
                                std::to_string(options_.engine.cpu_time.count()) +
                                " ms (limits.handler.cpuTime); the worker was stopped");
  }
  const bool is_check = link.items().front().job->checked != nullptr;
  if (is_check && now - link.front_since() >= kCheckTime) {
    return stop_front(slot, "the worker did not answer");
  }
  if (now - link.front_since() >= options_.wall_time) {
    return stop_front(slot, "wall time: more than " + std::to_string(options_.wall_time.count()) +
                                " ms (limits.handler.wallTime); the worker was stopped");
  }
  if (is_slow(slot)) move_from(slot);
}

// It hangs, and so may the next: who waits for one that can check a module waits no longer.
void WorkerPool::stop_start(WorkerLink& link) {
  const std::string why = "it was not ready within " + std::to_string(kStartTime.count()) + " s";
  lost(link, why);
  const bool one_serves = std::any_of(slots_.begin(), slots_.end(), [](const auto& slot) {
    return slot->link && slot->link->is_ready();
  });
  if (!one_serves) give_up_checks(why);
}

void WorkerPool::stop_front(Slot& slot, const std::string& message) {
  ++counts_.killed;
  const WorkerLink::Item front = slot.link->items().front();
  const CodeOutcome outcome = outcome_of(CodeOutcome::End::limit, message);
  replace(slot, &outcome, Restart::now);
  if (!front.abandoned) strike(*front.job, message);
}

// What waits behind a long call goes where it is served sooner.
void WorkerPool::move_from(Slot& slot) {
  auto& items = slot.link->items();
  const bool another = std::any_of(slots_.begin(), slots_.end(), [&](const auto& other) {
    return other.get() != &slot && other->link && other->link->is_ready() && !is_slow(*other) &&
           !rests(*other) && !other->leaves && other->kind != Slot::Kind::apart;
  });
  if (!another) return;
  // From the last on, so that the first is first in its queue again.
  for (std::size_t i = items.size() - 1; i > 0; --i) {
    WorkerLink::Item& item = items[i];
    if (!may_move(item, slot)) continue;
    slot.link->abandon(item);
    if (!item.is_load) queue_.push_front(item.job);
  }
}

}  // namespace eventsd::handler
