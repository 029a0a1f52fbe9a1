#include "handler/fail_fast.hpp"

#include "handler/supervisor.hpp"

namespace eventsd::handler {

bool FailFast::strike(std::uint32_t key, SteadyTime now) {
  Record& record = records_[key];
  while (!record.strikes.empty() && record.strikes.front() + kStrikeWindow <= now) {
    record.strikes.pop_front();
  }
  record.strikes.push_back(now);
  if (record.strikes.size() < kStrikes) return false;
  record.strikes.clear();
  record.until = now + kFailFast;
  return true;
}

bool FailFast::refuses(std::uint32_t key, SteadyTime now) {
  const auto found = records_.find(key);
  if (found == records_.end()) return false;
  if (now < found->second.until) return true;
  if (!found->second.strikes.empty() && found->second.strikes.back() + kStrikeWindow > now) {
    return false;
  }
  records_.erase(found);
  return false;
}

}  // namespace eventsd::handler
