// nextToken: where a Query or Scan goes on, sealed so that nobody reads or makes one.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace eventsd::data::dynamodb_source {

// AES-256-GCM in base64, the first byte names the form (1).
//   thread   any
class PageTokens {
 public:
  using Key = std::array<unsigned char, 32>;
  explicit PageTokens(const Key& key) : key_(key) {}
  // A key made from any secret text.
  static PageTokens from_secret(std::string_view secret);

  // `place`: what the token belongs to; it opens nowhere else.
  std::string seal(std::string_view start_key, std::string_view place) const;
  // Absent: not one of ours, changed, or of another place.
  std::optional<std::string> open(std::string_view token, std::string_view place) const;

 private:
  Key key_;
};

}  // namespace eventsd::data::dynamodb_source
