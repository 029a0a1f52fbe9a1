#include "data/eventbridge_source.hpp"

#include <algorithm>

#include "data/dynamodb/uuid.hpp"
#include "data/eventbridge_events.hpp"
#include "data/request_members.hpp"

namespace eventsd::data {
namespace {

DataSourceAnswer refused(const net::HttpResponse& response) {
  std::string text = "The endpoint answered " + std::to_string(response.status) + ".";
  if (const auto members = RequestMembers::parse(response.body)) {
    const auto message = members->text("message");
    if (message && *message) text = **message;
  }
  return DataSourceAnswer::failure("EventBridge:HttpStatus" + std::to_string(response.status),
                                   std::move(text));
}

// Entries and FailedEntryCount as the API gives them.
DataSourceAnswer answer_of(const net::HttpResponse& response) {
  if (response.status < 200 || response.status > 299) return refused(response);
  const auto members = RequestMembers::parse(response.body);
  const auto entries = members ? parse_elements(members->raw("Entries"), "Entries")
                               : Result<std::vector<std::string_view>>(members.error());
  if (!entries) {
    return DataSourceAnswer::failure("EventBridge:InvalidAnswerException",
                                     "The endpoint's answer is not one of PutEvents.");
  }
  const std::string_view count = members->raw("FailedEntryCount");
  return DataSourceAnswer::success(R"({"Entries":)" + std::string(members->raw("Entries")) +
                                   R"(,"FailedEntryCount":)" +
                                   (count.empty() ? "0" : std::string(count)) + "}");
}

std::shared_ptr<DataSource> make_api_source(EventBridgeSourceOptions options,
                                            OutboundCalls& calls) {
  HttpRules rules;
  rules.service = "EventBridge";
  rules.ask = [target = options.target,
               bus = options.bus](std::string_view request) -> Result<net::HttpRequest> {
    const auto events = parse_bus_events(request);
    if (!events) return events.error();
    if (!target) {
      return fail(ErrorKind::not_found, "No address is configured for bus \"" + bus +
                                            "\": add it to \"eventBridge\" in eventsd's "
                                            "configuration.");
    }
    return net::HttpRequest{
        "POST",
        target->url,
        {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "AWSEvents.PutEvents"}},
        put_events_body(*events, bus)};
  };
  rules.read = answer_of;
  return make_exchange_source(std::move(options.http), std::move(rules), calls);
}

struct State {
  std::shared_ptr<OutboundHttp> http;
  EventBridgeSourceOptions options;
};

// Posts one event after the other, so that they arrive in order.
class Delivery final : public std::enable_shared_from_this<Delivery> {
 public:
  Delivery(std::shared_ptr<State> state, std::vector<BusEvent> events,
           std::chrono::milliseconds timeout, Answer done)
      : state_(std::move(state)),
        events_(std::move(events)),
        until_(std::chrono::steady_clock::now() + timeout),
        done_(std::move(done)) {}

  void post_next() {
    if (posted_ == events_.size()) {
      return done_(DataSourceAnswer::success(R"({"Entries":[)" + entries_ +
                                             R"(],"FailedEntryCount":)" + std::to_string(failed_) +
                                             "}"));
    }
    const EventBridgeSourceOptions& options = state_->options;
    const std::string id = dynamodb::make_uuid();
    const auto now = options.now ? options.now() : std::chrono::system_clock::now();
    const BusPlace place{id, options.account_id, options.region, now};
    net::HttpRequest request{"POST",
                             options.target->url,
                             {{"Content-Type", "application/json"}},
                             delivered_event(events_[posted_], place)};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until_ - std::chrono::steady_clock::now());
    state_->http->send(std::move(request), std::max(left, std::chrono::milliseconds(0)),
                       [self = shared_from_this(), id](Result<net::HttpResponse> response) {
                         self->on_answer(id, response);
                       });
  }

 private:
  void on_answer(const std::string& id, const Result<net::HttpResponse>& response) {
    ++posted_;
    if (!entries_.empty()) entries_ += ',';
    if (response && response->status >= 200 && response->status <= 299) {
      entries_ += R"({"EventId":)" + json_text(id) + "}";
    } else {
      ++failed_;
      const DataSourceAnswer why =
          response ? refused(*response) : unanswered("EventBridge", response.error());
      entries_ +=
          R"({"ErrorCode":)" + json_text(response ? "InternalFailure" : "InternalException") +
          R"(,"ErrorMessage":)" +
          json_text(why.invalid_request.empty() ? why.error_message : why.invalid_request) + "}";
    }
    post_next();
  }

  const std::shared_ptr<State> state_;
  const std::vector<BusEvent> events_;
  const std::chrono::steady_clock::time_point until_;
  const Answer done_;
  std::size_t posted_ = 0;
  std::size_t failed_ = 0;
  std::string entries_;
};

class WebhookSource final : public DataSource {
 public:
  WebhookSource(EventBridgeSourceOptions options, OutboundCalls& calls)
      : calls_(calls), wall_time_(options.http.wall_time) {
    auto state = std::make_unique<State>();
    state->http = std::make_shared<OutboundHttp>(std::move(options.http));
    state->options = std::move(options);
    state_ = on_its_thread(calls, std::move(state));
  }

  Task<DataSourceAnswer> call(DataSourceCall call) override {
    const std::chrono::milliseconds left = time_left(call, wall_time_);
    DataSourceAnswer answer =
        co_await calls_.run("EventBridge", left, [state = state_, left, &call](Answer done) {
          auto events = parse_bus_events(call.request);
          if (!events) return done(DataSourceAnswer::invalid(events.error().message));
          std::make_shared<Delivery>(state, std::move(*events), left, std::move(done))->post_next();
        });
    co_return answer;
  }

 private:
  OutboundCalls& calls_;
  const std::chrono::milliseconds wall_time_;
  std::shared_ptr<State> state_;
};

}  // namespace

Result<EventBridgeTarget> parse_eventbridge_target(std::string_view address) {
  constexpr std::string_view kWebhook = "webhook+";
  EventBridgeTarget target;
  std::string_view text = address;
  if (text.starts_with(kWebhook)) {
    target.form = EventBridgeForm::webhook;
    text.remove_prefix(kWebhook.size());
  }
  auto url = net::parse_url(text);
  if (!url) return url.error();
  if (url->scheme != net::UrlScheme::http && url->scheme != net::UrlScheme::https) {
    return fail(ErrorKind::bad_request, "\"" + std::string(address) +
                                            "\" must begin with http://, https://, "
                                            "webhook+http:// or webhook+https://");
  }
  target.url = std::move(*url);
  return target;
}

std::shared_ptr<DataSource> make_eventbridge_source(EventBridgeSourceOptions options,
                                                    OutboundCalls& calls) {
  if (!options.target || options.target->form == EventBridgeForm::api) {
    return make_api_source(std::move(options), calls);
  }
  return std::make_shared<WebhookSource>(std::move(options), calls);
}

}  // namespace eventsd::data
