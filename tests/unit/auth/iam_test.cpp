#include "auth/iam.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "eventsd/task.hpp"
#include "protocol/client_message.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

using namespace std::chrono_literals;
using net::SigV4Signer;
using testing::HasSubstr;

constexpr auto kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + 12h;
const IamApi kApi{"us-east-1", "123456789012", "abc"};
const std::string kArn = "arn:aws:appsync:us-east-1:123456789012:apis/abc";
const SigV4Signer kAlice{{"AKIDALICE", "alice's secret", ""}, "us-east-1", "appsync"};
const SigV4Signer kBob{{"AKIDBOB", "bob's secret", "bob's token"}, "us-east-1", "appsync"};

PolicyStatementConfig allow(std::vector<std::string> actions, std::vector<std::string> resources) {
  PolicyStatementConfig statement;
  statement.effect = "Allow";
  statement.actions = std::move(actions);
  statement.resources = std::move(resources);
  return statement;
}

IamUserConfig user(const SigV4Signer& signer, std::string name,
                   std::vector<PolicyStatementConfig> policy) {
  IamUserConfig config;
  config.access_key_id = signer.credentials.access_key_id;
  config.secret_access_key = signer.credentials.secret_access_key;
  config.session_token = signer.credentials.session_token;
  config.user_name = std::move(name);
  config.policy = std::move(policy);
  return config;
}

// Alice may do everything, Bob may connect and publish to news.
IamUsersPtr users() {
  const auto made =
      make_iam_users({user(kAlice, "alice", {allow({"*"}, {"*"})}),
                      user(kBob, "",
                           {allow({"appsync:EventConnect"}, {kArn}),
                            allow({"appsync:EventPublish"}, {kArn + "/channelNamespace/news"})})},
                     "123456789012", [] { return std::chrono::system_clock::time_point(kNow); });
  EXPECT_TRUE(made.has_value());
  return *made;
}

Result<Identity> authorize(AuthorizationRequest request) {
  const auto authorizer = make_iam_authorizer(users(), kApi);
  std::optional<Result<Identity>> answer;
  TaskGroup tasks([](std::exception_ptr) { FAIL(); });
  tasks.spawn([](Task<Result<Identity>> task, auto& into) -> Task<void> {
    into.emplace(co_await task);
  }(authorizer->authorize(std::move(request)), answer));
  EXPECT_TRUE(answer.has_value()) << "nobody else has to be asked";
  return *answer;
}

HeaderList amplify_headers() {
  return {{"accept", "application/json, text/javascript"},
          {"content-encoding", "amz-1.0"},
          {"content-type", "application/json; charset=UTF-8"},
          {"host", "localhost:8080"}};
}

// The headers and those that sign them.
HeaderList sign(HeaderList headers, const SigV4Signer& signer, std::string_view body,
                std::string_view path = "/event", std::string_view method = "POST",
                std::string_view query = "") {
  const std::string hash = net::sha256_hex(body);
  const HeaderList added = net::sigv4_headers({method, path, query, headers, hash}, signer, kNow);
  headers.insert(headers.end(), added.begin(), added.end());
  return headers;
}

// As amplify does: an object with names in mixed case, and one that is not signed.
Credentials object_of(const HeaderList& headers) {
  std::string object = R"({"x-amz-user-agent":"aws-amplify/6.22.1")";
  for (const auto& [name, value] : headers) {
    object += ',';
    protocol::append_json_string(object, name == "authorization"          ? "Authorization"
                                         : name == "x-amz-security-token" ? "X-Amz-Security-Token"
                                                                          : name);
    object += ':';
    protocol::append_json_string(object, value);
  }
  object += '}';
  return *protocol::parse_credentials(object);
}

AuthorizationRequest socket_request(Operation operation, const SigV4Signer& signer,
                                    std::string_view signed_body, std::string actual_body,
                                    std::string_view path = "/event") {
  AuthorizationRequest request;
  request.operation = operation;
  if (operation != Operation::connect) {
    request.namespace_name = "news";
    request.channel = "/news/latest";
  }
  request.credentials = object_of(sign(amplify_headers(), signer, signed_body, path));
  request.source_ip = "192.0.2.1";
  request.signed_body = std::move(actual_body);
  return request;
}

AuthorizationRequest socket_request(Operation operation, const SigV4Signer& signer,
                                    const std::string& body = "{}") {
  return socket_request(operation, signer, body, body);
}

Credentials http_of(HttpSource source) {
  Credentials credentials;
  for (const auto& [name, value] : source.headers) {
    if (name == "authorization") credentials.authorization = value;
  }
  credentials.http = std::make_shared<const HttpSource>(std::move(source));
  return credentials;
}

