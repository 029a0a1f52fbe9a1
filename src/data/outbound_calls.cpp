#include "data/outbound_calls.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <list>

#include "eventsd/executor.hpp"

namespace eventsd::data {

namespace {

// One call that waits. On the io_context's thread only.
struct Waiting {
  Waiting(boost::asio::io_context& io, std::string prefix)
      : service(std::move(prefix)), timer(io) {}
  const std::string service;
  boost::asio::steady_timer timer;
  Answer done;  // null: answered
};

}  // namespace

struct OutboundCalls::State {
  std::list<std::shared_ptr<Waiting>> waiting;
  bool closed = false;

  // Touches nothing of the caller's frame once there is an answer: the frame may be gone.
  static void begin(std::shared_ptr<State> self, boost::asio::io_context& io, std::string service,
                    std::chrono::milliseconds deadline, std::function<void(Answer)> begin,
                    Answer done) {
    auto call = std::make_shared<Waiting>(io, std::move(service));
    call->done = std::move(done);
    self->waiting.push_back(call);
    if (self->closed) return self->refuse(call);
    call->timer.expires_after(deadline);
    call->timer.async_wait([self, call](boost::system::error_code cancelled) {
      if (cancelled) return;
      self->answer(call, DataSourceAnswer::failure(call->service + ":ExecutionTimeoutException",
                                                   "Execution timed out."));
    });
    try {
      begin([self, call](DataSourceAnswer answer) { self->answer(call, std::move(answer)); });
    } catch (const std::exception& failure) {
      spdlog::error("a data source failed unexpectedly service={} err=\"{}\"", call->service,
                    failure.what());
      self->answer(call, DataSourceAnswer::failure(call->service + ":InternalFailure",
                                                   "The data source failed unexpectedly."));
    }
  }

  void answer(const std::shared_ptr<Waiting>& call, DataSourceAnswer answer) {
    const Answer done = std::exchange(call->done, nullptr);
    if (!done) return;
    call->timer.cancel();
    waiting.remove(call);
    done(std::move(answer));
  }
  void refuse(const std::shared_ptr<Waiting>& call) {
    answer(call, DataSourceAnswer::failure(call->service + ":ServiceUnavailableException",
                                           "The server is shutting down."));
  }
};

std::chrono::milliseconds time_left(const DataSourceCall& call,
                                    std::chrono::milliseconds wall_time) {
  using std::chrono::milliseconds;
  if (call.deadline == std::chrono::steady_clock::time_point::max()) return wall_time;
  const auto left =
      std::chrono::floor<milliseconds>(call.deadline - std::chrono::steady_clock::now());
  return std::clamp(left, milliseconds(0), wall_time);
}

OutboundCalls::OutboundCalls(boost::asio::io_context& io)
    : io_(io), state_(std::make_shared<State>()) {}

OutboundCalls::~OutboundCalls() = default;

Task<DataSourceAnswer> OutboundCalls::run(std::string service, std::chrono::milliseconds deadline,
                                          std::function<void(Answer)> begin) {
  using Wait = HandOff<DataSourceAnswer>;
  Wait answered([this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); },
                [&](Wait::Done done) {
                  State::begin(state_, io_, std::move(service), deadline, std::move(begin),
                               std::move(done));
                });
  DataSourceAnswer answer = co_await answered;
  co_return answer;
}

void OutboundCalls::close() {
  boost::asio::post(io_, [state = state_] {
    state->closed = true;
    while (!state->waiting.empty()) state->refuse(std::shared_ptr(state->waiting.front()));
  });
}

namespace detail {
void release_on(boost::asio::io_context& io, std::function<void()> release) {
  boost::asio::post(io, std::move(release));
}
}  // namespace detail

}  // namespace eventsd::data
