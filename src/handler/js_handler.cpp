#include "handler/js_handler.hpp"

#include <optional>

#include "handler/answer.hpp"
#include "handler/context.hpp"
#include "handler/handler_log.hpp"

namespace eventsd::handler {
namespace {

using Clock = std::chrono::steady_clock;
using End = CodeOutcome::End;

class JsHandler final : public Handler {
 public:
  JsHandler(JsHandlerOptions options, CodeRunner& runner)
      : options_(std::move(options)), runner_(runner) {}

  bool handles(Operation operation) const override {
    return form_of(operation) != CodeModule::Form::absent;
  }

  Pressure pressure() const override { return runner_.pressure(); }

  Task<Result<HandledEvents>> handle(HandlerRequest request) override {
    const bool publish = request.operation == Operation::publish;
    const std::string name = publish ? "onPublish" : "onSubscribe";
    const Clock::time_point deadline = Clock::now() + options_.wall_time;
    const bool asks = form_of(request.operation) == CodeModule::Form::object;
    const std::string first = asks ? name + ".request" : name;

    CodeOutcome outcome = co_await run(first, code_context(request), deadline);
    log_console(request, *options_.module, first, outcome);
    if (const auto stop = stop_of(request, first, outcome)) co_return *stop;
    if (!asks || outcome.end == End::early_return) {
      co_return finish(request, first, outcome.value);
    }
    if (outcome.value.empty()) co_return failed(request, first, "it returned nothing to ask for");

    const std::string second = name + ".response";
    const std::shared_ptr<DataSource> source =
        publish ? options_.on_publish : options_.on_subscribe;
    const DataSourceAnswer answer =
        co_await source->call({std::move(outcome.value), request.request_id, options_.api_id,
                               request.namespace_name, deadline, name, request.identity.document});
    if (!answer.invalid_request.empty()) {
      co_return failed(request, first, "its request is invalid: " + answer.invalid_request);
    }
    if (Clock::now() >= deadline) {
      co_return failed(request, second,
                       "wall time: no time was left after the data source "
                       "(limits.handler.wallTime)");
    }
    std::string context = code_context(
        request, {outcome.stash, answer.result, answer.error_message, answer.error_type});
    const CodeOutcome end = co_await run(second, std::move(context), deadline);
    log_console(request, *options_.module, second, end);
    if (const auto stop = stop_of(request, second, end)) co_return *stop;
    co_return finish(request, second, end.value);
  }

 private:
  CodeModule::Form form_of(Operation operation) const {
    return operation == Operation::publish ? options_.module->on_publish
                                           : options_.module->on_subscribe;
  }

  Task<CodeOutcome> run(std::string function, std::string context, Clock::time_point deadline) {
    return runner_.run({options_.module, std::move(function), std::move(context),
                        options_.namespace_key, deadline});
  }

  // Handlers rule 1.6: what ends a handler before it has an answer.
  static std::optional<Error> stop_of(const HandlerRequest& request, const std::string& function,
                                      const CodeOutcome& outcome) {
    switch (outcome.end) {
      case End::value:
      case End::early_return:
        return std::nullopt;
      case End::error:
        log_refusal(request, function, outcome);
        return Error{ErrorKind::handler_refused, outcome.message, outcome.type, {}};
      case End::unauthorized:
        return fail(ErrorKind::handler_unauthorized);
      case End::crashed:
      case End::limit:
        return failed(request, function, outcome.message);
      case End::overloaded:
        return deny(ErrorKind::overloaded, outcome.message);
    }
    return fail(ErrorKind::internal);
  }

  static Error failed(const HandlerRequest& request, const std::string& function,
                      const std::string& why) {
    log_failure(request, function, why);
    return deny(ErrorKind::handler_failed, why);
  }

  static Result<HandledEvents> finish(const HandlerRequest& request, const std::string& function,
                                      const std::string& value) {
    if (request.operation != Operation::publish) return HandledEvents{};
    auto events = read_events(value, request.events);
    if (!events) log_failure(request, function, events.error().reason);
    return events;
  }

  const JsHandlerOptions options_;
  CodeRunner& runner_;
};

}  // namespace

std::unique_ptr<Handler> make_js_handler(JsHandlerOptions options, CodeRunner& runner) {
  return std::make_unique<JsHandler>(std::move(options), runner);
}

}  // namespace eventsd::handler
