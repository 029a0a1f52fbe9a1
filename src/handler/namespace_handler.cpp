#include "handler/namespace_handler.hpp"

#include <algorithm>

namespace eventsd::handler {
namespace {

using Clock = std::chrono::steady_clock;

void count(HandlerCounts::OfOperation& counts, const Result<HandledEvents>& result,
           Clock::duration took) {
  ++counts.invocations;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  counts.microseconds += static_cast<std::uint64_t>(micros);
  const auto bucket = std::lower_bound(HandlerCounts::kBounds.begin(), HandlerCounts::kBounds.end(),
                                       static_cast<double>(micros) / 1e6);
  ++counts.durations[static_cast<std::size_t>(bucket - HandlerCounts::kBounds.begin())];
  if (result) return;
  switch (result.error().kind) {
    case ErrorKind::handler_refused:
      ++counts.refused;
      break;
    case ErrorKind::handler_unauthorized:
      ++counts.unauthorized;
      break;
    case ErrorKind::overloaded:
      ++counts.overloaded;
      break;
    default:
      ++counts.failed;
  }
}

class NamespaceHandler final : public Handler {
 public:
  NamespaceHandler(NamespaceHandlers handlers, HandlerCounts& counts)
      : handlers_(std::move(handlers)), counts_(counts) {}

  bool handles(Operation operation) const override {
    const auto& handler = of(operation);
    return handler && handler->handles(operation);
  }

  Pressure pressure() const override {
    return handlers_.publish ? handlers_.publish->pressure() : Pressure::none;
  }

  Task<Result<HandledEvents>> handle(HandlerRequest request) override {
    const Operation operation = request.operation;
    const Clock::time_point begun = Clock::now();
    Result<HandledEvents> result = co_await of(operation)->handle(std::move(request));
    count(operation == Operation::publish ? counts_.publish : counts_.subscribe, result,
          Clock::now() - begun);
    co_return result;
  }

 private:
  const std::shared_ptr<Handler>& of(Operation operation) const {
    return operation == Operation::publish ? handlers_.publish : handlers_.subscribe;
  }

  const NamespaceHandlers handlers_;
  HandlerCounts& counts_;
};

}  // namespace

std::unique_ptr<Handler> make_namespace_handler(NamespaceHandlers handlers, HandlerCounts& counts) {
  return std::make_unique<NamespaceHandler>(std::move(handlers), counts);
}

}  // namespace eventsd::handler
