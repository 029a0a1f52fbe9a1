#include "handler/conduct.hpp"

#include "handler/supervisor.hpp"

namespace eventsd::handler {

void Conduct::call_ended(std::uint32_t key, bool quick) {
  if (!quick) {
    proven_.erase(key);
    return;
  }
  proven_.insert(key);
  const auto found = confined_.find(key);
  if (found != confined_.end() && found->second.reason == Reason::made_room) confined_.erase(found);
}

void Conduct::confine(std::uint32_t key, SteadyTime now, Reason reason) {
  proven_.erase(key);
  std::erase_if(confined_, [now](const auto& one) { return one.second.until <= now; });
  const auto one = confined_.try_emplace(key, Confinement{{}, reason}).first;
  one->second.until = now + kConfined;
  if (reason == Reason::stopped) one->second.reason = reason;
}

bool Conduct::is_confined(std::uint32_t key, SteadyTime now) const {
  const auto found = confined_.find(key);
  return found != confined_.end() && now < found->second.until;
}

}  // namespace eventsd::handler
