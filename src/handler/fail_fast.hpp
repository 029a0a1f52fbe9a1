// Namespaces whose calls have to be stopped again and again are not served for a while: each such
// call costs a worker.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "handler/call_queue.hpp"

namespace eventsd::handler {

//   thread   one
class FailFast {
 public:
  // A call of the namespace had to be stopped.
  //   returns   whether this was the one too many: the namespace fails fast from now on
  bool strike(std::uint32_t key, SteadyTime now);
  bool refuses(std::uint32_t key, SteadyTime now);

 private:
  struct Record {
    std::deque<SteadyTime> strikes;
    SteadyTime until{};
  };
  std::map<std::uint32_t, Record> records_;  // of namespaces with strikes
};

}  // namespace eventsd::handler
