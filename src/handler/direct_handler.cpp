#include "handler/direct_handler.hpp"

#include "handler/answer.hpp"
#include "handler/context.hpp"
#include "handler/handler_log.hpp"

namespace eventsd::handler {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::string_view kDirect = "DIRECT";

Error failed(const HandlerRequest& request, const std::string& why) {
  log_failure(request, kDirect, why);
  return deny(ErrorKind::handler_failed, why);
}

std::string trouble_of(const DataSourceAnswer& answer) {
  if (!answer.invalid_request.empty()) return answer.invalid_request;
  return answer.error_type.empty() ? "" : answer.error_type + ": " + answer.error_message;
}

// Shared by the copies of what runs it: the events are in memory once.
struct Invocation {
  std::shared_ptr<DataSource> function;
  DataSourceCall call;
  HandlerRequest request;  // for the log
};

// Nobody waits for it; only the log learns how it ended.
Task<void> invoke(std::shared_ptr<Invocation> invocation) {
  const DataSourceAnswer answer = co_await invocation->function->call(std::move(invocation->call));
  const std::string trouble = trouble_of(answer);
  if (!trouble.empty()) log_failure(invocation->request, kDirect, trouble);
}

class DirectHandler final : public Handler {
 public:
  explicit DirectHandler(DirectHandlerOptions options) : options_(std::move(options)) {}

  bool handles(Operation) const override { return true; }

  Task<Result<HandledEvents>> handle(HandlerRequest request) override {
    if (options_.invoke_type == InvokeType::event) co_return begin(std::move(request));
    const DataSourceAnswer answer = co_await options_.function->call(call_of(request));
    const std::string trouble = trouble_of(answer);
    if (!trouble.empty()) co_return failed(request, trouble);
    if (request.operation != Operation::publish) {
      const Result<void> let_in = read_direct_subscribe(answer.result);
      if (let_in) co_return HandledEvents{};
      if (let_in.error().kind == ErrorKind::handler_failed) {
        co_return failed(request, let_in.error().reason);
      }
      co_return let_in.error();
    }
    Result<DirectAnswer> read = read_direct_publish(answer.result, request.events);
    if (!read) co_return failed(request, read.error().reason);
    if (!read->error.empty()) log_failure(request, kDirect, read->error);
    co_return std::move(read->events);
  }

 private:
  DataSourceCall call_of(const HandlerRequest& request) const {
    const bool waits = options_.invoke_type == InvokeType::request_response;
    std::string invocation = R"({"operation":"Invoke","invocationType":")";
    invocation += waits ? "RequestResponse" : "Event";
    invocation += R"(","payload":)";
    invocation += direct_event(request);
    invocation += '}';
    return {std::move(invocation), request.request_id, options_.api_id, request.namespace_name,
            Clock::now() + options_.wall_time};
  }

  // Events go on unchanged, whatever becomes of the function.
  HandledEvents begin(HandlerRequest request) {
    auto invocation = std::make_shared<Invocation>();
    invocation->function = options_.function;
    invocation->call = call_of(request);
    const std::size_t bytes = invocation->call.request.size();
    HandledEvents events;
    for (HandlerEvent& event : request.events) {
      events.push_back({std::move(event.id), std::move(event.payload), {}});
    }
    request.events.clear();
    invocation->request = std::move(request);
    const bool taken = options_.spawn([invocation] { return invoke(invocation); }, bytes);
    if (!taken) {
      log_failure(invocation->request, kDirect,
                  "too many calls are under way; this one is left out");
    }
    return events;
  }

  const DirectHandlerOptions options_;
};

}  // namespace

std::unique_ptr<Handler> make_direct_handler(DirectHandlerOptions options) {
  return std::make_unique<DirectHandler>(std::move(options));
}

}  // namespace eventsd::handler
