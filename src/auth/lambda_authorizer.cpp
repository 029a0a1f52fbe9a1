#include "auth/lambda_authorizer.hpp"

#include "auth/lambda_calls.hpp"

namespace eventsd::auth {
namespace {

using OutcomeCache = RecentMap<Digest, LambdaOutcome, DigestHash>;

// This thread's copy of answers, of all authorizers: their keys differ. What has expired is passed
// over, and goes as the least recently used do.
constexpr std::size_t kCopiedAnswers = 2'000;
constexpr std::size_t kCopiedBytes = 8u << 20;
OutcomeCache& copies() {
  thread_local OutcomeCache cache(kCopiedAnswers, kCopiedBytes);
  return cache;
}

// Tells authorizers apart that were made one after the other for the same API.
std::uint64_t next_generation() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

class RemoteAuthorizer final : public LambdaAuthorizer {
 public:
  RemoteAuthorizer(LambdaAuthorizerOptions options, const LambdaEnvironment& environment)
      : source_(options.source),
        token_pattern_(options.token_pattern),
        environment_(environment),
        calls_(std::make_shared<LambdaCalls>(options, environment)) {}

  Task<Result<Identity>> authorize(AuthorizationRequest request) override {
    const std::string& token = request.credentials.authorization;
    if (token.empty()) co_return deny(ErrorKind::unauthorized, "no Authorization was sent");
    if (!token_pattern_.matches(token)) {
      co_return deny(ErrorKind::unauthorized,
                     "the token does not match identityValidationExpression: the function was not "
                     "asked");
    }
    if (request.operation != Operation::connect && request.channel.empty()) {
      co_return deny(ErrorKind::forbidden, "the channel is malformed: the function was not asked");
    }
    const Digest key = lambda_cache_key(generation_, source_, request);
    if (const LambdaOutcome* known = copies().find(key);
        known && environment_.now() < known->valid_until) {
      environment_.counts.hits.fetch_add(1, std::memory_order_relaxed);
      co_return known->identity;
    }
    LambdaQuestion question{key, digest_of_text(token), lambda_event(source_, request), token,
                            request.source_ip};
    HandOff<LambdaOutcome> answer(environment_.executor,
                                  [calls = calls_, &question](HandOff<LambdaOutcome>::Done done) {
                                    calls->ask(std::move(question), std::move(done));
                                  });
    const LambdaOutcome outcome = co_await answer;
    if (environment_.now() < outcome.valid_until) copies().put(key, outcome, cost_of(outcome));
    co_return outcome.identity;
  }

  void close() override {
    environment_.executor([calls = calls_] { calls->close(); });
  }

 private:
  const LambdaEventSource source_;
  const Pattern token_pattern_;
  const LambdaEnvironment environment_;
  const std::uint64_t generation_ = next_generation();
  const std::shared_ptr<LambdaCalls> calls_;
};

}  // namespace

std::shared_ptr<LambdaAuthorizer> make_lambda_authorizer(LambdaAuthorizerOptions options,
                                                         const LambdaEnvironment& environment) {
  return std::make_shared<RemoteAuthorizer>(std::move(options), environment);
}

}  // namespace eventsd::auth
