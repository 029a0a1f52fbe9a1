// What lets the command line's clients in: an API key, a token, or signatures. Every verb that
// talks to the public endpoint takes the same options for it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "app/cli.hpp"
#include "app/events_endpoint.hpp"
#include "eventsd/result.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"

namespace CLI {
class App;
}

namespace eventsd::app {

// Immutable. What it gives is a function of the operation, because a signature covers it, and of
// the time.
//   thread   any, several at once
class ClientCredentials {
 public:
  virtual ~ClientCredentials() = default;

  // The JSON object of a message's `authorization`, or of a connection. `body` is what a signature
  // covers: "{}" for connecting, else protocol::signed_subscribe_body() or signed_publish_body().
  virtual std::string authorization(std::string_view body) const = 0;

  // The headers to add to a request that is otherwise complete.
  virtual net::HttpHeaders headers(const net::HttpRequest& request) const = 0;
};

// Of the options, else of the environment; at most one kind may be chosen by options.
//   --auth-token   the value, or file:PATH for the first line of a file
//   --iam          AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; region --region,
//                  else that of an address at AWS, AWS_REGION, AWS_DEFAULT_REGION, us-east-1
//   otherwise      options.api_key, already found by find_endpoint()
//   publish        the endpoint, whose host and path are part of what is given
//   errors   bad_request: what is missing, and where to put it
Result<std::shared_ptr<const ClientCredentials>> find_credentials(const EndpointOptions& options,
                                                                  const net::Url& publish,
                                                                  const Environment& environment);

// Declares --api-key, --auth-token, --iam, --region and the keys on a verb.
void add_credential_options(CLI::App& verb, EndpointOptions& endpoint);

// Declares --region and the keys alone, for a verb that always signs.
void add_signing_options(CLI::App& verb, IamOptions& iam);

}  // namespace eventsd::app
