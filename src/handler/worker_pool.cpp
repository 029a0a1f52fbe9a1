#include "handler/worker_pool.hpp"

#include <algorithm>
#include <utility>

#include "handler/log.hpp"
#include "handler/worker.hpp"

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A worker has so many calls at a time, enough to hide the way there and back.
constexpr std::size_t kPipeline = 32;
constexpr std::uint64_t kPipelineBytes = 2 << 20;
constexpr auto kFirstBackoff = 50ms;
constexpr unsigned kMostDoublings = 7;  // 6.4 s
constexpr unsigned kHopeless = 3;       // failed starts of every worker, after 150 ms

}  // namespace

WorkerPool::WorkerPool(boost::asio::io_context& io, const SupervisorOptions& options)
    : io_(io), options_(options), events_(make_events()), timer_(io) {}

WorkerLink::Events WorkerPool::make_events() {
  WorkerLink::Events events;
  events.ready = [this](WorkerLink& link) { ready(link); };
  events.loaded = [this](WorkerLink& link, WorkerLink::Item item, LoadedFrame frame) {
    loaded(link, std::move(item), std::move(frame));
  };
  events.result = [this](WorkerLink& link, WorkerLink::Item item, ResultFrame frame) {
    result(link, std::move(item), std::move(frame));
  };
  events.idle_bytes = [this](WorkerLink&) { dispatch(); };
  events.lost = [this](WorkerLink& link, const std::string& why) { lost(link, why); };
  return events;
}

WorkerPool::Slot& WorkerPool::slot_of(const WorkerLink& link) {
  return **std::find_if(slots_.begin(), slots_.end(),
                        [&link](const auto& slot) { return slot->link.get() == &link; });
}

// --- Starting and ending workers ----------------------------------------------------------------

void WorkerPool::start() { resize(); }

void WorkerPool::add_slot(Slot::Kind kind, Slot* replaces) {
  slots_.push_back(std::make_unique<Slot>(Slot{nullptr, boost::asio::steady_timer(io_)}));
  Slot& slot = *slots_.back();
  slot.kind = kind;
  slot.replaces = replaces;
  start_worker(slot);
}

void WorkerPool::ready(WorkerLink& link) {
  ++counts_.ready;
  Slot& slot = slot_of(link);
  if (slot.replaces) leave(*std::exchange(slot.replaces, nullptr));
}

void WorkerPool::start_worker(Slot& slot) {
  if (released_) return;
  std::vector<std::string> arguments = worker_arguments(options_.engine);
  arguments.insert(arguments.begin(), kWorkerVerb);
  const auto process = spawn_worker(options_.program, arguments);
  if (!process) {
    logger()->error("a handler worker cannot be started err=\"{}\"", process.error().message);
    start_later(slot);
    return start_failed(process.error().message);
  }
  ++counts_.started;
  slot.is_open = true;
  slot.limits = limits_;
  slot.link = std::make_shared<WorkerLink>(io_, *process, events_);
  slot.link->start_reading();
  watch();
}

void WorkerPool::start_later(Slot& slot) {
  const unsigned doublings = std::min(slot.failed_starts++, kMostDoublings);
  slot.restart.expires_after(kFirstBackoff * (1u << doublings));
  slot.waits_for_restart = true;
  slot.restart.async_wait([this, &slot](boost::system::error_code cancelled) {
    if (cancelled) return;
    slot.waits_for_restart = false;
    if (!slot.leaves) start_worker(slot);
  });
  watch();
}

// The daemon waits for checks, at a start and at a reload, so they do not wait for what will not
// come.
void WorkerPool::start_failed(const std::string& why) {
  const bool hopeless = std::all_of(slots_.begin(), slots_.end(),
                                    [](auto& slot) { return slot->failed_starts >= kHopeless; });
  if (hopeless) give_up_checks(why);
}

void WorkerPool::give_up_checks(const std::string& why) {
  for (const JobPtr& job : queue_.take_all_of(kChecks)) {
    finish(*job, outcome_of(CodeOutcome::End::crashed,
                            "no handler worker starts that could check it: " + why));
  }
}

std::string WorkerPool::replace(Slot& slot, const CodeOutcome* outcome, Restart restart) {
  const Link link = std::exchange(slot.link, nullptr);
  if (link->is_ready()) --counts_.ready;
  std::string how = link->end();
  std::deque<WorkerLink::Item> items = std::move(link->items());
  link->items().clear();
  if (outcome && !items.empty() && !items.front().abandoned) {
    finish(*items.front().job, *outcome);
  }
  // From the last on, so that the first is first again. A load stands before its call.
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    if (item->abandoned || item->job->finished) continue;
    if (item->is_load && !item->job->checked) continue;
    queue_.push_front(item->job);
  }
  if (slot.leaves) {
    watch();
  } else if (restart == Restart::now) {
    start_worker(slot);
  } else {
    start_later(slot);
  }
  return how;
}

