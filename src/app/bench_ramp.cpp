#include "app/bench_ramp.hpp"

namespace eventsd::app::bench {

void Ramp::advance(Clock::time_point now) {
  while (!watched_.empty()) {
    const Begun& oldest = watched_.front();
    const bool is_waiting = oldest.session->is_setting_up() && oldest.session->began() == oldest.at;
    if (is_waiting && now - oldest.at < kSetUpTimeout) break;
    Session* const session = oldest.session;
    watched_.pop_front();
    if (is_waiting) session->give_up();  // which tells our owner
  }
  while (begun_ < total_ && begun_ - ready - failed < concurrency_) {
    Result<void> begun;
    Session& session = begin_(begun_++, begun);
    if (begun) {
      watched_.push_back({&session, session.began()});
    } else {
      count_failed(begun.error().message);
    }
  }
}

void Ramp::count_failed(const std::string& reason) {
  failures_.add(reason);
  ++failed;
}

}  // namespace eventsd::app::bench
