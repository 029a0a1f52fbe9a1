#include "auth/jwt_authorizer.hpp"

#include <algorithm>

#include "auth/jwt_json.hpp"
#include "protocol/server_message.hpp"

namespace eventsd::auth {
namespace {

using Time = std::chrono::system_clock::time_point;
using Key = Result<PublicKeyPtr>;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

Time time_of(std::int64_t unix_seconds) { return Time(seconds(unix_seconds)); }

std::string ago(Time::duration time) {
  return std::to_string(duration_cast<seconds>(time).count()) + " s";
}

// A token that only its signature is missing from.
struct Candidate {
  Jwt jwt;
  JwtClaims claims;
  const TokenParty* party = nullptr;
  Time valid_until;
};

void verify(const Candidate& candidate, HandOff<Key>::Done done) {
  const Jwt& jwt = candidate.jwt;
  candidate.party->keys->find(jwt.kid, jwt.algorithm, [&jwt, done = std::move(done)](Key key) {
    if (key && !verify_signature(**key, jwt)) {
      return done(deny(ErrorKind::unauthorized, "the signature is not that of the key " +
                                                    quoted(jwt.kid) + " with " +
                                                    std::string(name_of(jwt.algorithm))));
    }
    done(std::move(key));
  });
}

class JwtAuthorizer final : public Authorizer {
 public:
  explicit JwtAuthorizer(JwtAuthorizerOptions options)
      : options_(std::move(options)), cache_(options_.cache) {
    if (!options_.queue) options_.queue = std::make_shared<VerificationQueue>();
  }

  bool recognises(const Credentials& credentials) const override {
    const std::string_view token = bare_token(credentials.authorization);
    if (token.empty() || token.size() > kMaxTokenSize) return false;
    if (cache_.find(digest_of(token), options_.now())) return true;
    const std::string issuer = unverified_issuer(token);
    return std::any_of(options_.parties.begin(), options_.parties.end(),
                       [&](const TokenParty& party) { return party.issuer == issuer; });
  }

  Task<Result<Identity>> authorize(AuthorizationRequest request) override {
    const std::string_view token = bare_token(request.credentials.authorization);
    if (token.size() > kMaxTokenSize) co_return parse_jwt(token).error();
    const TokenDigest digest = digest_of(token);
    const Time now = options_.now();
    if (const auto known = cache_.find(digest, now)) co_return identity(*known, request.source_ip);
    if (auto refusal = cache_.refusal(digest, now)) co_return *std::move(refusal);

    const Result<Candidate> candidate = examine(token, now);
    if (!candidate) co_return refuse(digest, candidate.error());
    Key key = PublicKeyPtr();
    if (is_symmetric(candidate->jwt.algorithm)) {
      if (!verify_hmac(candidate->party->secret, candidate->jwt)) {
        co_return refuse(digest, deny(ErrorKind::unauthorized,
                                      "the signature was not made with the configured secret"));
      }
    } else {
      using Clock = VerificationQueue::Clock;
      auto place = options_.queue->enter(request.source_ip, Clock::now());
      if (!place) co_return place.error();
      HandOff<Key> verification(options_.executor, [&candidate](HandOff<Key>::Done done) {
        verify(*candidate, std::move(done));
      });
      key = co_await verification;
      if (!key) {
        if (key.error().kind == ErrorKind::unauthorized) place->failed(Clock::now());
        co_return refuse(digest, key.error());
      }
    }
    const VerifiedTokenPtr verified = remember(digest, *candidate, *key, request.source_ip);
    co_return identity(*verified, request.source_ip);
  }

 private:
  // Everything but the signature.
  Result<Candidate> examine(std::string_view token, Time now) const {
    auto jwt = parse_jwt(token);
    if (!jwt) return jwt.error();
    auto claims = parse_claims(std::move(jwt->claims));
    if (!claims) return claims.error();
    Error why = deny(ErrorKind::unauthorized,
                     "the issuer " + quoted(claims->issuer) + " is not one of this API's");
    for (const TokenParty& party : options_.parties) {
      if (party.issuer != claims->issuer) continue;
      const auto valid_until = check(*jwt, *claims, party, now);
      if (valid_until) {
        return Candidate{*std::move(jwt), *std::move(claims), &party, *valid_until};
      }
      why = valid_until.error();
    }
    return why;
  }

