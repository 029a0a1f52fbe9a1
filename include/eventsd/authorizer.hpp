// Who may do what. One Authorizer a mode; which one is asked follows from the credentials.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eventsd/auth_mode.hpp"
#include "eventsd/result.hpp"
#include "eventsd/task.hpp"

namespace eventsd {

enum class Operation : std::uint8_t { connect, publish, subscribe };

// One set of credentials: an `authorization` object, HTTP headers, or the handshake's subprotocol.
// Header names are matched without case. Never logged.
struct Credentials {
  std::string api_key;        // x-api-key
  std::string authorization;  // Authorization
  std::string object;         // the whole object as JSON text; authorizers that sign need it
  bool empty() const { return api_key.empty() && authorization.empty(); }
};

struct AuthorizationRequest {
  Operation operation = Operation::connect;
  std::string namespace_name;  // empty for connect
  std::string channel;         // normalised, wildcard as text; empty for connect
  Credentials credentials;
  std::string source_ip;
};

// Who the caller is, as handlers will see it.
struct Identity {
  AuthMode mode = AuthMode::api_key;
};

// Decides whether credentials are valid for one mode of one API.
class Authorizer {
 public:
  virtual ~Authorizer() = default;

  // Verifies the credentials. Whether the mode is allowed for the operation is the caller's
  // question (core/authorization).
  //   errors   unauthorized; internal when no answer came in time (refused all the same)
  //   thread   the shard's; completes at once when no remote party has to be asked
  //   source   PROTOCOL.md A-1…A-9
  virtual Task<Result<Identity>> authorize(AuthorizationRequest request) = 0;
};

}  // namespace eventsd
