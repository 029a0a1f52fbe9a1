// Who wants to know what became of each question: the operator's log, the counters, and whoever
// slows down those who are refused again and again.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eventsd/authorizer.hpp"

namespace eventsd::core {

enum class DenialCause : std::uint8_t {
  none,  // granted
  no_credential,
  oversized_credential,
  mode_not_configured,  // the API has no provider for the mode
  invalid_credential,
  policy,             // valid, but its policy does not allow this
  request_mismatch,   // the signature covers another request
  throttled,          // too many failures from this address: nobody was asked
  failed,             // the authorizer itself failed
  mode_not_allowed,   // valid, but the operation's list does not have the mode
  unknown_namespace,  // valid, but there is no such channel namespace
};

inline constexpr std::array<std::string_view, 11> kDenialCauseNames = {"none",
                                                                       "no_credential",
                                                                       "oversized_credential",
                                                                       "mode_not_configured",
                                                                       "invalid_credential",
                                                                       "policy",
                                                                       "request_mismatch",
                                                                       "throttled",
                                                                       "failed",
                                                                       "mode_not_allowed",
                                                                       "unknown_namespace"};

constexpr std::string_view to_string(DenialCause cause) {
  return kDenialCauseNames[static_cast<std::size_t>(cause)];
}

inline constexpr std::array<std::string_view, 3> kOperationNames = {"connect", "publish",
                                                                    "subscribe"};
constexpr std::string_view to_string(Operation operation) {
  return kOperationNames[static_cast<std::size_t>(operation)];
}

// One answered question. Holds no secret.
struct Decision {
  std::chrono::system_clock::time_point at;
  std::string api_id;
  Operation operation = Operation::connect;
  std::string channel;           // empty for connect
  std::optional<AuthMode> mode;  // that the credentials spoke of; none without credentials
  AuthModes allowed;             // of the operation
  DenialCause cause = DenialCause::none;
  std::string reason;  // of the authorizer, in its own words
  std::string source_ip;
  std::string request_id;
  std::chrono::microseconds took{0};
};

//   thread   any shard's, several at a time
class AuthorizationWatch {
 public:
  virtual ~AuthorizationWatch() = default;

  // An authorizer has answered, yes or no.
  virtual void verified(AuthMode mode, std::chrono::nanoseconds took) = 0;

  // Grants are told only while this holds.
  virtual bool wants_grants() const = 0;
  virtual void decided(Decision decision) = 0;

  // Waits before a refusal is told, the longer the more this address has been refused of late, so
  // that a client which tries again at once is slow. Counts the refusal. The time since `asked`
  // is part of the wait.
  virtual Task<void> hold_refusal(std::string source_ip,
                                  std::chrono::steady_clock::time_point asked) = 0;
};

}  // namespace eventsd::core
