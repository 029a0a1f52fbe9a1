// What lets a client of the load generator in. Everything that depends on the kind of credential is
// here, and takes the operation's body, because a signature covers it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "app/events_endpoint.hpp"
#include "eventsd/result.hpp"

namespace eventsd::app::bench {

//   thread   any, several at once
class Credentials {
 public:
  virtual ~Credentials() = default;

  // Appends the JSON object of a message's `authorization`, or of a connection. `body` is what a
  // signature covers: "{}" for connecting, {"channel":…} for subscribing, {"channel":…,"events":…}
  // for publishing.
  virtual void append_authorization(std::string& out, std::string_view body) const = 0;

  // Appends header lines ("name: value\r\n") for a POST of `body`.
  virtual void append_headers(std::string& out, std::string_view body) const = 0;
};

// A raw Authorization token (OIDC, Cognito, Lambda) when `auth_token` is not empty, the endpoint's API
// key when it has one, else its signatures.
//   errors   bad_request: a value that cannot stand in a header
Result<std::unique_ptr<Credentials>> make_credentials(const EventsEndpoint& endpoint,
                                                      const std::string& auth_token);

}  // namespace eventsd::app::bench
