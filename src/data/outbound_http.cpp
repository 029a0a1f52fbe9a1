#include "data/outbound_http.hpp"

#include "data/http_request.hpp"

namespace eventsd::data {
namespace {

class ExchangeSource final : public DataSource {
 public:
  ExchangeSource(OutboundHttpOptions options, HttpRules rules, OutboundCalls& calls)
      : calls_(calls), service_(rules.service), wall_time_(options.wall_time) {
    auto state = std::make_unique<State>();
    state->http = std::make_shared<OutboundHttp>(std::move(options));
    state->rules = std::move(rules);
    state_ = on_its_thread(calls, std::move(state));
  }

  Task<DataSourceAnswer> call(DataSourceCall call) override {
    const std::chrono::milliseconds left = time_left(call, wall_time_);
    DataSourceAnswer answer =
        co_await calls_.run(service_, left, [state = state_, left, &call](Answer done) {
          auto request = state->rules.ask(call.request);
          if (!request) return done(unanswered(state->rules.service, request.error()));
          state->http->send(std::move(*request), left,
                            [state, done](Result<net::HttpResponse> response) {
                              done(response ? state->rules.read(*response)
                                            : unanswered(state->rules.service, response.error()));
                            });
        });
    co_return answer;
  }

 private:
  struct State {
    std::shared_ptr<OutboundHttp> http;
    HttpRules rules;
  };

  OutboundCalls& calls_;
  const std::string service_;
  const std::chrono::milliseconds wall_time_;
  std::shared_ptr<State> state_;
};

}  // namespace

void OutboundHttp::send(net::HttpRequest request, std::chrono::milliseconds timeout,
                        std::function<void(Result<net::HttpResponse>)> done) {
  if (options_.sign && !has_header(request, "authorization")) options_.sign(request);
  options_.pool->send(
      std::move(request), {timeout, kMaxAnswerBytes},
      [self = shared_from_this(), done = std::move(done)](Result<net::HttpResponse> response) {
        if (response) {
          self->outage_.answered();
        } else if (response.error().kind != ErrorKind::bad_request) {
          self->outage_.failed(response.error().message);
        }
        done(std::move(response));
      });
}

DataSourceAnswer unanswered(std::string_view service, const Error& error) {
  const auto failure = [&](std::string_view type, std::string text) {
    return DataSourceAnswer::failure(std::string(service) + ":" + std::string(type),
                                     std::move(text));
  };
  switch (error.kind) {
    case ErrorKind::bad_request:
      return DataSourceAnswer::invalid(error.message);
    case ErrorKind::not_found:
      return failure("NotConfigured", error.message);
    case ErrorKind::request_timeout:
      return failure("ExecutionTimeoutException", "Execution timed out.");
    case ErrorKind::overloaded:
      return failure("TooManyRequestsException", "Rate Exceeded.");
    case ErrorKind::payload_too_large:
      return failure("ResponseTooLargeException", "The answer is larger than 5 MiB.");
    default:
      return failure("ConnectionFailedException", "The endpoint did not answer.");
  }
}

std::shared_ptr<DataSource> make_exchange_source(OutboundHttpOptions options, HttpRules rules,
                                                 OutboundCalls& calls) {
  return std::make_shared<ExchangeSource>(std::move(options), std::move(rules), calls);
}

}  // namespace eventsd::data
