// Every mode, every operation, allowed and not, through the use cases as clients reach them.
#include <gtest/gtest.h>

#include <tuple>

#include "core/authorization.hpp"
#include "core/event_api.hpp"
#include "unit/core/support/api_fixture.hpp"
#include "unit/core/support/fake_broker.hpp"

namespace eventsd::core {
namespace {

using test::FakeAuthorizer;

class RecordingWatch final : public AuthorizationWatch {
 public:
  void verified(AuthMode mode, std::chrono::nanoseconds) override {
    verified_modes.push_back(mode);
  }
  bool wants_grants() const override { return grants; }
  void decided(Decision decision) override { decisions.push_back(std::move(decision)); }
  Task<void> hold_refusal(std::string source_ip, std::chrono::steady_clock::time_point) override {
    held.push_back(std::move(source_ip));
    co_return;
  }
  bool grants = false;
  std::vector<AuthMode> verified_modes;
  std::vector<Decision> decisions;
  std::vector<std::string> held;
};

constexpr std::array kModes = {AuthMode::api_key, AuthMode::iam, AuthMode::cognito, AuthMode::oidc,
                               AuthMode::lambda};

// What a client of the mode sends; `good` is what its authorizer accepts.
std::string secret_of(AuthMode mode, bool good) {
  const std::string ending = good ? "good" : "bad";
  switch (mode) {
    case AuthMode::iam:
      return "AWS4-HMAC-SHA256 " + ending;
    case AuthMode::cognito:
      return "eyJj.cognito." + ending;
    case AuthMode::oidc:
      return "eyJv.oidc." + ending;
    default:
      return "token-" + ending;
  }
}

Credentials credentials_of(AuthMode mode, bool good = true) {
  Credentials credentials;
  (mode == AuthMode::api_key ? credentials.api_key : credentials.authorization) =
      secret_of(mode, good);
  return credentials;
}

// An authorizer of tokens that knows its own by their second part, as issuers are known.
class FakeTokenAuthorizer final : public Authorizer {
 public:
  FakeTokenAuthorizer(AuthMode mode, std::string mark)
      : fake_(mode, secret_of(mode, true)), mark_(std::move(mark)) {}
  Task<Result<Identity>> authorize(AuthorizationRequest request) override {
    return fake_.authorize(std::move(request));
  }
  bool recognises(const Credentials& credentials) const override {
    return credentials.authorization.find("." + mark_ + ".") != std::string::npos;
  }

 private:
  FakeAuthorizer fake_;
  std::string mark_;
};

class EveryMode : public ::testing::Test {
 protected:
  EveryMode() {
    api_->watch = watch_;
    for (const AuthMode mode : kModes) {
      std::shared_ptr<Authorizer> made =
          std::make_shared<FakeAuthorizer>(mode, secret_of(mode, true));
      if (mode == AuthMode::cognito) made = std::make_shared<FakeTokenAuthorizer>(mode, "cognito");
      if (mode == AuthMode::oidc) made = std::make_shared<FakeTokenAuthorizer>(mode, "oidc");
      api_->authorizers[static_cast<std::size_t>(mode)] = made;
    }
  }

  void allow(Operation operation, AuthModes modes) {
    if (operation == Operation::connect) {
      api_->connection_modes = modes;
      return;
    }
    auto changed = std::make_shared<ChannelNamespace>(*api_->find_namespace("default"));
    (operation == Operation::publish ? changed->publish_modes : changed->subscribe_modes) = modes;
    api_->namespaces["default"] = changed;
  }

  Result<Done> ask(Operation operation, Credentials credentials,
                   std::string channel = "/default/a") {
    Result<Done> answer = fail(ErrorKind::internal, "no answer");
    TaskGroup tasks([](std::exception_ptr) { FAIL(); });
    tasks.spawn(run(operation, {std::move(credentials), "192.0.2.1", "request-1"},
                    std::move(channel), answer));
    return answer;
  }

  Task<void> run(Operation operation, Caller caller, std::string channel, Result<Done>& answer) {
    const auto put = [&answer](const auto& result) {
      if (result) {
        answer = Done{};
      } else {
        answer = result.error();
      }
    };
    if (operation == Operation::connect) {
      const auto identity = co_await authorize_connect(api_, std::move(caller));
      put(identity);
    } else if (operation == Operation::subscribe) {
      const auto grant = co_await authorize_subscribe(api_, std::move(channel), std::move(caller));
      put(grant);
    } else {
      const auto outcome = co_await publish(
          Limits().max_event_size, api_, broker_,
          PublishRequest{channel, test::events_of({"1"}), std::move(caller)}, nullptr);
      put(outcome);
    }
  }

