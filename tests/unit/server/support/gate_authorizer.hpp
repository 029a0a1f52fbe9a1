// An authorizer that takes as long as the test wants.
#pragma once

#include <deque>
#include <string_view>

#include "eventsd/authorizer.hpp"

namespace eventsd::server_test {

inline constexpr std::string_view kApiKey = "da2-good";

// Knows one key. While shut, an answer waits until the test gives it.
//   thread   the test's
class GateAuthorizer final : public Authorizer {
 public:
  Task<Result<Identity>> authorize(AuthorizationRequest request) override {
    if (request.credentials.api_key != kApiKey) co_return fail(ErrorKind::unauthorized);
    if (!shut_) co_return Identity{};
    Completion<Result<Identity>> answer;
    waiting_.push_back(&answer);
    const Result<Identity> given = co_await answer;
    co_return given;
  }

  void shut() { shut_ = true; }
  // Lets everybody in who waits, and everybody later.
  void open() {
    shut_ = false;
    while (!waiting_.empty()) let_in(0);
  }
  std::size_t waiting() const { return waiting_.size(); }
  // `place` among those who wait, in the order of their coming.
  void let_in(std::size_t place) { give(place, Identity{}); }
  void turn_away(std::size_t place) { give(place, fail(ErrorKind::unauthorized)); }

 private:
  void give(std::size_t place, Result<Identity> answer) {
    Completion<Result<Identity>>* const waiter = waiting_.at(place);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(place));
    waiter->complete(std::move(answer));
  }
  std::deque<Completion<Result<Identity>>*> waiting_;
  bool shut_ = false;
};

}  // namespace eventsd::server_test
