// Calls that wait for a worker: a queue for each namespace, served in turn.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eventsd/code_runner.hpp"
#include "handler/frame.hpp"

namespace eventsd::handler {

using SteadyTime = std::chrono::steady_clock::time_point;

// One call, or one check of a module, from its arrival to its answer. Exactly one of `done` and
// `checked` is set.
struct Job {
  CodeCall call;
  std::function<void(CodeOutcome)> done;
  std::function<void(LoadedFrame)> checked;
  SteadyTime arrived;
  std::uint64_t bytes = 0;
  bool finished = false;

  std::uint32_t key() const { return call.namespace_key; }
};
using JobPtr = std::shared_ptr<Job>;

//   thread   one
class CallQueue {
 public:
  void push_back(JobPtr job);
  // For a call that had its turn already.
  void push_front(JobPtr job);

  // The next call, in turn, of a namespace that `may_run`; null: none.
  JobPtr pop(const std::function<bool(std::uint32_t key)>& may_run);

  // How many namespaces pop() would find one of.
  std::size_t count(const std::function<bool(std::uint32_t key)>& may_run) const;

  // Takes out what came before `time`.
  std::vector<JobPtr> take_older_than(SteadyTime time);
  std::vector<JobPtr> take_older_than(std::uint32_t key, SteadyTime time);
  std::vector<JobPtr> take_all_of(std::uint32_t key);
  std::vector<JobPtr> take_all();
  bool empty() const { return turns_.empty(); }

 private:
  std::map<std::uint32_t, std::deque<JobPtr>> queues_;  // none is empty
  std::deque<std::uint32_t> turns_;                     // the keys of queues_, next first
};

}  // namespace eventsd::handler