  std::shared_ptr<RecordingWatch> watch_ = std::make_shared<RecordingWatch>();
  std::shared_ptr<Api> api_ = test::make_api();
  test::FakeBroker broker_;
};

class ModeAndOperation : public EveryMode,
                         public ::testing::WithParamInterface<std::tuple<AuthMode, Operation>> {
 protected:
  AuthMode mode() const { return std::get<0>(GetParam()); }
  Operation operation() const { return std::get<1>(GetParam()); }
  AuthModes all_but_mode() const {
    AuthModes modes;
    for (const AuthMode other : kModes) {
      if (other != mode()) modes.add(other);
    }
    return modes;
  }
  void expect_denied(const Result<Done>& answer, ErrorKind kind, DenialCause cause) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, kind);
    EXPECT_EQ(answer.error().message, "");
    ASSERT_EQ(watch_->decisions.size(), 1u);
    EXPECT_EQ(to_string(watch_->decisions[0].cause), to_string(cause));
    EXPECT_EQ(watch_->decisions[0].mode, mode());
    EXPECT_EQ(watch_->decisions[0].operation, operation());
    EXPECT_EQ(watch_->held.size(), 1u);
  }
};

TEST_P(ModeAndOperation, IsGrantedWhereItIsTheOnlyOneAllowed) {
  allow(operation(), {mode()});
  EXPECT_TRUE(ask(operation(), credentials_of(mode())));
  EXPECT_TRUE(watch_->decisions.empty());
  EXPECT_EQ(watch_->verified_modes, std::vector{mode()});
}

TEST_P(ModeAndOperation, IsForbiddenWhereOnlyTheOthersAreAllowed) {
  allow(operation(), all_but_mode());
  expect_denied(ask(operation(), credentials_of(mode())), ErrorKind::forbidden,
                DenialCause::mode_not_allowed);
}

TEST_P(ModeAndOperation, IsUnauthorizedWithABadCredentialWhetherAllowedOrNot) {
  allow(operation(), {mode()});
  expect_denied(ask(operation(), credentials_of(mode(), false)), ErrorKind::unauthorized,
                DenialCause::invalid_credential);
  watch_->decisions.clear();
  watch_->held.clear();
  allow(operation(), all_but_mode());
  expect_denied(ask(operation(), credentials_of(mode(), false)), ErrorKind::unauthorized,
                DenialCause::invalid_credential);
}

TEST_P(ModeAndOperation, IsUnauthorizedWhereTheApiHasNoSuchProvider) {
  allow(operation(), {mode()});
  api_->authorizers[static_cast<std::size_t>(mode())] = nullptr;
  const Result<Done> answer = ask(operation(), credentials_of(mode()));
  ASSERT_FALSE(answer);
  // The Lambda, or the other token provider, is asked for tokens that nobody claims.
  EXPECT_EQ(answer.error().kind, ErrorKind::unauthorized);
}

class ModeAndChannelOperation : public ModeAndOperation {};

TEST_P(ModeAndChannelOperation, LearnsNoMoreOfAnUnknownNamespaceThanOfAForbiddenOne) {
  allow(operation(), all_but_mode());
  const Result<Done> known = ask(operation(), credentials_of(mode()));
  const Result<Done> unknown = ask(operation(), credentials_of(mode()), "/nowhere/a");
  ASSERT_FALSE(known);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(known.error().kind, unknown.error().kind);
  EXPECT_EQ(known.error().message, unknown.error().message);
  // In both cases the credential was verified: the time taken tells nothing.
  EXPECT_EQ(watch_->verified_modes.size(), 2u);
  EXPECT_EQ(watch_->held.size(), 2u);
  ASSERT_EQ(watch_->decisions.size(), 2u);
  EXPECT_EQ(watch_->decisions[1].cause, DenialCause::unknown_namespace);
  const Result<Done> stranger = ask(operation(), credentials_of(mode(), false), "/nowhere/a");
  EXPECT_EQ(stranger.error().kind, ErrorKind::unauthorized);
}

TEST_P(ModeAndChannelOperation, IsToldThatItsChannelIsMalformedOnlyWithAValidCredential) {
  allow(operation(), {mode()});
  const Result<Done> answer = ask(operation(), credentials_of(mode()), "//");
  EXPECT_EQ(answer.error().kind, ErrorKind::bad_request);
  EXPECT_TRUE(watch_->decisions.empty()) << "no matter of authorization";
  EXPECT_EQ(ask(operation(), credentials_of(mode(), false), "//").error().kind,
            ErrorKind::unauthorized);
}

