// The users of the configuration whose signatures are accepted, for every listener that takes them.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy.hpp"
#include "eventsd/authorizer.hpp"
#include "eventsd/config.hpp"
#include "eventsd/result.hpp"
#include "net/sigv4_claim.hpp"

namespace eventsd::auth {

// A principal, once its signature has been verified.
struct IamUser {
  std::string access_key_id;
  std::string name;
  std::string arn;  // arn:aws:iam::{account}:user/{name}
  Policy policy;
};

// One form in which a client may have signed an operation.
struct SignedForm {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::string payload_hash;
};

// Users by access key. Keeps the signing keys of the last days, a few for each user.
//   thread   any, several at once
class IamUsers {
 public:
  virtual ~IamUsers() = default;

  // Who signed a plain HTTP request for a service (`appsync`, `dynamodb`, …) of a region. What they
  // may do is IamUser::policy's to say. The user lives as long as this object.
  //   errors   missing_credentials; those of the other verify()
  virtual Result<const IamUser*> verify(const HttpSource& request,
                                        const net::SigV4Audience& audience) const = 0;

  // Who signed the first of `forms` that fits. An unknown key costs what a wrong signature costs.
  //   headers  of the request or of the authorization object, names in lower case
  //   errors   bad_request: malformed, out of date or differing, in AWS's words; unauthorized: an
  //            unknown key, or another session token than the user's
  virtual Result<const IamUser*> verify(std::string_view authorization, const HeaderList& headers,
                                        const net::SigV4Audience& audience,
                                        std::span<const SignedForm> forms) const = 0;
};

using IamUsersPtr = std::shared_ptr<const IamUsers>;

//   errors   bad_request: place and fault of a user or a statement
Result<IamUsersPtr> make_iam_users(
    const std::vector<IamUserConfig>& users, std::string_view account_id,
    std::chrono::system_clock::time_point (*now)() = &std::chrono::system_clock::now);

}  // namespace eventsd::auth
