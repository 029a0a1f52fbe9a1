#include "handler/call_queue.hpp"

#include <algorithm>
#include <utility>

namespace eventsd::handler {

void CallQueue::push_back(JobPtr job) {
  auto& queue = queues_[job->key()];
  if (queue.empty()) turns_.push_back(job->key());
  queue.push_back(std::move(job));
}

void CallQueue::push_front(JobPtr job) {
  auto& queue = queues_[job->key()];
  if (queue.empty()) turns_.push_front(job->key());
  queue.push_front(std::move(job));
}

JobPtr CallQueue::pop(const std::function<bool(std::uint32_t key)>& may_run) {
  for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
    const std::uint32_t key = *turn;
    if (!may_run(key)) continue;
    turns_.erase(turn);
    const auto found = queues_.find(key);
    JobPtr job = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) {
      queues_.erase(found);
    } else {
      turns_.push_back(key);
    }
    return job;
  }
  return nullptr;
}

std::size_t CallQueue::count(const std::function<bool(std::uint32_t key)>& may_run) const {
  return static_cast<std::size_t>(std::count_if(turns_.begin(), turns_.end(), may_run));
}

std::vector<JobPtr> CallQueue::take_older_than(SteadyTime time) {
  std::vector<JobPtr> taken;
  const std::deque<std::uint32_t> keys = turns_;
  for (const std::uint32_t key : keys) {
    for (JobPtr& job : take_older_than(key, time)) taken.push_back(std::move(job));
  }
  return taken;
}

std::vector<JobPtr> CallQueue::take_older_than(std::uint32_t key, SteadyTime time) {
  std::vector<JobPtr> taken;
  const auto found = queues_.find(key);
  if (found == queues_.end()) return taken;
  auto& queue = found->second;
  while (!queue.empty() && queue.front()->arrived < time) {
    taken.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  if (queue.empty()) {
    queues_.erase(found);
    std::erase(turns_, key);
  }
  return taken;
}

std::vector<JobPtr> CallQueue::take_all_of(std::uint32_t key) {
  std::vector<JobPtr> taken;
  const auto found = queues_.find(key);
  if (found == queues_.end()) return taken;
  taken.assign(found->second.begin(), found->second.end());
  queues_.erase(found);
  std::erase(turns_, key);
  return taken;
}

std::vector<JobPtr> CallQueue::take_all() {
  std::vector<JobPtr> taken;
  for (auto& [key, queue] : queues_) taken.insert(taken.end(), queue.begin(), queue.end());
  queues_.clear();
  turns_.clear();
  return taken;
}

}  // namespace eventsd::handler
