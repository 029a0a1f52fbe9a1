#include "app/cli_credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "auth/iam.hpp"
#include "eventsd/task.hpp"
#include "protocol/client_message.hpp"
#include "protocol/text.hpp"
#include "unit/app/support/command.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using test::run_command;
using test::Variable;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::map<std::string, std::string> kKeys = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                                  {"AWS_SECRET_ACCESS_KEY", "secret"}};

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

EndpointOptions signing(std::string url = "http://localhost:8080/event") {
  EndpointOptions options;
  options.url = std::move(url);
  options.iam.enabled = true;
  return options;
}

EventsEndpoint endpoint_of(const EndpointOptions& options,
                           const std::map<std::string, std::string>& variables) {
  const auto endpoint = find_endpoint(options, environment(variables));
  EXPECT_TRUE(endpoint) << endpoint.error().message;
  return *endpoint;
}

// What a server with this user says to it: empty when it is let in.
std::string refusal(AuthorizationRequest request, const std::string& session_token = "") {
  IamUserConfig user;
  user.access_key_id = "AKIDEXAMPLE";
  user.secret_access_key = "secret";
  user.session_token = session_token;
  user.policy.emplace_back();
  user.policy.back().effect = "Allow";
  user.policy.back().actions = user.policy.back().resources = {"*"};
  const auto users = auth::make_iam_users({user}, "000000000000");
  const auto authorizer = auth::make_iam_authorizer(*users, {"us-east-1", "000000000000", "abc"});
  std::string text = "no answer";
  TaskGroup tasks([](std::exception_ptr) { FAIL(); });
  tasks.spawn([](Task<Result<Identity>> task, std::string& into) -> Task<void> {
    const Result<Identity> answer = co_await task;
    into = answer ? "" : answer.error().message + answer.error().reason;
  }(authorizer->authorize(std::move(request)), text));
  return text;
}

AuthorizationRequest socket_request(Operation operation, const std::string& object,
                                    const std::string& body) {
  AuthorizationRequest request;
  request.operation = operation;
  request.credentials = *protocol::parse_credentials(object);
  request.signed_body = body;
  return request;
}

TEST(ClientCredentials, OfATokenAreItsHeader) {
  const test::TempDir folder;
  const std::string file = folder.write("token", "eyJ.a.b\n");
  for (const std::string& text : {std::string("eyJ.a.b"), "file:" + file}) {
    EndpointOptions options;
    options.url = "http://localhost:8080/event";
    options.auth_token = text;
    const EventsEndpoint endpoint = endpoint_of(options, {{"EVENTSD_API_KEY", "da2-unused"}});
    EXPECT_EQ(json::parse(endpoint.credentials->authorization("{}")),
              (json{{"host", "localhost:8080"}, {"Authorization", "eyJ.a.b"}}));
    EXPECT_EQ(endpoint.credentials->headers({}), (net::HttpHeaders{{"Authorization", "eyJ.a.b"}}));
    EXPECT_EQ(endpoint.api_key, "");
  }
}

TEST(ClientCredentials, OfATokenThatIsNoneSayWhy) {
  EndpointOptions options;
  options.auth_token = "file:/nowhere/at/all";
  EXPECT_THAT(find_endpoint(options, environment({})).error().message,
              HasSubstr("cannot read a token in /nowhere/at/all"));
  options.auth_token = "two\nlines";
  EXPECT_THAT(find_endpoint(options, environment({})).error().message,
              HasSubstr("cannot stand in a header"));
}

TEST(ClientCredentials, SignEachOperationOfASocket) {
  for (const char* url : {"http://localhost:8080/event", "HTTP://localhost:8080"}) {
    const EventsEndpoint endpoint = endpoint_of(signing(url), kKeys);
    const std::string bodies[] = {"{}", protocol::signed_subscribe_body("/default/*"),
                                  protocol::signed_publish_body("/default/x", {R"({"<a>":"é"})"})};
    const Operation operations[] = {Operation::connect, Operation::subscribe, Operation::publish};
    for (int i = 0; i < 3; ++i) {
      const std::string object = endpoint.credentials->authorization(bodies[i]);
      EXPECT_EQ(refusal(socket_request(operations[i], object, bodies[i])), "") << object;
    }
  }
}

