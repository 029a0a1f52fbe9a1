// The five authorization modes of an AppSync-Events-compatible API.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

namespace eventsd {

enum class AuthMode : std::uint8_t { api_key, iam, cognito, oidc, lambda };

inline constexpr std::array<std::string_view, 5> kAuthModeNames = {
    "API_KEY", "AWS_IAM", "AMAZON_COGNITO_USER_POOLS", "OPENID_CONNECT", "AWS_LAMBDA"};

constexpr std::string_view to_string(AuthMode mode) {
  return kAuthModeNames[static_cast<std::size_t>(mode)];
}

constexpr std::optional<AuthMode> parse_auth_mode(std::string_view text) {
  for (std::size_t i = 0; i < kAuthModeNames.size(); ++i) {
    if (kAuthModeNames[i] == text) return static_cast<AuthMode>(i);
  }
  return std::nullopt;
}

// A set of modes: those that an operation accepts.
class AuthModes {
 public:
  constexpr AuthModes() = default;
  constexpr AuthModes(std::initializer_list<AuthMode> modes) {
    for (AuthMode mode : modes) add(mode);
  }
  constexpr void add(AuthMode mode) { bits_ |= 1u << static_cast<unsigned>(mode); }
  constexpr bool contains(AuthMode mode) const {
    return (bits_ & (1u << static_cast<unsigned>(mode))) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const AuthModes&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace eventsd
