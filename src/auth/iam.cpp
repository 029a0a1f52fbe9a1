#include "auth/iam.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/client_message.hpp"
#include "protocol/server_message.hpp"

namespace eventsd::auth {
namespace {

constexpr std::string_view kService = "appsync";
constexpr std::string_view kRealtime = "/realtime";
// An authorization object is a dozen headers; reading a whole frame of them would be a gift.
constexpr std::size_t kMaxObject = 64 * 1024;

// The same JSON as Go's encoder writes it.
std::string escaped_for_html(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 32);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = json.substr(i);
    if (json[i] == '<') {
      out += "\\u003c";
    } else if (json[i] == '>') {
      out += "\\u003e";
    } else if (json[i] == '&') {
      out += "\\u0026";
    } else if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) {
      out += rest.starts_with("\u2028") ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += json[i];
    }
  }
  return out;
}

bool differs_in_go(std::string_view json) {
  // U+2028 and U+2029 begin with E2 80; single characters are found at the speed of memory.
  return json.find('<') != std::string_view::npos || json.find('>') != std::string_view::npos ||
         json.find('&') != std::string_view::npos ||
         json.find("\xE2\x80") != std::string_view::npos;
}

bool is_as_sent(const AuthorizationRequest& request) {
  return request.credentials.http && request.operation != Operation::connect;
}

// A socket's operation with this body, at each path that its endpoint may have had. Views into the
// request.
std::vector<SignedForm> socket_forms(const AuthorizationRequest& request, std::string_view body) {
  std::vector<std::string_view> paths = {"/event", "/", "/event/"};
  const HttpSource* upgrade = request.credentials.http.get();
  if (upgrade && upgrade->path.ends_with(kRealtime)) {
    const std::string_view path =
        std::string_view(upgrade->path).substr(0, upgrade->path.size() - kRealtime.size());
    if (!path.empty() && std::find(paths.begin(), paths.end(), path) == paths.end()) {
      paths.push_back(path);
    }
  }
  const std::string hash = net::sha256_hex(body);
  std::vector<SignedForm> forms;
  for (const std::string_view path : paths) forms.push_back({"POST", path, "", hash});
  return forms;
}

std::string_view action_of(Operation operation) {
  switch (operation) {
    case Operation::connect:
      return "appsync:EventConnect";
    case Operation::publish:
      return "appsync:EventPublish";
    case Operation::subscribe:
      return "appsync:EventSubscribe";
  }
  return "";
}

class IamAuthorizer final : public Authorizer {
 public:
  IamAuthorizer(IamUsersPtr users, IamApi api)
      : users_(std::move(users)),
        api_(std::move(api)),
        arn_(api_arn(api_.region, api_.account_id, api_.api_id)) {}

  Task<Result<Identity>> authorize(AuthorizationRequest request) override {
    co_return verify(request);
  }

 private:
  Result<Identity> verify(const AuthorizationRequest& request) const {
    const Credentials& credentials = request.credentials;
    if (credentials.object.size() > kMaxObject) {
      return fail(ErrorKind::bad_request, "The authorization object is over 64 KiB.");
    }
    const auto user = signer_of(request);
    if (!user) return user.error();
    const std::string_view action = action_of(request.operation);
    const std::string resource = request.operation == Operation::connect
                                     ? arn_
                                     : channel_namespace_arn(arn_, request.namespace_name);
    if (!(*user)->policy.allows(action, resource)) {
      return deny(ErrorKind::forbidden, fmt::format("the policy of {} does not allow {} on {}",
                                                    (*user)->name, action, resource));
    }
    return Identity{AuthMode::iam,
                    std::make_shared<const std::string>(document(**user, request.source_ip))};
  }

  Result<const IamUser*> signer_of(const AuthorizationRequest& request) const {
    const std::string& authorization = request.credentials.authorization;
    const HeaderList headers = protocol::headers_of(request.credentials);
    const net::SigV4Audience audience{api_.region, kService};
    if (is_as_sent(request)) {
      const HttpSource& sent = *request.credentials.http;
      const SignedForm form{sent.method, sent.path, sent.query, net::sha256_hex(sent.body)};
      return users_->verify(authorization, headers, audience, {&form, 1});
    }
    const std::string& body = request.signed_body;
    auto user = users_->verify(authorization, headers, audience, socket_forms(request, body));
    if (user || !differs_in_go(body)) return user;
    auto of_escaped = users_->verify(authorization, headers, audience,
                                     socket_forms(request, escaped_for_html(body)));
    // What is wrong beside a signature that fits one form outweighs that it does not fit the other.
    if (of_escaped || user.error().kind == ErrorKind::bad_request) return of_escaped;
    return user;
  }

  std::string document(const IamUser& user, std::string_view source_ip) const {
    std::string text = R"({"accountId":)";
    protocol::append_json_string(text, api_.account_id);
    text += R"(,"cognitoIdentityPoolId":null,"cognitoIdentityId":null,"sourceIp":[)";
    protocol::append_json_string(text, source_ip);
    text += R"(],"username":)";
    protocol::append_json_string(text, user.name);
    text += R"(,"userArn":)";
    protocol::append_json_string(text, user.arn);
    text += R"(,"cognitoIdentityAuthType":null,"cognitoIdentityAuthProvider":null})";
    return text;
  }

  const IamUsersPtr users_;
  const IamApi api_;
  const std::string arn_;
};

}  // namespace

std::shared_ptr<Authorizer> make_iam_authorizer(IamUsersPtr users, IamApi api) {
  return std::make_shared<IamAuthorizer>(std::move(users), std::move(api));
}

}  // namespace eventsd::auth
