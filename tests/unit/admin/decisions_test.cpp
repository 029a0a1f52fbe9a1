#include "admin/decisions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "admin/authorizer_times.hpp"
#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using core::Decision;
using core::DenialCause;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

Decision denial(DenialCause cause, std::string channel = "/news/a") {
  Decision decision;
  decision.at = std::chrono::system_clock::time_point(std::chrono::milliseconds(1234));
  decision.api_id = "api1";
  decision.operation = Operation::subscribe;
  decision.channel = std::move(channel);
  decision.mode = AuthMode::lambda;
  decision.allowed = {AuthMode::api_key, AuthMode::iam};
  decision.cause = cause;
  decision.source_ip = "192.0.2.1";
  decision.request_id = "request-1";
  decision.took = std::chrono::microseconds(70);
  return decision;
}

class DecisionsTest : public ::testing::Test {
 protected:
  // What has been posted to the control thread so far.
  void run_posted() {
    for (auto& work : std::exchange(posted_, {})) work();
  }
  json ask(std::string query = {}) {
    server::HttpRequest request;
    request.method = "GET";
    request.path = "/v1/authorization/decisions";
    request.query = std::move(query);
    const server::HttpResponse response = admin_test::run(
        [this](server::HttpRequest& what) { return router_.dispatch(what); }, request);
    status_ = response.status;
    return json::parse(response.body);
  }

  std::vector<std::function<void()>> posted_;
  DecisionLog log_{[this](std::function<void()> work) { posted_.push_back(std::move(work)); }};
  server::HttpRouter router_{
      decision_routes(log_, [](server::HttpFunction function) { return function; })};
  int status_ = 0;
};

TEST_F(DecisionsTest, ExplainADenial) {
  log_.add(denial(DenialCause::mode_not_allowed));
  run_posted();
  const json answer = ask();
  EXPECT_EQ(status_, 200);
  ASSERT_EQ(answer.at("decisions").size(), 1u);
  EXPECT_EQ(answer.at("decisions")[0], json::parse(R"({
      "time": 1234, "decision": "denied", "apiId": "api1", "operation": "subscribe",
      "channel": "/news/a", "mode": "AWS_LAMBDA", "modesAllowed": ["API_KEY", "AWS_IAM"],
      "checked": "the credential, which is valid, then the modes of the operation",
      "cause": "mode_not_allowed", "reason": "AWS_LAMBDA is not among the modes of this subscribe",
      "sourceIp": "192.0.2.1", "requestId": "request-1", "microseconds": 70})"));
}

TEST_F(DecisionsTest, GiveTheAuthorizersOwnReason) {
  Decision decision = denial(DenialCause::invalid_credential);
  decision.reason = "the token has expired";
  log_.add(decision);
  run_posted();
  EXPECT_EQ(ask().at("decisions")[0].at("reason"), "the token has expired");
}

TEST_F(DecisionsTest, TellANullChannelAndModeWhereThereIsNone) {
  Decision decision = denial(DenialCause::no_credential, "");
  decision.mode = std::nullopt;
  log_.add(decision);
  run_posted();
  const json told = ask().at("decisions")[0];
  EXPECT_TRUE(told.at("channel").is_null());
  EXPECT_TRUE(told.at("mode").is_null());
}

TEST_F(DecisionsTest, KeepTheNewestTwoHundredAndCountTheRest) {
  for (int i = 0; i < 250; ++i) {
    log_.add(denial(DenialCause::policy, "/news/" + std::to_string(i)));
    run_posted();
  }
  const json answer = ask();
  ASSERT_EQ(answer.at("decisions").size(), 200u);
  EXPECT_EQ(answer.at("decisions")[0].at("channel"), "/news/249");
  std::string metrics;
  log_.append_metrics(metrics);
  EXPECT_THAT(metrics, HasSubstr("eventsd_authorization_denied_total{mode=\"AWS_LAMBDA\","
                                 "operation=\"subscribe\",cause=\"policy\"} 250\n"));
}

TEST_F(DecisionsTest, AreOnlyCountedInAFlood) {
  for (int i = 0; i < DecisionLog::kMaxPosted + 7; ++i) log_.add(denial(DenialCause::policy));
  EXPECT_EQ(posted_.size(), static_cast<std::size_t>(DecisionLog::kMaxPosted));
  run_posted();
  EXPECT_EQ(ask().at("notKept"), 7);
  log_.add(denial(DenialCause::policy));
  EXPECT_EQ(posted_.size(), 1u);
}

TEST_F(DecisionsTest, DoNotKeepGrants) {
  log_.add(denial(DenialCause::none));
  run_posted();
  EXPECT_TRUE(ask().at("decisions").empty());
  std::string metrics;
  log_.append_metrics(metrics);
  EXPECT_THAT(metrics, Not(HasSubstr("cause=\"none\"")));
}

TEST_F(DecisionsTest, TakeALimitAndAnApi) {
  for (int i = 0; i < 5; ++i) log_.add(denial(DenialCause::policy));
  Decision other = denial(DenialCause::policy);
  other.api_id = "api2";
  log_.add(other);
  run_posted();
  EXPECT_EQ(ask("limit=3").at("decisions").size(), 3u);
  EXPECT_EQ(ask("apiId=api2&limit=3").at("decisions").size(), 1u);
  for (const char* bad : {"limit=0", "limit=201", "limit=x", "limit=1x", "limit="}) {
    ask(bad);
    EXPECT_EQ(status_, 400) << bad;
  }
}

TEST(AuthorizerTimes, CountEachModeInCumulativeBuckets) {
  AuthorizerTimes times;
  times.add(AuthMode::iam, std::chrono::microseconds(30));
  times.add(AuthMode::iam, std::chrono::milliseconds(2));
  times.add(AuthMode::iam, std::chrono::seconds(60));
  std::string text;
  times.append(text);
  EXPECT_THAT(text, HasSubstr("# TYPE eventsd_authorizer_seconds histogram\n"));
  const auto bucket = [](std::string bound, int count) {
    return "eventsd_authorizer_seconds_bucket{mode=\"AWS_IAM\",le=\"" + bound + "\"} " +
           std::to_string(count) + "\n";
  };
  EXPECT_THAT(text, HasSubstr(bucket("1e-05", 0)));
  EXPECT_THAT(text, HasSubstr(bucket("5e-05", 1)));
  EXPECT_THAT(text, HasSubstr(bucket("0.005", 2)));
  EXPECT_THAT(text, HasSubstr(bucket("10", 2)));
  EXPECT_THAT(text, HasSubstr(bucket("+Inf", 3)));
  EXPECT_THAT(text, HasSubstr("eventsd_authorizer_seconds_count{mode=\"AWS_IAM\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("API_KEY")));
}

}  // namespace
}  // namespace eventsd::admin
