// An issuer with keys of its own, the claims of good tokens, and authorizers that trust it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "unit/auth/support/token_world.hpp"

namespace eventsd::auth_test {

class Tokens : public TokenWorld {
 protected:
  Tokens() {
    server_.publish(
        key_set({ec_.jwk("ec"), TestKey::rsa().jwk("rsa"), TestKey::make_rsa(1024).jwk("weak")}));
    access_ = {{"iss", "\"" + server_.url() + "\""}, {"sub", R"("s-1")"},
               {"token_use", R"("access")"},         {"client_id", R"("web")"},
               {"username", R"("alice")"},           {"iat", std::to_string(kNow)},
               {"exp", std::to_string(kNow + 3600)}};
    id_ = access_;
    id_.erase("client_id");
    id_.erase("username");
    id_["token_use"] = R"("id")";
    id_["aud"] = R"("web")";
    id_["cognito:username"] = R"("alice")";
    open_ = {{"iss", "\"" + server_.url() + "\""}, {"sub", R"("s-1")"},
             {"aud", R"(["api","web"])"},          {"azp", R"("app")"},
             {"iat", std::to_string(kNow)},        {"auth_time", std::to_string(kNow)},
             {"exp", std::to_string(kNow + 3600)}};
  }
  using Claims = std::map<std::string, std::string>;

  static std::string json(const Claims& claims) {
    std::string text = "{";
    for (const auto& [name, value] : claims) {
      text += (text.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
    return text + "}";
  }
  // An empty value leaves the claim out.
  static Claims with(Claims claims, const std::string& name, const std::string& value) {
    value.empty() ? void(claims.erase(name)) : void(claims[name] = value);
    return claims;
  }
  std::string sign(const Claims& claims) const {
    return auth_test::token("ES256", "ec", json(claims), ec_);
  }
  std::shared_ptr<Authorizer> cognito(std::string clients = "") {
    auto made = auth::make_cognito_authorizer(
        {{"pool", "us-east-1", std::move(clients), server_.url()}}, {}, keys_, {}, &system_clock);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  std::shared_ptr<Authorizer> oidc(OpenIdConnectConfig config = {}) {
    config.issuer = server_.url();
    auto made = auth::make_oidc_authorizer({config}, keys_, {}, &system_clock);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }

  const TestKey ec_ = TestKey::make_ec("P-256");
  auth_test::IssuerServer server_{io_};
  auth::KeyDirectory keys_{io_, {}, {}, &steady_clock};
  Claims access_, id_, open_;
};

}  // namespace eventsd::auth_test
