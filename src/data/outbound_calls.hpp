// The calls of data sources that wait for others, on the thread that does their I/O.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "eventsd/data_source.hpp"
#include "eventsd/task.hpp"

namespace eventsd::data {

// Takes a call's answer; what comes after the first is ignored.
using Answer = std::function<void(DataSourceAnswer)>;

// How long `call` may take still, `wall_time` at most.
std::chrono::milliseconds time_left(const DataSourceCall& call,
                                    std::chrono::milliseconds wall_time);

// Lives longer than every data source that is made with it.
class OutboundCalls {
 public:
  explicit OutboundCalls(boost::asio::io_context& io);
  ~OutboundCalls();

  // Has `begin` called on the io_context's thread and waits for its answer, for `deadline` at most.
  // What `begin` throws is a bug: logged, and an answer.
  //   errors   in the answer, with `service` in front: ExecutionTimeoutException,
  //            ServiceUnavailableException (close() has been called), InternalFailure
  //   thread   any with an ExecutorScope, on which the caller is resumed
  Task<DataSourceAnswer> run(std::string service, std::chrono::milliseconds deadline,
                             std::function<void(Answer)> begin);

  // What waits is answered now, and so is what comes later: the shards can end.
  //   thread   any
  void close();

  boost::asio::io_context& io() { return io_; }

 private:
  struct State;
  boost::asio::io_context& io_;
  std::shared_ptr<State> state_;
};

// Destroys what belongs to the io_context's thread there, whoever lets go of it last.
template <typename T>
std::shared_ptr<T> on_its_thread(OutboundCalls& calls, std::unique_ptr<T> object);

namespace detail {
void release_on(boost::asio::io_context& io, std::function<void()> release);
}  // namespace detail

template <typename T>
std::shared_ptr<T> on_its_thread(OutboundCalls& calls, std::unique_ptr<T> object) {
  return std::shared_ptr<T>(object.release(), [&io = calls.io()](T* last) {
    detail::release_on(io, [owned = std::shared_ptr<T>(last)]() mutable { owned.reset(); });
  });
}

}  // namespace eventsd::data
