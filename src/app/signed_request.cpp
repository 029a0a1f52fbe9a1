#include "app/signed_request.hpp"

#include "protocol/text.hpp"

namespace eventsd::app {

Result<const auth::IamUser*> find_signer(const auth::IamUsers& users,
                                         const net::SigV4Audience& audience,
                                         const server::HttpRequest& request) {
  const std::string_view authorization = request.header("authorization");
  if (authorization.empty()) return fail(ErrorKind::missing_credentials);
  HeaderList headers;
  headers.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) {
    headers.emplace_back(protocol::in_lower_case(name), value);
  }
  const auth::SignedForm form{request.method,
                              request.raw_path.empty() ? request.path : request.raw_path,
                              request.query, net::sha256_hex(request.body)};
  return users.verify(authorization, headers, audience, {&form, 1});
}

}  // namespace eventsd::app
