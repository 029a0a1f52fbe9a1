// Chooses the mode from the credentials, has it verified, and checks it against the operation.
#pragma once

#include <optional>

#include "core/snapshot.hpp"
#include "protocol/client_message.hpp"

namespace eventsd::core {

// Bytes of the value that is verified, and of the object around it. HTTP headers have a cap of
// their own (limits.maxHeaderSize); this one holds for what comes in frames.
inline constexpr std::size_t kMaxCredential = 32 * 1024;
inline constexpr std::size_t kMaxCredentialObject = 64 * 1024;

// Verifies the request's credentials for `allowed`, the modes of the operation. The answer does not
// tell an unknown namespace from a mode that is not allowed: both are `allowed` without the mode,
// and in both cases the credential is verified first, by whoever that takes, so that the time tells
// nothing either. The API's watch, if any, learns of it; a refusal may be held for some seconds.
//   errors   missing_credentials, unauthorized, forbidden, bad_request (a signature that differs),
//            rate_limited (too many failures from this address; worth another try later)
//   thread   the shard's
//   source   PROTOCOL.md A-1…A-5
Task<Result<Identity>> authorize(ApiPtr api, AuthorizationRequest request, AuthModes allowed);

// The common case of it without a coroutine: an API key that is good and allowed. Nothing: ask
// authorize().
//   thread   the shard's
std::optional<Identity> authorize_at_once(const Api& api, const Credentials& credentials,
                                          AuthModes allowed);
// The same of credentials that still lie in the client's frame.
std::optional<Identity> authorize_at_once(const Api& api,
                                          const protocol::CredentialsText& credentials,
                                          AuthModes allowed);

// The mode that credentials speak of; of two credentials, an API key. REQUIRES: credentials are not
// empty.
AuthMode mode_of(const Credentials& credentials, const Api& api);

}  // namespace eventsd::core