TEST(ClientCredentials, SignHttpRequests) {
  const EventsEndpoint endpoint = endpoint_of(signing(), kKeys);
  net::HttpRequest request{"GET", endpoint.history, {}, ""};
  request.url.query = "channel=%2Fdefault%2F%2A&limit=10";
  HttpSource source{"GET", request.url.path, request.url.query, {{"host", "localhost:8080"}}, ""};
  AuthorizationRequest question;
  question.operation = Operation::subscribe;
  for (const auto& [name, value] : endpoint.credentials->headers(request)) {
    source.headers.emplace_back(protocol::in_lower_case(name), value);
    if (name == "authorization") question.credentials.authorization = value;
  }
  question.credentials.http = std::make_shared<const HttpSource>(source);
  EXPECT_EQ(refusal(question), "");
}

TEST(ClientCredentials, CarryTheSessionTokenOfTheKeyTheyBelongTo) {
  auto variables = kKeys;
  variables["AWS_SESSION_TOKEN"] = "token";
  const std::string object = endpoint_of(signing(), variables).credentials->authorization("{}");
  EXPECT_EQ(json::parse(object)["X-Amz-Security-Token"], "token");
  EXPECT_EQ(refusal(socket_request(Operation::connect, object, "{}"), "token"), "");

  EndpointOptions options = signing();
  options.iam.access_key_id = "AKIDOTHER";
  options.iam.secret_access_key = "other";
  const json other = json::parse(endpoint_of(options, variables).credentials->authorization("{}"));
  EXPECT_FALSE(other.contains("X-Amz-Security-Token"));
  EXPECT_THAT(other["Authorization"].get<std::string>(), HasSubstr("AKIDOTHER"));
}

TEST(ClientCredentials, TakeTheRegionFromOptionAddressThenEnvironment) {
  const auto region = [](EndpointOptions options, std::map<std::string, std::string> variables) {
    variables.insert(kKeys.begin(), kKeys.end());
    const json object =
        json::parse(endpoint_of(options, variables).credentials->authorization("{}"));
    const std::string text = object["Authorization"];
    const auto begin = text.find('/', text.find('/') + 1) + 1;
    return text.substr(begin, text.find('/', begin) - begin);
  };
  const EndpointOptions aws = signing("https://abc.appsync-api.eu-west-1.amazonaws.com/event");
  EndpointOptions option = aws;
  option.iam.region = "eu-north-1";
  EXPECT_EQ(region(option, {}), "eu-north-1");
  EXPECT_EQ(region(aws, {{"AWS_REGION", "eu-south-1"}}), "eu-west-1");
  EXPECT_EQ(region(signing(), {{"AWS_REGION", "a-1"}, {"AWS_DEFAULT_REGION", "b-1"}}), "a-1");
  EXPECT_EQ(region(signing(), {{"AWS_DEFAULT_REGION", "b-1"}}), "b-1");
  EXPECT_EQ(region(signing(), {}), "us-east-1");
}

