// What verifying AWS_IAM costs one core: nanoseconds an operation, best of five rounds.
//   auth_iam_bench [--seconds N]   of all rounds of one case together
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "auth/iam.hpp"
#include "eventsd/task.hpp"
#include "protocol/client_message.hpp"
#include "protocol/server_message.hpp"

namespace {

using namespace eventsd;
using Clock = std::chrono::steady_clock;

volatile std::size_t sink;

template <typename Work>
void measure(const char* name, double seconds, Work work) {
  double best = 1e18;
  for (int round = 0; round < 5; ++round) {
    std::size_t count = 0;
    const auto begin = Clock::now();
    std::chrono::duration<double> elapsed{};
    do {
      for (int i = 0; i < 64; ++i) work();
      count += 64;
      elapsed = Clock::now() - begin;
    } while (elapsed.count() < seconds / 5);
    best = std::min(best, elapsed.count() * 1e9 / static_cast<double>(count));
  }
  std::printf("%-44s %9.0f ns %12.0f /s\n", name, best, 1e9 / best);
}

IamUserConfig user() {
  IamUserConfig config;
  config.access_key_id = "AKIDEXAMPLE";
  config.secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  config.user_name = "alice";
  config.policy.emplace_back();
  config.policy.back().effect = "Allow";
  config.policy.back().actions = {"appsync:EventConnect", "appsync:EventPublish",
                                  "appsync:EventSubscribe"};
  config.policy.back().resources = {"arn:aws:appsync:us-east-1:000000000000:apis/abc",
                                    "arn:aws:appsync:us-east-1:000000000000:apis/abc/*"};
  return config;
}

std::string object_of(const std::string& body, const std::string& secret) {
  const HeaderList headers = {{"accept", "application/json, text/javascript"},
                              {"content-encoding", "amz-1.0"},
                              {"content-type", "application/json; charset=UTF-8"},
                              {"host", "localhost:8080"}};
  const std::string hash = net::sha256_hex(body);
  const HeaderList added = net::sigv4_headers({"POST", "/event", "", headers, hash},
                                              {{"AKIDEXAMPLE", secret, ""}, "us-east-1", "appsync"},
                                              std::chrono::system_clock::now());
  std::string object = R"({"x-amz-user-agent":"aws-amplify/6.22.1 framework/100")";
  for (const HeaderList* list : {&headers, &added}) {
    for (const auto& [name, value] : *list) {
      object += ',';
      protocol::append_json_string(object, name);
      object += ':';
      protocol::append_json_string(object, value);
    }
  }
  return object + '}';
}

AuthorizationRequest request_of(Operation operation, const std::string& body,
                                const std::string& secret) {
  AuthorizationRequest request;
  request.operation = operation;
  if (operation != Operation::connect) request.namespace_name = "default";
  request.credentials = *protocol::parse_credentials(object_of(body, secret));
  request.signed_body = body;
  request.source_ip = "127.0.0.1";
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 2;
  if (argc == 3 && std::strcmp(argv[1], "--seconds") == 0) seconds = std::atof(argv[2]);
  if (argc != 1 && argc != 3) {
    std::fprintf(stderr, "usage: auth_iam_bench [--seconds N]\n");
    return 2;
  }
  const auto authorizer = auth::make_iam_authorizer(*auth::make_iam_users({user()}, "000000000000"),
                                                    {"us-east-1", "000000000000", "abc"});
  const std::string secret = user().secret_access_key;
  const auto verify = [&](const AuthorizationRequest& request, bool expected) {
    bool accepted = !expected;
    TaskGroup tasks([](std::exception_ptr) { std::abort(); });
    tasks.spawn([](Task<Result<Identity>> task, bool& into) -> Task<void> {
      const Result<Identity> answer = co_await task;
      into = answer.has_value();
    }(authorizer->authorize(request), accepted));
    if (accepted != expected) std::abort();
  };
  const auto event_of = [](std::size_t bytes) {
    return protocol::signed_publish_body("/default/x", {'"' + std::string(bytes, 'a') + '"'});
  };
  const auto connect = request_of(Operation::connect, "{}", secret);
  const auto wrong = request_of(Operation::connect, "{}", "wrong");
  const auto small = request_of(Operation::publish, event_of(100), secret);
  const auto large = request_of(Operation::publish, event_of(200 * 1024), secret);
  std::printf("verify, the request's copy included\n");
  measure("connect or subscribe", seconds, [&] { verify(connect, true); });
  measure("publish of 100 bytes", seconds, [&] { verify(small, true); });
  measure("publish of 200 KiB", seconds, [&] { verify(large, true); });
  measure("wrong signature (three paths tried)", seconds, [&] { verify(wrong, false); });
  std::printf("of that\n");
  measure("signing key (kept for a day per user)", seconds,
          [&] { sink = net::sigv4_key(secret, {"20260131", "us-east-1", "appsync"})[0]; });
  measure("reading the authorization object", seconds,
          [&] { sink = protocol::headers_of(connect.credentials).size(); });
  measure("SHA-256 of 200 KiB", seconds, [&] { sink = net::sha256_hex(large.signed_body).size(); });
  measure("signing an outgoing request", seconds, [&] { sink = object_of("{}", secret).size(); });
  return 0;
}
