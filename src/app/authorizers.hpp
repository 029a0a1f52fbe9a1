// From configuration to authorizers. One that has not changed stays over a reload, with everything
// it has cached.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/auth_thread.hpp"
#include "auth/api_key.hpp"
#include "auth/iam_users.hpp"
#include "core/snapshot.hpp"

namespace eventsd::app {

//   thread   control
class Authorizers {
 public:
  // `watch` is told of every decision of the APIs; may be null.
  explicit Authorizers(AuthThread& thread,
                       std::shared_ptr<core::AuthorizationWatch> watch = nullptr)
      : thread_(thread), watch_(std::move(watch)) {}

  // To be called once for each configuration, before its APIs.
  //   errors   bad_request: names the option
  Result<void> begin(const Config& config);
  // Gives `api` an authorizer for each mode of its providers.
  //   errors   bad_request: names the option and what is wrong with it
  Result<void> equip(core::Api& api, const ApiConfig& from, const Config& config,
                     std::vector<auth::ApiKey> keys);

  // To be called when all APIs of a configuration have been equipped: what none of them uses is
  // forgotten, caches included, as soon as the last connection that does has gone.
  void end();

  // Of the configuration that begin() has last taken.
  const auth::IamUsersPtr& iam_users() const { return iam_users_; }

  // Refuses what waits for somebody's answer, and whatever is asked from now on.
  void close();

 private:
  using Made = Result<std::shared_ptr<Authorizer>>;
  // An authorizer and the text of all that it was made from.
  struct Known {
    std::string made_from;
    std::shared_ptr<Authorizer> authorizer;
    std::uint64_t round = 0;  // when it was last equipped with
  };
  Result<void> put(core::Api& api, AuthMode mode, std::string made_from,
                   const std::function<Made()>& make);
  Made make_lambda(const std::string& api_id, const LambdaAuthorizerConfig& from,
                   const Config& config);

  AuthThread& thread_;
  const std::shared_ptr<core::AuthorizationWatch> watch_;
  std::map<std::pair<std::string, AuthMode>, Known> known_;  // by API id and mode
  std::uint64_t round_ = 0;
  std::string iam_made_from_;
  auth::IamUsersPtr iam_users_;
  std::vector<std::weak_ptr<auth::LambdaAuthorizer>> lambdas_;  // replaced ones too, while in use
};

// How configured outgoing requests are made.
net::ConnectOptions connect_options(const OutboundConfig& outbound);

}  // namespace eventsd::app