TEST(IamAuthorizer, AcceptsEachOperationOfASocket) {
  const std::string publish = R"({"channel":"/news/latest","events":["{\"a\":1}"]})";
  EXPECT_TRUE(authorize(socket_request(Operation::connect, kAlice)).has_value());
  EXPECT_TRUE(authorize(socket_request(Operation::subscribe, kAlice, R"({"channel":"/news/*"})"))
                  .has_value());
  EXPECT_TRUE(authorize(socket_request(Operation::publish, kAlice, publish)).has_value());
  EXPECT_TRUE(authorize(socket_request(Operation::publish, kBob, publish)).has_value());
}

// protocol: signatures of Amplify's own signer, with the time at which they were made.
TEST(IamAuthorizer, AcceptsWhatAmplifySigned) {
  const auto made = make_iam_users(
      {user({{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}, "", ""}, "alice",
            {allow({"*"}, {"*"})})},
      "1", [] {
        return std::chrono::system_clock::time_point(
            std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
      });
  const auto authorizer = make_iam_authorizer(*made, kApi);
  const std::pair<const char*, const char*> vectors[] = {
      {"{}", "89b9cc1ed16372d5ffb98a38b0af0bb5b65ce6fcab395d36daaa126dc6ee1b1a"},
      {R"({"channel":"/default/*"})",
       "158663811006884979d03b715438aad6791de80252053aa2cfc14c26a74377a7"},
      {R"({"channel":"/default/x","events":["{\"a\":1}"]})",
       "40e1872c4765c0dd8048420b1de49b42b1dfc32773a3f70ebf8ab7bf59718ae1"}};
  for (const auto& [body, signature] : vectors) {
    HeaderList headers = amplify_headers();
    headers.back().second = "example1234567890000.appsync-api.us-east-1.amazonaws.com";
    headers.emplace_back("x-amz-date", "20260101T000000Z");
    headers.emplace_back(
        "authorization",
        std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/appsync/"
                    "aws4_request, SignedHeaders=accept;content-encoding;content-type;host;"
                    "x-amz-date, Signature=") +
            signature);
    AuthorizationRequest request;
    request.credentials = object_of(headers);
    request.signed_body = body;
    bool accepted = false;
    TaskGroup tasks([](std::exception_ptr) { FAIL(); });
    tasks.spawn([](Task<Result<Identity>> task, bool& into) -> Task<void> {
      const Result<Identity> answer = co_await task;
      into = answer.has_value();
    }(authorizer->authorize(request), accepted));
    EXPECT_TRUE(accepted) << body;
  }
}

TEST(IamAuthorizer, TellsHandlersWhoSigned) {
  const Result<Identity> identity = authorize(socket_request(Operation::connect, kAlice));
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->mode, AuthMode::iam);
  EXPECT_EQ(*identity->document,
            R"({"accountId":"123456789012","cognitoIdentityPoolId":null,"cognitoIdentityId":null,)"
            R"("sourceIp":["192.0.2.1"],"username":"alice",)"
            R"("userArn":"arn:aws:iam::123456789012:user/alice",)"
            R"("cognitoIdentityAuthType":null,"cognitoIdentityAuthProvider":null})");
}

TEST(IamAuthorizer, NamesAUserWithoutNameByTheAccessKey) {
  const Result<Identity> identity = authorize(socket_request(Operation::connect, kBob));
  ASSERT_TRUE(identity.has_value());
  EXPECT_THAT(*identity->document, HasSubstr(R"("username":"AKIDBOB")"));
}

TEST(IamAuthorizer, RefusesABodyThatIsNotTheSignedOne) {
  const auto answer = authorize(socket_request(
      Operation::subscribe, kAlice, R"({"channel":"/news/a"})", R"({"channel":"/news/b"})"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::bad_request);
  EXPECT_EQ(answer.error().message,
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.");
  EXPECT_THAT(answer.error().reason, HasSubstr("the signature of alice (AKIDALICE) differs"));
  EXPECT_THAT(answer.error().reason, HasSubstr("accept;content-encoding;content-type;host"));
}

TEST(IamAuthorizer, TakesTheSignatureOfOneOperationForNoOther) {
  // A connection's {} must not publish, nor a subscription's body.
  for (const char* signed_body : {"{}", R"({"channel":"/news/latest"})"}) {
    const auto answer = authorize(socket_request(Operation::publish, kAlice, signed_body,
                                                 R"({"channel":"/news/latest","events":["1"]})"));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, ErrorKind::bad_request);
  }
}

TEST(IamAuthorizer, TakesABodyAsGosEncoderWritesIt) {
  const std::string plain =
      "{\"channel\":\"/news/latest\",\"events\":[\"\\\"<a&b>\u2028\u2029é\\\"\"]}";
  const std::string go =
      "{\"channel\":\"/news/"
      "latest\",\"events\":[\"\\\"\\u003ca\\u0026b\\u003e\\u2028\\u2029é\\\"\"]}";
  EXPECT_TRUE(authorize(socket_request(Operation::publish, kAlice, plain, plain)).has_value());
  EXPECT_TRUE(authorize(socket_request(Operation::publish, kAlice, go, plain)).has_value());
  EXPECT_FALSE(authorize(socket_request(Operation::publish, kAlice, go + " ", plain)).has_value());
}

TEST(IamAuthorizer, TakesTheEndpointsPathInTheFormsThatAreServed) {
  for (const char* path : {"/event", "/", "/event/"}) {
    EXPECT_TRUE(authorize(socket_request(Operation::connect, kAlice, "{}", "{}", path)).has_value())
        << path;
  }
  for (const char* path : {"/event/realtime", "/event/connect", "/graphql", "/Event"}) {
    EXPECT_FALSE(
        authorize(socket_request(Operation::connect, kAlice, "{}", "{}", path)).has_value())
        << path;
  }
}

TEST(IamAuthorizer, AcceptsTheHeadersOfAnUpgradeForConnecting) {
  // AWS's Android client signs the digest, too.
  const HeaderList headers = sign(
      {{"host", "api.example.com"}, {"x-amz-content-sha256", net::sha256_hex("{}")}}, kAlice, "{}");
  AuthorizationRequest request;
  request.operation = Operation::connect;
  request.signed_body = "{}";
  HttpSource upgrade{"GET", "/event/realtime", "", headers, ""};
  upgrade.headers.emplace_back("sec-websocket-version", "13");
  request.credentials = http_of(upgrade);
  EXPECT_TRUE(authorize(request).has_value());

  // Behind a path of its own the upgrade tells what the endpoint was.
  upgrade.headers = sign({{"host", "a"}}, kAlice, "{}", "/chat/event");
  request.credentials = http_of(upgrade);
  EXPECT_FALSE(authorize(request).has_value());
  upgrade.path = "/chat/event/realtime";
  request.credentials = http_of(upgrade);
  EXPECT_TRUE(authorize(request).has_value());
}

TEST(IamAuthorizer, VerifiesHttpRequestsAsTheyWereSent) {
  const std::string body = R"({ "channel":"news/x", "events":["<1>"] })";
  AuthorizationRequest publish;
  publish.operation = Operation::publish;
  publish.namespace_name = "news";
  HttpSource source{"POST", "/event/", "", sign(amplify_headers(), kBob, body, "/event/"), body};
  publish.credentials = http_of(source);
  EXPECT_TRUE(authorize(publish).has_value());
  source.path = "/event";
  publish.credentials = http_of(source);
  EXPECT_FALSE(authorize(publish).has_value());
  source.path = "/event/";
  source.body += " ";
  publish.credentials = http_of(source);
  EXPECT_FALSE(authorize(publish).has_value());

  AuthorizationRequest read;
  read.operation = Operation::subscribe;
  read.namespace_name = "news";
  HttpSource history{
      "GET", "/event/history", "limit=5&channel=%2fnews%2F*",
      sign({{"host", "a"}}, kAlice, "", "/event/history", "GET", "channel=%2Fnews%2F%2A&limit=5"),
      ""};
  read.credentials = http_of(history);
  EXPECT_TRUE(authorize(read).has_value());
  history.query += "0";
  read.credentials = http_of(history);
  EXPECT_FALSE(authorize(read).has_value());
}

TEST(IamAuthorizer, RefusesUnknownKeysWithoutSayingMore) {
  SigV4Signer mallory = kAlice;
  mallory.credentials.access_key_id = "AKIDMALLORY";
  const auto answer = authorize(socket_request(Operation::connect, mallory));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(answer.error().message, "");
  EXPECT_THAT(answer.error().reason, HasSubstr("AKIDMALLORY is not among iam.users"));
}

TEST(IamAuthorizer, TakesTheSessionTokenOfTheUserAndNoOther) {
  struct {
    SigV4Signer signer;
    const char* token;
    const char* reason;
  } const cases[] = {
      {kBob, "", "no session token, and iam.users has one"},
      {kBob, "bob's tokeN", "a session token, and iam.users has another"},
      {kAlice, "bob's token", "a session token, and iam.users has none"},
  };
  for (const auto& test : cases) {
    SigV4Signer signer = test.signer;
    signer.credentials.session_token = test.token;
    const auto answer = authorize(socket_request(Operation::connect, signer));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, ErrorKind::unauthorized);
    EXPECT_THAT(answer.error().reason, HasSubstr(test.reason));
    EXPECT_THAT(answer.error().reason, testing::Not(HasSubstr("bob's token")));
  }
}

TEST(IamAuthorizer, NeverTellsASecret) {
  SigV4Signer wrong = kBob;
  wrong.credentials.secret_access_key = "guess";
  const auto answer = authorize(socket_request(Operation::connect, wrong));
  ASSERT_FALSE(answer.has_value());
  for (const char* secret : {"guess", "bob's secret", "bob's token"}) {
    EXPECT_THAT(answer.error().message + answer.error().reason, testing::Not(HasSubstr(secret)));
  }
}

TEST(IamAuthorizer, AsksThePolicyForEachOperation) {
  struct {
    Operation operation;
    const char* namespace_name;
    bool allowed;
    const char* reason;
  } const cases[] = {
      {Operation::connect, "", true, ""},
      {Operation::publish, "news", true, ""},
      {Operation::publish, "default", false,
       "does not allow appsync:EventPublish on "
       "arn:aws:appsync:us-east-1:123456789012:apis/abc/channelNamespace/default"},
      {Operation::publish, "", false, "does not allow appsync:EventPublish"},
      {Operation::subscribe, "news", false, "does not allow appsync:EventSubscribe"},
  };
  for (const auto& test : cases) {
    AuthorizationRequest request = socket_request(test.operation, kBob);
    request.namespace_name = test.namespace_name;
    const auto answer = authorize(request);
    EXPECT_EQ(answer.has_value(), test.allowed) << test.reason;
    if (answer) continue;
    EXPECT_EQ(answer.error().kind, ErrorKind::forbidden);
    EXPECT_EQ(answer.error().message, "");
    EXPECT_THAT(answer.error().reason, HasSubstr(test.reason));
  }
}

TEST(IamAuthorizer, RefusesAnObjectThatIsTooLarge) {
  AuthorizationRequest request = socket_request(Operation::connect, kAlice);
  request.credentials.object.insert(1, "\"x\":\"" + std::string(64 * 1024, 'x') + "\",");
  const auto answer = authorize(request);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::bad_request);
}

TEST(IamUsers, VerifyRequestsForOtherServices) {
  const SigV4Signer signer{kAlice.credentials, "us-east-1", "dynamodb"};
  const HttpSource source{
      "POST", "/", "",
      sign({{"host", "localhost:8000"}, {"x-amz-target", "DynamoDB_20120810.PutItem"}}, signer,
           "{}", "/"),
      "{}"};
  const IamUsersPtr all = users();
  const auto user = all->verify(source, {"us-east-1", "dynamodb"});
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ((*user)->name, "alice");
  EXPECT_TRUE((*user)->policy.allows("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:1:table/t"));
  EXPECT_FALSE(all->verify(source, {"us-east-1", "appsync"}).has_value());
  EXPECT_FALSE(all->verify(source, {"eu-west-1", "dynamodb"}).has_value());
  const auto nobody = all->verify({"POST", "/", "", {}, ""}, {"us-east-1", "dynamodb"});
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().kind, ErrorKind::missing_credentials);
}

TEST(IamUsers, KeepAnsweringWhenManyServicesAreAsked) {
  const IamUsersPtr all = users();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) {  // more than the signing keys that are kept
      const std::string service = "service" + std::to_string(i);
      const SigV4Signer signer{kAlice.credentials, "us-east-1", service};
      const HttpSource source{"POST", "/", "", sign({{"host", "a"}}, signer, "", "/"), ""};
      EXPECT_TRUE(all->verify(source, {"us-east-1", service}).has_value());
    }
  }
}

TEST(IamUsers, AreRefusedWithPlaceAndFault) {
  IamUserConfig first = user(kAlice, "alice", {});
  IamUserConfig second = first;
  second.place = {"eventsd.yaml", 3, 5};
  const auto twice = make_iam_users({first, second}, "1");
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().message, "eventsd.yaml:3:5: accessKeyId AKIDALICE is used twice");
  second.secret_access_key.clear();
  EXPECT_THAT(make_iam_users({second}, "1").error().message, HasSubstr("needs accessKeyId and"));
  first.policy = {allow({"EventPublish"}, {"*"})};
  EXPECT_THAT(make_iam_users({first}, "1").error().message, HasSubstr("Action \"EventPublish\""));
}

}  // namespace
}  // namespace eventsd::auth
