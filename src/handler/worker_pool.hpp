// The worker processes and what they are given: everything that happens on the thread "handlers".
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "handler/call_queue.hpp"
#include "handler/conduct.hpp"
#include "handler/fail_fast.hpp"
#include "handler/supervisor.hpp"
#include "handler/worker_link.hpp"

namespace eventsd::handler {

// Written by the pool, read by anybody.
struct PoolCounts {
  std::atomic<std::uint64_t> calls, refused, killed, died, started, ready, queued_bytes;
};

// Checks have a queue of their own, as if they were of one more namespace.
inline constexpr std::uint32_t kChecks = 0xffffffff;

//   thread   the io_context's, but for counts()
class WorkerPool {
 public:
  WorkerPool(boost::asio::io_context& io, const SupervisorOptions& options);

  void start();
  // Other limits: workers of the old ones serve until those of the new ones are ready, and end
  // with the last of their calls. `program` stays.
  void reconfigure(SupervisorOptions options);
  // The answer may come before this returns.
  void submit(JobPtr job);
  void release_waiters();
  void stop();
  const PoolCounts& counts() const { return counts_; }

 private:
  using Link = std::shared_ptr<WorkerLink>;
  struct Slot {
    Link link;  // null: waits for its next start
    boost::asio::steady_timer restart;
    unsigned failed_starts = 0;  // since the last answer
    bool is_open = true;         // takes calls until its pipeline is full, then from half on again
    // Beyond limits.handler.workers: one in reserve, for namespaces that leave it soon, those that
    // are started when that is not enough, and one for all namespaces that are kept apart.
    enum class Kind : std::uint8_t { regular, reserve, extra, apart } kind = Kind::regular;
    unsigned limits = 0;             // number of those that its process was started with
    bool waits_for_restart = false;  // the timer holds on to the slot
    bool leaves = false;             // takes nothing more, and goes with the last of its calls
    Slot* replaces = nullptr;        // the one that serves until this one is ready
  };

  WorkerLink::Events make_events();
  Slot& slot_of(const WorkerLink& link);
  void add_slot(Slot::Kind kind, Slot* replaces);
  void start_worker(Slot& slot);
  void ready(WorkerLink& link);
  void start_later(Slot& slot);
  void start_failed(const std::string& why);
  void stop_start(WorkerLink& link);
  void give_up_checks(const std::string& why);
  // Ends the worker; what it had not begun is dispatched again, and what ran, with an outcome,
  // gets that. Without one it is dispatched again too.
  enum class Restart : std::uint8_t { now, later };
  std::string replace(Slot& slot, const CodeOutcome* outcome, Restart restart);
  void lost(WorkerLink& link, const std::string& why);
  void loaded(WorkerLink& link, WorkerLink::Item item, LoadedFrame frame);
  void result(WorkerLink& link, WorkerLink::Item item, ResultFrame frame);

  void renew();
  void resize();
  void resize(Slot::Kind kind, std::size_t wanted);
  void leave(Slot& slot);
  bool in_office(const Slot& slot) const;  // neither leaves nor waits for its turn
  std::size_t leaving() const;
  void end_leaving();

  void dispatch();
  bool give_work(Slot& slot);
  bool is_worn(const Slot& slot) const;  // has had its calls (recycle_after)
  bool is_slow(const Slot& slot) const;
  // Workers besides `slot` that serve the namespace.
  unsigned others_serving(std::uint32_t key, const Slot& slot) const;
  bool may_run(std::uint32_t key, const Slot& slot) const;
  bool may_move(const WorkerLink::Item& item, const Slot& slot) const;

  void watch();
  void tick();
  void check_front(Slot& slot, SteadyTime now);
  void move_from(Slot& slot);
  bool is_long(const Slot& slot) const;
  bool is_apart(std::uint32_t key) const;  // shares one worker with others of its kind
  std::size_t waiting() const;             // namespaces that one worker more would serve
  bool someone_waits_behind() const;       // a long call, and would be served too
  void look_for_need();
  void add_extra();
  void make_room(std::size_t wanted);
  void look_for_apart();
  void end_extras();
  bool rests(const Slot& slot) const;  // has nothing to do until the others are at long calls
  void stop_front(Slot& slot, const std::string& message);
  void strike(const Job& job, const std::string& why);

  void finish(Job& job, CodeOutcome outcome);
  void refuse(Job& job, const std::string& message);
  static CodeOutcome outcome_of(CodeOutcome::End end, std::string message);
  void settle(Job& job);

  boost::asio::io_context& io_;
  SupervisorOptions options_;
  unsigned limits_ = 0;  // number of options_.engine
  const WorkerLink::Events events_;
  std::size_t workers_ = 1;             // regular ones
  unsigned most_of_one_namespace_ = 1;  // workers
  bool renews_ = false;                 // workers of former limits serve, or end
  std::vector<std::unique_ptr<Slot>> slots_;
  CallQueue queue_;
  FailFast fail_fast_;
  Conduct conduct_;
  boost::asio::steady_timer timer_;
  bool watching_ = false;
  bool released_ = false;
  SteadyTime now_{};     // of the latest dispatch or tick
  SteadyTime needed_{};  // of the latest tick at which `workers_` of them were at long calls
  SteadyTime apart_needed_{};
  PoolCounts counts_{};
};

}  // namespace eventsd::handler
