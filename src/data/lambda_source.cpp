#include "data/lambda_source.hpp"

#include "data/lambda_answer.hpp"
#include "data/outage.hpp"
#include "data/request_members.hpp"

namespace eventsd::data {
namespace {

using net::LambdaAnswer;
using net::LambdaInvocation;

struct Invocation {
  LambdaInvocation kind = LambdaInvocation::request_response;
  std::string payload;
};

Result<Invocation> parse_invocation(std::string_view request) {
  const auto members = RequestMembers::parse(request);
  if (!members) return members.error();
  const auto operation = members->required_text("operation");
  if (!operation) return operation.error();
  if (*operation != "Invoke") {
    return fail(
        ErrorKind::bad_request,
        "operation \"" + *operation + "\" is not one of a Lambda data source; use \"Invoke\"");
  }
  const auto kind = members->text("invocationType");
  if (!kind) return kind.error();
  Invocation invocation;
  if (*kind == "Event") {
    invocation.kind = LambdaInvocation::event;
  } else if (*kind && *kind != "RequestResponse") {
    return fail(ErrorKind::bad_request,
                "invocationType \"" + **kind + "\" is neither \"RequestResponse\" nor \"Event\"");
  }
  const std::string_view payload = members->raw("payload");
  invocation.payload = payload.empty() ? "null" : std::string(payload);
  return invocation;
}

class Source final : public DataSource {
 public:
  Source(LambdaSourceOptions options, OutboundCalls& calls)
      : calls_(calls),
        wall_time_(options.wall_time),
        state_(on_its_thread(calls, std::make_unique<State>(std::move(options)))) {}

  Task<DataSourceAnswer> call(DataSourceCall call) override {
    const std::chrono::milliseconds left = time_left(call, wall_time_);
    DataSourceAnswer answer =
        co_await calls_.run("Lambda", left, [state = state_, left, &call](Answer done) {
          auto invocation = parse_invocation(call.request);
          if (!invocation) return done(DataSourceAnswer::invalid(invocation.error().message));
          state->invoke(state, invocation->kind, std::move(invocation->payload), left,
                        [done = std::move(done)](Result<LambdaAnswer> answer) {
                          done(lambda_answer(answer));
                        });
        });
    co_return answer;
  }

 private:
  struct State {
    explicit State(LambdaSourceOptions given) : options(std::move(given)), outage(options.name) {}

    void invoke(std::shared_ptr<State> self, LambdaInvocation kind, std::string event,
                std::chrono::milliseconds timeout, std::function<void(Result<LambdaAnswer>)> done) {
      net::invoke_lambda(
          *options.pool, options.function, kind, std::move(event), timeout, options.sign,
          [self = std::move(self), done = std::move(done)](Result<LambdaAnswer> answer) {
            if (answer) {
              self->outage.answered();
            } else {
              self->outage.failed(answer.error().message);
            }
            done(std::move(answer));
          });
    }

    const LambdaSourceOptions options;
    Outage outage;
  };

  OutboundCalls& calls_;
  const std::chrono::milliseconds wall_time_;
  const std::shared_ptr<State> state_;
};

}  // namespace

std::shared_ptr<DataSource> make_lambda_source(LambdaSourceOptions options, OutboundCalls& calls) {
  return std::make_shared<Source>(std::move(options), calls);
}

}  // namespace eventsd::data
