// Who may do what. One Authorizer a mode; which one is asked follows from the credentials.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventsd/auth_mode.hpp"
#include "eventsd/result.hpp"
#include "eventsd/task.hpp"

namespace eventsd {

enum class Operation : std::uint8_t { connect, publish, subscribe };

// Names in lower case, values as sent, in the order of the request. A name may come several times.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

// The HTTP request that carried credentials, as far as authorizers and handlers look at it.
struct HttpSource {
  std::string method;  // "POST"
  std::string path;    // the target's path as sent, still percent-encoded
  std::string query;   // the target's query as sent, without "?"
  HeaderList headers;
  std::string body;
};

// One set of credentials: an `authorization` object, HTTP headers, or the handshake's subprotocol.
// Header names are matched without case. Never logged.
struct Credentials {
  std::string api_key;        // x-api-key
  std::string authorization;  // Authorization
  std::string object;         // the whole object as JSON text; empty when they came as headers
  // Set when they came as HTTP headers and somebody may look at it: always with `authorization`.
  // For an upgrade it is the upgrade request, whose signature covers `signed_body` all the same.
  std::shared_ptr<const HttpSource> http;
  bool empty() const { return api_key.empty() && authorization.empty(); }
};

struct AuthorizationRequest {
  Operation operation = Operation::connect;
  std::string namespace_name;  // empty for connect
  std::string channel;         // normalised, wildcard as text; empty for connect
  Credentials credentials;
  std::string source_ip;
  // What the signature of a socket's operation covers (docs/AUTHORIZATION.md, "What is signed"):
  // "{}" for connect. Filled for signed credentials only. An HTTP publish or read is told by
  // operation and credentials.http: its signature covers that request.
  std::string signed_body;
  std::string request_id;  // of the connection or the HTTP request; for logs and Lambda's event
};

// Who the caller is, as handlers will see it.
struct Identity {
  AuthMode mode = AuthMode::api_key;
  // ctx.identity as JSON text (handlers rule 1.3), shared by those who verified the same token.
  // Null for API keys, whose callers have none.
  std::shared_ptr<const std::string> document;
};

// Decides whether credentials are valid for one mode of one API.
class Authorizer {
 public:
  virtual ~Authorizer() = default;

  // Verifies the credentials. Whether the mode is allowed for the operation is the caller's
  // question (core/authorization). Error::reason tells the operator why, without a secret.
  //   errors   unauthorized, forbidden (a policy denies), bad_request (a signature that differs);
  //            unauthorized too when no answer came in time
  //   thread   the shard's; completes at once when no remote party has to be asked
  //   source   PROTOCOL.md A-1…A-9
  virtual Task<Result<Identity>> authorize(AuthorizationRequest request) = 0;

  // True when this API key is granted without asking anybody and without a look at the request;
  // false says nothing: authorize() has the answer. The key is looked at where it lies, in the
  // client's frame.
  //   thread   the shard's
  virtual bool grants_at_once(std::string_view /*api_key*/) const { return false; }

  // Whether a token says of itself that it comes from a party that this authorizer trusts, so that
  // of two authorizers for tokens of one form the right one is asked. Nothing is verified.
  virtual bool recognises(const Credentials&) const { return true; }
};

}  // namespace eventsd
