#include "auth/iam_users.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

using Now = std::chrono::system_clock::time_point (*)();

// Two days around midnight for each of a few services.
constexpr std::size_t kMaxKeys = 8;

// The signing keys that one secret gave lately.
class SigningKeys {
 public:
  explicit SigningKeys(std::string secret) : secret_(std::move(secret)) {}

  net::Sha256 get(const net::SigV4Scope& scope) const {
    std::string name = scope.text();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [known, key] : keys_) {
        if (known == name) return key;
      }
    }
    const net::Sha256 key = net::sigv4_key(secret_, scope);
    const std::lock_guard lock(mutex_);
    if (keys_.size() < kMaxKeys) {
      keys_.emplace_back(std::move(name), key);
    } else {
      keys_[next_++ % kMaxKeys] = {std::move(name), key};
    }
    return key;
  }

 private:
  const std::string secret_;
  // Guards keys_ and next_. Shards share the users, and the answer is wanted at once: posting to an
  // owner would cost more than the four HMACs that are saved.
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<std::string, net::Sha256>> keys_;
  mutable std::size_t next_ = 0;
};

struct User {
  explicit User(std::string secret) : keys(std::move(secret)) {}
  IamUser shown;
  std::string session_token;
  SigningKeys keys;
};

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

class ConfiguredUsers final : public IamUsers {
 public:
  explicit ConfiguredUsers(Now now) : now_(now) {}

  Result<void> add(const IamUserConfig& from, std::string_view account_id) {
    const std::string place =
        from.place.file.empty()
            ? ""
            : fmt::format("{}:{}:{}: ", from.place.file, from.place.line, from.place.column);
    if (from.access_key_id.empty() || from.secret_access_key.empty()) {
      return fail(ErrorKind::bad_request,
                  place + "an IAM user needs accessKeyId and secretAccessKey");
    }
    auto policy = Policy::parse(from.policy);
    if (!policy) return policy.error();
    auto user = std::make_unique<User>(from.secret_access_key);
    const std::string& name = from.user_name.empty() ? from.access_key_id : from.user_name;
    user->shown = {from.access_key_id, name,
                   fmt::format("arn:aws:iam::{}:user/{}", account_id, name), *std::move(policy)};
    user->session_token = from.session_token;
    if (!users_.emplace(from.access_key_id, std::move(user)).second) {
      return fail(ErrorKind::bad_request,
                  fmt::format("{}accessKeyId {} is used twice", place, from.access_key_id));
    }
    return {};
  }

  Result<const IamUser*> verify(const HttpSource& request,
                                const net::SigV4Audience& audience) const override {
    const auto found =
        std::find_if(request.headers.begin(), request.headers.end(),
                     [](const auto& header) { return header.first == "authorization"; });
    if (found == request.headers.end()) return fail(ErrorKind::missing_credentials);
    const SignedForm form{request.method, request.path, request.query,
                          net::sha256_hex(request.body)};
    return verify(found->second, request.headers, audience, {&form, 1});
  }

  Result<const IamUser*> verify(std::string_view authorization, const HeaderList& headers,
                                const net::SigV4Audience& audience,
                                std::span<const SignedForm> forms) const override {
    const auto claim = net::check_sigv4_claim(authorization, headers, audience, now_());
    if (!claim) return claim.error();
    const std::string id(claim->authorization.access_key_id);
    const auto found = users_.find(id);
    const User& user = found == users_.end() ? stranger_ : *found->second;
    const net::Sha256 key = user.keys.get(claim->authorization.scope);
    const bool matches = std::any_of(forms.begin(), forms.end(), [&](const SignedForm& form) {
      return net::sigv4_matches(*claim, key,
                                {form.method, form.path, form.query, headers, form.payload_hash});
    });
    const bool same_token = same_secret(user.session_token, claim->security_token);
    if (found == users_.end()) {
      return deny(ErrorKind::unauthorized,
                  fmt::format("the access key {} is not among iam.users", id));
    }
    if (!matches) return mismatch(user.shown, *claim, forms);
    if (!same_token) {
      return deny(
          ErrorKind::unauthorized,
          fmt::format("{} signed with {}, and iam.users has {}", user.shown.name,
                      claim->security_token.empty() ? "no session token" : "a session token",
                      user.session_token.empty()      ? "none for this key"
                      : claim->security_token.empty() ? "one for this key"
                                                      : "another for this key"));
    }
    return &user.shown;
  }

 private:
  static Error mismatch(const IamUser& user, const net::SigV4Claim& claim,
                        std::span<const SignedForm> forms) {
    std::string paths;
    for (const SignedForm& form : forms) {
      if (!paths.empty()) paths += ", ";
      paths += fmt::format("{} with the body {:.8}…", form.path.substr(0, 100), form.payload_hash);
    }
    Error error = fail(ErrorKind::bad_request, std::string(net::kSigV4Mismatch));
    error.reason = fmt::format(
        "the signature of {} ({}) differs: another secret, or the path, the body or "
        "one of the headers {} is not what was signed; tried {}",
        user.name, user.access_key_id, fmt::join(claim.authorization.signed_headers, ";"), paths);
    return error;
  }

  const Now now_;
  std::unordered_map<std::string, std::unique_ptr<User>> users_;
  // Stands in for unknown keys, so that they take the same time; its secret is nobody's.
  User stranger_{protocol::random_lower_alphanumeric(40)};
};

}  // namespace

Result<IamUsersPtr> make_iam_users(const std::vector<IamUserConfig>& users,
                                   std::string_view account_id, Now now) {
  auto made = std::make_shared<ConfiguredUsers>(now);
  for (const IamUserConfig& user : users) {
    const auto added = made->add(user, account_id);
    if (!added) return added.error();
  }
  return IamUsersPtr(std::move(made));
}

}  // namespace eventsd::auth
