// What a token costs: reading it, verifying each algorithm's signature, and finding it in the
// cache.
//   eventsd_auth_jwt_bench [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <string>

#include "auth/jwk.hpp"
#include "auth/jwt.hpp"
#include "auth/jwt_authorizer.hpp"
#include "auth/token_cache.hpp"
#include "unit/auth/support/signer.hpp"

namespace {

using namespace eventsd;
using auth_test::TestKey;

// An access token of a user pool, about 1,000 bytes when signed with RSA.
constexpr const char* kClaims =
    R"({"sub":"5f7dfbd1-b8ff-4c20-924e-23b42db467a0","cognito:groups":["admins","editors"],)"
    R"("iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI","version":2,)"
    R"("client_id":"1example23456789","origin_jti":"0c1d2e3f-1111-4444-5555-0123456789ab",)"
    R"("event_id":"9d9a6f0e-1111-4444-5555-0123456789ab","token_use":"access",)"
    R"("scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":4000000000,)"
    R"("iat":1700000000,"jti":"4f0e1d2c-1111-4444-5555-0123456789ab","username":"alice"})";

const TestKey& key_for(const std::string& algorithm) {
  static const TestKey p256 = TestKey::make_ec("P-256");
  static const TestKey p384 = TestKey::make_ec("P-384");
  static const TestKey p521 = TestKey::make_ec("P-521");
  if (algorithm == "ES256") return p256;
  if (algorithm == "ES384") return p384;
  if (algorithm == "ES512") return p521;
  return TestKey::rsa();
}

void read_token(benchmark::State& state) {
  const std::string token = auth_test::token("RS256", "k", kClaims, TestKey::rsa());
  for (auto _ : state) {
    auto jwt = auth::parse_jwt(token);
    auto claims = auth::parse_claims(std::move(jwt->claims));
    benchmark::DoNotOptimize(claims);
  }
  state.SetLabel(std::to_string(token.size()) + " bytes");
}
BENCHMARK(read_token);

void recognise_token(benchmark::State& state) {
  const std::string token = auth_test::token("RS256", "k", kClaims, TestKey::rsa());
  for (auto _ : state) benchmark::DoNotOptimize(auth::unverified_issuer(token));
}
BENCHMARK(recognise_token);

void verify(benchmark::State& state, const std::string& algorithm) {
  const TestKey& key = key_for(algorithm);
  const std::string token = auth_test::token(algorithm, "k", kClaims, key);
  const auth::Jwt jwt = *auth::parse_jwt(token);
  const auth::JwkSet keys = *auth::parse_jwks(auth_test::key_set({key.jwk("k")}));
  for (auto _ : state) {
    if (!auth::verify_signature(*keys.keys.front(), jwt)) std::abort();
  }
}
BENCHMARK_CAPTURE(verify, RS256, "RS256");
BENCHMARK_CAPTURE(verify, RS512, "RS512");
BENCHMARK_CAPTURE(verify, PS256, "PS256");
BENCHMARK_CAPTURE(verify, ES256, "ES256");
BENCHMARK_CAPTURE(verify, ES384, "ES384");
BENCHMARK_CAPTURE(verify, ES512, "ES512");

void verify_secret(benchmark::State& state) {
  const std::string token = auth_test::hs_token("HS256", kClaims, "secret");
  const auth::Jwt jwt = *auth::parse_jwt(token);
  for (auto _ : state) {
    if (!auth::verify_hmac("secret", jwt)) std::abort();
  }
}
BENCHMARK(verify_secret);

// authorize() of tokens that have been accepted before: `tokens` of them in turn. One alone is
// recognised without hashing it.
void cache_hit(benchmark::State& state) {
  boost::asio::io_context io{1};
  auth::JwtAuthorizerOptions options;
  options.identity = [](const auth::JwtClaims& claims) {
    return auth::IdentityText{"{\"claims\":" + claims.text + ",\"sourceIp\":[", "]}"};
  };
  auth::TokenParty party;
  party.issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI";
  party.secret = "secret";
  options.parties.push_back(party);
  options.executor = [](const std::function<void()>&) { std::abort(); };
  const auto authorizer = auth::make_jwt_authorizer(std::move(options));
  std::vector<std::string> tokens;
  for (int i = 0; i < state.range(0); ++i) {
    // As long as an RS256 token.
    const std::string claims = std::string(kClaims, std::string_view(kClaims).size() - 1) +
                               ",\"n\":" + std::to_string(i) + ",\"pad\":\"" +
                               std::string(220, 'x') + "\"}";
    tokens.push_back("Bearer " + auth_test::hs_token("HS256", claims, "secret"));
  }
  AuthorizationRequest request;
  request.source_ip = "192.0.2.1";
  TaskGroup tasks([](std::exception_ptr) { std::abort(); });
  std::size_t at = 0;
  for (auto _ : state) {
    request.credentials.authorization = tokens[at++ % tokens.size()];
    tasks.spawn([](Task<Result<Identity>> task) -> Task<void> {
      const Result<Identity> answer = co_await task;
      if (!answer) std::abort();
    }(authorizer->authorize(request)));
  }
  state.SetLabel(std::to_string(tokens.front().size()) + " bytes");
}
BENCHMARK(cache_hit)->Arg(1)->Arg(100)->ArgName("tokens");

}  // namespace

BENCHMARK_MAIN();
