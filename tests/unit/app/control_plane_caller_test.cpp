#include "app/control_plane_caller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/sigv4.hpp"

namespace eventsd::app {
namespace {

using ::testing::HasSubstr;

// A request to an admin port, signed by alice, whose policy says what the test says.
class ControlPlaneCaller : public ::testing::Test {
 protected:
  ControlPlaneCaller() {
    config_.region = "us-east-1";
    config_.account_id = "000000000000";
  }

  void sign(std::string secret = "alices-secret", std::string service = "appsync") {
    const HeaderList headers{{"host", "127.0.0.1:9464"}};
    sent_ = net::sigv4_headers({request_.method, request_.path, "", headers, net::sha256_hex("")},
                               {{"AKIDALICE", std::move(secret), ""}, "us-east-1", service},
                               std::chrono::system_clock::now());
    sent_.emplace_back("Host", "127.0.0.1:9464");
    request_.headers.assign(sent_.begin(), sent_.end());
  }

  // The status of the refusal; 0: let in.
  int status(std::string_view operation, std::string action, std::string resource) {
    IamUserConfig alice;
    alice.access_key_id = "AKIDALICE";
    alice.secret_access_key = "alices-secret";
    alice.user_name = "alice";
    PolicyStatementConfig statement;
    statement.effect = "Allow";
    statement.actions = {std::move(action)};
    statement.resources = {std::move(resource)};
    alice.policy = {statement};
    const auto users = auth::make_iam_users({alice}, config_.account_id);
    EXPECT_TRUE(users);
    refusal_ = refuse_control_plane_caller(**users, config_, operation, request_);
    return refusal_ ? refusal_->status : 0;
  }

  Config config_;
  HeaderList sent_;
  std::optional<server::HttpResponse> refusal_;
  server::HttpRequest request_ = [] {
    server::HttpRequest request;
    request.method = "GET";
    request.path = "/v1/apis/api1/apikeys";
    request.parameters = {"api1"};
    return request;
  }();
};

TEST_F(ControlPlaneCaller, IsLetInByAPolicyThatAllowsTheOperationOnTheApi) {
  sign();
  EXPECT_EQ(status("ListApiKeys", "appsync:ListApiKeys", "*"), 0);
  EXPECT_EQ(status("ListApiKeys", "appsync:*", "arn:aws:appsync:us-east-1:000000000000:apis/api1"),
            0);
}

TEST_F(ControlPlaneCaller, IsRefusedByNameWhenThePolicyAllowsSomethingElse) {
  sign();
  EXPECT_EQ(status("ListApiKeys", "appsync:Event*", "*"), 403);
  EXPECT_THAT(refusal_->body,
              HasSubstr("User: arn:aws:iam::000000000000:user/alice is not authorized to perform: "
                        "appsync:ListApiKeys on resource: "
                        "arn:aws:appsync:us-east-1:000000000000:apis/api1"));
  EXPECT_EQ(status("ListApiKeys", "appsync:*", "arn:aws:appsync:*:*:apis/api2"), 403);
}

TEST_F(ControlPlaneCaller, NeedsAllApisForAListOfThem) {
  request_.path = "/v2/apis";
  request_.parameters.clear();
  sign();
  EXPECT_EQ(status("ListApis", "appsync:ListApis", "arn:aws:appsync:*:*:apis/*"), 0);
  EXPECT_EQ(status("ListApis", "appsync:ListApis", "arn:aws:appsync:*:*:apis/api1"), 403);
}

TEST_F(ControlPlaneCaller, WithAnotherSecretServiceOrKeyIsRefusedInAwssWords) {
  sign("another-secret");
  EXPECT_EQ(status("ListApiKeys", "*", "*"), 403);
  EXPECT_THAT(refusal_->body, HasSubstr("The request signature we calculated does not match"));
  sign("alices-secret", "dynamodb");
  EXPECT_EQ(status("ListApiKeys", "*", "*"), 403);
  const auto nobody = auth::make_iam_users({}, config_.account_id);
  sign();
  EXPECT_THAT(refuse_control_plane_caller(**nobody, config_, "ListApiKeys", request_)->body,
              HasSubstr("The security token included in the request is invalid."));
}

}  // namespace
}  // namespace eventsd::app