TEST(ClientCredentials, WithoutKeysToSignWithSayWhereToPutThem) {
  for (const auto& variables : {std::map<std::string, std::string>{},
                                {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}},
                                {{"AWS_SECRET_ACCESS_KEY", "secret"}}}) {
    EXPECT_THAT(find_endpoint(signing(), environment(variables)).error().message,
                HasSubstr("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
  }
}

TEST(ClientCredentials, ExcludeEachOtherOnTheCommandLine) {
  for (const char* verb : {"publish", "subscribe", "history"}) {
    const auto refused = [&](std::vector<std::string> options) {
      options.insert(options.begin(), {verb, "default/x"});
      if (options.front() == "publish") options.emplace_back("1");
      return run_command(options);
    };
    EXPECT_EQ(refused({"--api-key", "k", "--iam"}).code, 2);
    EXPECT_EQ(refused({"--api-key", "k", "--auth-token", "t"}).code, 2);
    EXPECT_THAT(refused({"--auth-token", "t", "--iam"}).err, HasSubstr("excludes"));
  }
}

class Sign : public testing::Test {
 private:
  Variable id_{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"};
  Variable secret_{"AWS_SECRET_ACCESS_KEY", "secret"};
};

TEST_F(Sign, PrintsTheHeadersOfARequestForCurl) {
  const std::string body = R"({"channel":"default/x","events":["1"]})";
  const auto ended = run_command({"sign", "-", "--url", "http://localhost:8080/event"}, body);
  ASSERT_EQ(ended.code, 0) << ended.err;
  HttpSource source{"POST", "/event", "", {{"host", "localhost:8080"}}, body};
  AuthorizationRequest question;
  question.operation = Operation::publish;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(": ");
    ASSERT_NE(colon, std::string::npos);
    source.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    if (line.starts_with("authorization")) {
      question.credentials.authorization = source.headers.back().second;
    }
  }
  question.credentials.http = std::make_shared<const HttpSource>(source);
  EXPECT_EQ(refusal(question), "");
  const json object = json::parse(run_command({"sign", body, "--json"}).out);
  EXPECT_TRUE(object.contains("x-amz-date"));
  EXPECT_THAT(object["authorization"].get<std::string>(), StartsWith("AWS4-HMAC-SHA256 "));
}

TEST_F(Sign, PrintsTheAuthorizationObjectOfEachOperation) {
  const auto connect = run_command({"sign", "--operation", "connect"});
  EXPECT_EQ(refusal(socket_request(Operation::connect, connect.out, "{}")), "");
  const auto subscribe = run_command(
      {"sign", "--operation", "subscribe", R"({ "type":"subscribe", "channel" : "/a/*" })"});
  EXPECT_EQ(refusal(socket_request(Operation::subscribe, subscribe.out, R"({"channel":"/a/*"})")),
            "");
  const auto publish = run_command({"sign", "--operation", "publish", "-"},
                                   R"({"events":["1"],"id":"7","channel":"/a/b"})");
  EXPECT_EQ(refusal(socket_request(Operation::publish, publish.out,
                                   R"({"channel":"/a/b","events":["1"]})")),
            "");
}

TEST_F(Sign, PrintsTheSubprotocolOfAConnection) {
  std::string text = run_command({"sign", "--operation", "connect", "--subprotocol"}).out;
  ASSERT_THAT(text, StartsWith("header-"));
  text.pop_back();
  const auto object = protocol::base64_decode(text.substr(7));
  ASSERT_TRUE(object.has_value());
  EXPECT_EQ(refusal(socket_request(Operation::connect, *object, "{}")), "");
}

TEST_F(Sign, RefusesWhatCannotBeSigned) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "give the body"},
      {{"--operation", "subscribe"}, "BODY must be a message"},
      {{"--operation", "subscribe", "{\"channel\":"}, "BODY must be a message"},
      {{"--operation", "publish", R"({"channel":"/a"})"}, "BODY must have events"},
      {{"--operation", "publish", R"({"channel":"/a","events":[]})"}, "BODY must have events"},
      {{"--operation", "publish", R"({"channel":"/a","events":[{}]})"}, "BODY must have events"},
      {{"--operation", "connect", R"({"a":1})"}, "a connection's body is {}"},
      {{"{}", "--subprotocol"}, "--subprotocol is for --operation connect"},
      {{"--operation", "delete"}, "--operation"},
  };
  for (const auto& [arguments, fault] : cases) {
    std::vector<std::string> line = {"sign"};
    line.insert(line.end(), arguments.begin(), arguments.end());
    const auto ended = run_command(line);
    EXPECT_EQ(ended.code, 2) << fault;
    EXPECT_THAT(ended.err, HasSubstr(fault));
  }
}

}  // namespace
}  // namespace eventsd::app