// By itself: killed from outside, out of memory, or caught at something it must not do.
void WorkerPool::lost(WorkerLink& link, const std::string& why) {
  ++counts_.died;
  Slot& slot = slot_of(link);
  const JobPtr running = link.items().empty() ? nullptr : link.items().front().job;
  const bool counts = running && !link.items().front().abandoned;
  const CodeOutcome outcome =
      outcome_of(CodeOutcome::End::crashed, "the worker process ended while it ran this call");
  // One that never got as far as an answer might not get there next time either.
  const bool failed_start = !running && slot.link->calls() == 0;
  const std::string how = replace(slot, &outcome, failed_start ? Restart::later : Restart::now);
  const std::string told = why.empty() ? how : why;
  if (counts) {
    strike(*running, "the worker ended: " + told);
  } else {
    logger()->warn("a handler worker ended and is replaced why=\"{}\"", told);
  }
  if (failed_start) start_failed(told);
  dispatch();
}

void WorkerPool::loaded(WorkerLink& link, WorkerLink::Item item, LoadedFrame frame) {
  Slot& slot = slot_of(link);
  slot.failed_starts = 0;
  const bool spent = frame.spent;
  const std::string message = frame.fault ? frame.fault->message : std::string();
  if (!item.abandoned && !item.job->finished) {
    if (item.job->checked) {
      settle(*item.job);
      item.job->checked(std::move(frame));
    } else if (spent) {  // or it would be loaded again, and again be the end of a worker
      finish(*item.job, outcome_of(CodeOutcome::End::limit, message));
    }
  }
  if (!spent) return;
  replace(slot, nullptr, Restart::now);
  if (!item.abandoned) strike(*item.job, message);
  dispatch();
}

void WorkerPool::result(WorkerLink& link, WorkerLink::Item item, ResultFrame frame) {
  Slot& slot = slot_of(link);
  const std::string message = frame.spent ? frame.outcome.message : std::string();
  conduct_.call_ended(item.job->key(), item.took < kLong);
  if (!item.abandoned) finish(*item.job, std::move(frame.outcome));
  slot.failed_starts = 0;
  if (!frame.spent) return;
  replace(slot, nullptr, Restart::now);
  if (!item.abandoned) strike(*item.job, message);
  dispatch();
}

void WorkerPool::release_waiters() {
  released_ = true;
  for (const auto& slot : slots_) {
    if (!slot->link) continue;
    const Link link = std::exchange(slot->link, nullptr);
    if (link->is_ready()) --counts_.ready;
    link->end();
    for (WorkerLink::Item& item : link->items()) refuse(*item.job, "the server is stopping");
  }
  for (const JobPtr& job : queue_.take_all()) refuse(*job, "the server is stopping");
}

void WorkerPool::stop() {
  release_waiters();
  timer_.cancel();
  for (const auto& slot : slots_) slot->restart.cancel();
}

// --- Giving work --------------------------------------------------------------------------------

void WorkerPool::submit(JobPtr job) {
  job->arrived = steady_clock::now();
  if (job->call.deadline != SteadyTime::max()) {  // has waited for so long in other places
    job->arrived = std::min(job->arrived, job->call.deadline - options_.wall_time);
  }
  job->bytes = job->call.context.size() + job->call.function.size() + sizeof(Job);
  if (job->checked) job->bytes += job->call.module->source.size();
  counts_.queued_bytes += job->bytes;
  if (released_) return refuse(*job, "the server is stopping");
  if (counts_.queued_bytes > options_.max_queue) {
    return refuse(*job, "the queue of handlers is full (limits.handler.maxQueue)");
  }
  if (fail_fast_.refuses(job->key(), steady_clock::now())) {
    return refuse(*job, "this namespace's handler had to be stopped too often and rests");
  }
  queue_.push_back(std::move(job));
  dispatch();
}

bool WorkerPool::is_slow(const Slot& slot) const {
  return !slot.link->items().empty() && now_ - slot.link->front_since() >= kMoveAfter;
}

unsigned WorkerPool::others_serving(std::uint32_t key, const Slot& slot) const {
  return static_cast<unsigned>(std::count_if(slots_.begin(), slots_.end(), [&](const auto& other) {
    return other.get() != &slot && other->link && other->link->serves(key);
  }));
}

