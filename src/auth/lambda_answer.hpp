// What a Lambda authorizer may answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventsd/result.hpp"

namespace eventsd::auth {

// The most that handlerContext may have, as JSON text.
inline constexpr std::size_t kMaxHandlerContext = 5u << 20;
// Of ttlOverride and authorizerResultTtlInSeconds.
inline constexpr std::chrono::seconds kMaxResultTtl{3600};

struct LambdaVerdict {
  bool authorized = false;
  // {"handlerContext":{…}}, ctx.identity of handlers. Null when refused.
  std::shared_ptr<const std::string> document;
  std::optional<std::chrono::seconds> ttl;  // ttlOverride; at most kMaxResultTtl
};

// {"isAuthorized": BOOLEAN, "handlerContext"?: {NAME: STRING…}, "ttlOverride"?: SECONDS}. Numbers
// and booleans in handlerContext become their text; anything nested refuses.
//   errors   unauthorized, with the reason: the answer is not of this form
//   source   AUTHORIZATION.md "Lambda"
Result<LambdaVerdict> parse_lambda_answer(std::string_view payload);

// "TypeError: message" of a function that has thrown, short and printable, without `token`.
std::string describe_function_error(std::string_view payload, std::string_view token);

}  // namespace eventsd::auth
