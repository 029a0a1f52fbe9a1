#include "handler/conduct.hpp"

#include "handler/supervisor.hpp"

namespace eventsd::handler {

void Conduct::call_ended(std::uint32_t key, bool quick) {
  if (quick) {
    proven_.insert(key);
  } else {
    proven_.erase(key);
  }
}

void Conduct::confine(std::uint32_t key, SteadyTime now) {
  proven_.erase(key);
  std::erase_if(confined_until_, [now](const auto& one) { return one.second <= now; });
  confined_until_[key] = now + kConfined;
}

bool Conduct::is_confined(std::uint32_t key, SteadyTime now) const {
  const auto found = confined_until_.find(key);
  return found != confined_until_.end() && now < found->second;
}

}  // namespace eventsd::handler