bool WorkerPool::may_run(std::uint32_t key, const Slot& slot) const {
  if (is_apart(key) != (slot.kind == Slot::Kind::apart)) return false;
  if (slot.kind == Slot::Kind::reserve && !conduct_.is_proven(key)) return false;
  return others_serving(key, slot) < most_of_one_namespace_;
}

// Whether a call that waits behind the slot's first may go to another worker.
bool WorkerPool::may_move(const WorkerLink::Item& item, const Slot& slot) const {
  const JobPtr& running = slot.link->items().front().job;
  if (item.abandoned || item.job == running || item.job->checked) return false;
  const unsigned here = item.job->key() == running->key() ? 1 : 0;
  return others_serving(item.job->key(), slot) + here < most_of_one_namespace_;
}

bool WorkerPool::is_worn(const Slot& slot) const {
  return options_.recycle_after > 0 && slot.link->calls() >= options_.recycle_after;
}

void WorkerPool::dispatch() {
  for (const auto& slot : slots_) {
    if (slot->link && !slot->leaves && is_worn(*slot) && slot->link->items().empty()) {
      replace(*slot, nullptr, Restart::now);
    }
  }
  if (!queue_.empty()) {
    now_ = steady_clock::now();
    std::vector<Slot*> open;
    for (const auto& slot : slots_) {
      if (!slot->link || !slot->link->is_ready() || slot->leaves) continue;
      if (is_slow(*slot) || rests(*slot)) continue;
      const std::size_t items = slot->link->items().size();
      if (items <= kPipeline / 2) slot->is_open = true;
      if (slot->is_open) open.push_back(slot.get());
    }
    while (!open.empty() && !queue_.empty()) {
      const auto idlest = std::min_element(open.begin(), open.end(), [](Slot* a, Slot* b) {
        return a->link->items().size() < b->link->items().size();
      });
      if (!give_work(**idlest)) open.erase(idlest);
    }
  }
  for (const auto& slot : slots_) {
    if (slot->link) slot->link->flush();
  }
  watch();
}

// False: this worker can take nothing more of what waits.
bool WorkerPool::give_work(Slot& slot) {
  WorkerLink& link = *slot.link;
  // Nothing is to wait behind a call that may well be stopped.
  const std::size_t most = slot.kind == Slot::Kind::apart ? 1 : kPipeline;
  if (is_worn(slot) || link.items().size() >= most ||
      (!link.items().empty() && link.bytes_in_flight() >= kPipelineBytes)) {
    slot.is_open = false;
    return false;
  }
  JobPtr job = queue_.pop([&](std::uint32_t key) { return may_run(key, slot); });
  if (!job) return false;
  if (job->checked) {
    link.send_check(std::move(job));
  } else {
    link.send(std::move(job));
  }
  return true;
}

// --- Answers ------------------------------------------------------------------------------------

void WorkerPool::strike(const Job& job, const std::string& why) {
  logger()->warn("a handler was stopped namespace={} module=\"{}\" function={} why=\"{}\"",
                 job.key(), job.call.module->name, job.call.function, why);
  if (job.checked) return;
  conduct_.confine(job.key(), steady_clock::now(), Conduct::Reason::stopped);
  if (!fail_fast_.strike(job.key(), steady_clock::now())) return;
  logger()->error(
      "a namespace's handler had to be stopped {} times within {} s: its calls fail for {} s "
      "namespace={} module=\"{}\"",
      kStrikes, kStrikeWindow.count(), kFailFast.count(), job.key(), job.call.module->name);
  for (const JobPtr& waiting : queue_.take_all_of(job.key())) {
    refuse(*waiting, "this namespace's handler had to be stopped too often and rests");
  }
}

CodeOutcome WorkerPool::outcome_of(CodeOutcome::End end, std::string message) {
  CodeOutcome outcome;
  outcome.end = end;
  outcome.message = std::move(message);
  return outcome;
}

void WorkerPool::settle(Job& job) {
  job.finished = true;
  counts_.queued_bytes -= job.bytes;
  ++counts_.calls;
}

void WorkerPool::finish(Job& job, CodeOutcome outcome) {
  if (job.finished) return;
  settle(job);
  if (job.checked) {
    job.checked({0, CodeFault{0, 0, outcome.message}, {}});
  } else {
    job.done(std::move(outcome));
  }
}

void WorkerPool::refuse(Job& job, const std::string& message) {
  if (job.finished) return;
  ++counts_.refused;
  finish(job, outcome_of(CodeOutcome::End::overloaded, message));
}

}  // namespace eventsd::handler
