// What is known of namespaces' calls: who may have the worker in reserve, and who is kept apart.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>

#include "handler/call_queue.hpp"

namespace eventsd::handler {

//   thread   one
class Conduct {
 public:
  // A call has ended by itself. Quick ones prove that the namespace leaves its worker soon; who is
  // apart only because it had made room is so no longer.
  void call_ended(std::uint32_t key, bool quick);
  bool is_proven(std::uint32_t key) const { return proven_.contains(key); }

  // A call had to be stopped, or held a worker that others waited for.
  enum class Reason : std::uint8_t { stopped, made_room };
  void confine(std::uint32_t key, SteadyTime now, Reason reason);
  bool is_confined(std::uint32_t key, SteadyTime now) const;

 private:
  std::set<std::uint32_t> proven_;
  struct Confinement {
    SteadyTime until;
    Reason reason;
  };
  std::map<std::uint32_t, Confinement> confined_;
};

}  // namespace eventsd::handler