std::string name_of_case(const ::testing::TestParamInfo<std::tuple<AuthMode, Operation>>& info) {
  return std::string(to_string(std::get<0>(info.param))) + "_" +
         std::string(to_string(std::get<1>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(Every, ModeAndOperation,
                         ::testing::Combine(::testing::ValuesIn(kModes),
                                            ::testing::Values(Operation::connect,
                                                              Operation::publish,
                                                              Operation::subscribe)),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Every, ModeAndChannelOperation,
                         ::testing::Combine(::testing::ValuesIn(kModes),
                                            ::testing::Values(Operation::publish,
                                                              Operation::subscribe)),
                         name_of_case);

TEST_F(EveryMode, IsTakenByTheNamespaceThatAllowsItAlone) {
  // Each namespace replaces the defaults with one mode of its own.
  const auto name_of = [](AuthMode mode) { return "ns" + std::to_string(static_cast<int>(mode)); };
  for (const AuthMode mode : kModes) {
    auto made = std::make_shared<ChannelNamespace>(*api_->find_namespace("default"));
    made->name = name_of(mode);
    made->publish_modes = made->subscribe_modes = {mode};
    api_->namespaces.emplace(name_of(mode), made);
  }
  for (const AuthMode mode : kModes) {
    for (const AuthMode owner : kModes) {
      for (const Operation operation : {Operation::publish, Operation::subscribe}) {
        const Result<Done> answer =
            ask(operation, credentials_of(mode), "/" + name_of(owner) + "/a");
        EXPECT_EQ(answer.has_value(), mode == owner)
            << to_string(mode) << ' ' << to_string(operation) << ' ' << to_string(owner);
      }
    }
  }
}

TEST_F(EveryMode, RefusesAnOversizedCredentialWithoutAskingAnybody) {
  Credentials credentials;
  credentials.authorization = std::string(kMaxCredential + 1, 'x');
  EXPECT_EQ(ask(Operation::connect, credentials).error().kind, ErrorKind::unauthorized);
  credentials.authorization = "token-good";
  credentials.object = std::string(kMaxCredentialObject + 1, 'x');
  EXPECT_EQ(ask(Operation::connect, credentials).error().kind, ErrorKind::unauthorized);
  EXPECT_TRUE(watch_->verified_modes.empty());
  ASSERT_EQ(watch_->decisions.size(), 2u);
  EXPECT_EQ(watch_->decisions[0].cause, DenialCause::oversized_credential);
}

TEST_F(EveryMode, TellsTheOperatorWhatTheClientDoesNotLearn) {
  allow(Operation::publish, {AuthMode::iam, AuthMode::oidc});
  ask(Operation::publish, credentials_of(AuthMode::api_key), "/default/secret");
  ASSERT_EQ(watch_->decisions.size(), 1u);
  const Decision& decision = watch_->decisions[0];
  EXPECT_EQ(decision.api_id, "api");
  EXPECT_EQ(decision.channel, "/default/secret");
  EXPECT_EQ(decision.allowed, (AuthModes{AuthMode::iam, AuthMode::oidc}));
  EXPECT_EQ(decision.source_ip, "192.0.2.1");
  EXPECT_EQ(decision.request_id, "request-1");
  EXPECT_EQ(watch_->held, std::vector<std::string>{"192.0.2.1"});
}

TEST_F(EveryMode, TellsOfGrantsWhereTheyAreWanted) {
  watch_->grants = true;
  allow(Operation::connect, {AuthMode::lambda});
  ask(Operation::connect, credentials_of(AuthMode::lambda));
  ASSERT_EQ(watch_->decisions.size(), 1u);
  EXPECT_EQ(watch_->decisions[0].cause, DenialCause::none);
  EXPECT_TRUE(watch_->held.empty());
}

TEST_F(EveryMode, AsksNobodyAboutAKeyThatIsGrantedAtOnce) {
  const auto keys = std::make_shared<test::FakeAuthorizer>(AuthMode::api_key, "da2-good");
  keys->at_once = true;
  api_->authorizers[0] = keys;
  allow(Operation::publish, {AuthMode::api_key});
  EXPECT_TRUE(ask(Operation::publish, test::key("da2-good"), "/default/a"));
  EXPECT_TRUE(keys->asked.empty());
  EXPECT_EQ(watch_->verified_modes, std::vector<AuthMode>{AuthMode::api_key});

  // All else is looked at in full, and told of.
  EXPECT_EQ(ask(Operation::publish, test::key("da2-bad"), "/default/a").error().kind,
            ErrorKind::unauthorized);
  allow(Operation::publish, {AuthMode::lambda});
  EXPECT_EQ(ask(Operation::publish, test::key("da2-good"), "/default/a").error().kind,
            ErrorKind::forbidden);
  EXPECT_EQ(ask(Operation::publish, test::key("da2-good"), "/unknown/a").error().kind,
            ErrorKind::forbidden);
  EXPECT_EQ(keys->asked.size(), 3u);
  EXPECT_EQ(watch_->decisions.size(), 3u);

  allow(Operation::publish, {AuthMode::api_key});
  watch_->grants = true;
  EXPECT_TRUE(ask(Operation::publish, test::key("da2-good"), "/default/a"));
  EXPECT_EQ(watch_->decisions.size(), 4u);
}

}  // namespace
}  // namespace eventsd::core