  static Result<Time> check(const Jwt& jwt, const JwtClaims& claims, const TokenParty& party,
                            Time now) {
    if (is_symmetric(jwt.algorithm)) {
      if (party.secret.empty()) {
        return deny(ErrorKind::unauthorized, std::string(name_of(jwt.algorithm)) +
                                                 " needs a secret, and none is configured for " +
                                                 quoted(party.issuer));
      }
    } else if (jwt.kid.empty()) {
      return deny(ErrorKind::unauthorized, "the header has no kid");
    }
    if (party.check) {
      if (const auto checked = party.check(claims); !checked) return checked.error();
    }
    return check_times(claims, party, now);
  }

  // An issuer that cannot be asked now may answer in a moment: that is not remembered.
  Error refuse(const TokenDigest& digest, Error error) {
    const bool is_final = error.kind == ErrorKind::unauthorized;
    error.kind = ErrorKind::unauthorized;
    error.message.clear();
    if (is_final) cache_.refuse(digest, error, options_.now());
    return error;
  }

  VerifiedTokenPtr remember(const TokenDigest& digest, const Candidate& candidate, PublicKeyPtr key,
                            const std::string& source_ip) {
    auto verified = std::make_shared<VerifiedToken>();
    verified->valid_until = candidate.valid_until;
    verified->key = std::move(key);
    IdentityText text = options_.identity(candidate.claims);
    verified->head = std::move(text.head);
    verified->tail = std::move(text.tail);
    verified->source_ip = source_ip;
    verified->document = document(*verified, source_ip);
    cache_.keep(digest, verified);
    return verified;
  }

  static std::shared_ptr<const std::string> document(const VerifiedToken& verified,
                                                     const std::string& source_ip) {
    std::string text = verified.head;
    if (!verified.tail.empty()) {
      protocol::append_json_string(text, source_ip);
      text += verified.tail;
    }
    return std::make_shared<const std::string>(std::move(text));
  }

  Identity identity(const VerifiedToken& verified, const std::string& source_ip) const {
    const bool same = verified.tail.empty() || verified.source_ip == source_ip;
    return {options_.mode, same ? verified.document : document(verified, source_ip)};
  }

  JwtAuthorizerOptions options_;  // constant after construction
  mutable TokenCache cache_;
};

}  // namespace

Result<Time> check_times(const JwtClaims& claims, const TokenParty& party, Time now) {
  const auto refused = [](const std::string& why) { return deny(ErrorKind::unauthorized, why); };
  if (!claims.expires) return refused("the token has no exp");
  Time until = time_of(*claims.expires) + kClockSkew;
  if (now >= until) return refused("expired " + ago(now - time_of(*claims.expires)) + " ago");
  if (claims.not_before && now + kClockSkew < time_of(*claims.not_before)) {
    return refused("not valid before " + ago(time_of(*claims.not_before) - now) + " from now");
  }
  if (party.needs_issued_at && !claims.issued_at) return refused("the token has no iat");
  if (claims.issued_at && now + kClockSkew < time_of(*claims.issued_at)) {
    return refused("issued " + ago(time_of(*claims.issued_at) - now) + " in the future");
  }
  const auto limit = [&](const char* name, std::optional<std::int64_t> since,
                         milliseconds ttl) -> std::optional<Error> {
    if (ttl.count() == 0) return std::nullopt;
    if (!since) return refused("the token has no " + std::string(name));
    const Time end = time_of(*since) + ttl;
    if (now >= end) {
      return refused(std::string(name) + " is " + ago(now - time_of(*since)) +
                     " ago, more than the limit of " + std::to_string(ttl.count()) + " ms");
    }
    until = std::min(until, end);
    return std::nullopt;
  };
  if (auto over = limit("iat", claims.issued_at, party.iat_ttl)) return *over;
  if (auto over = limit("auth_time", claims.auth_time, party.auth_ttl)) return *over;
  return until;
}

std::shared_ptr<Authorizer> make_jwt_authorizer(JwtAuthorizerOptions options) {
  return std::make_shared<JwtAuthorizer>(std::move(options));
}

}  // namespace eventsd::auth
