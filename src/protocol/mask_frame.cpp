#include "protocol/mask_frame.hpp"

#include <algorithm>
#include <array>

#include "protocol/json_scanner.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

constexpr std::string_view kMask = "\"********\"";
constexpr std::string_view kWithheld = "(not shown: not a JSON object)";

// Headers of a signed request that hold no part of a credential.
constexpr std::array<std::string_view, 6> kHarmless = {
    "host", "accept", "x-amz-date", "content-type", "content-encoding", "x-amz-user-agent"};

bool is_harmless(std::string_view name) {
  return std::ranges::find(kHarmless, std::string_view(in_lower_case(name))) != kHarmless.end();
}

bool is_credential(std::string_view name) {
  const std::string lower = in_lower_case(name);
  return lower == "authorization" || lower == "x-api-key" || lower == "x-amz-security-token";
}

// Copies the text, but for the values that were replaced.
class Copy {
 public:
  explicit Copy(std::string_view text) : copied_(text.data()), end_(text.data() + text.size()) {}
  void replace(const char* begin, const char* end) {
    out_.append(copied_, begin).append(kMask);
    copied_ = end;
  }
  std::string finish() { return std::move(out_.append(copied_, end_)); }

 private:
  std::string out_;
  const char* copied_;
  const char* const end_;
};

}  // namespace

std::string mask_credentials(std::string_view frame) {
  JsonScanner scanner(frame);
  Copy copy(frame);
  const auto replace_value = [&] {
    scanner.peek();
    const char* const begin = scanner.position();
    if (!scanner.skip_value()) return false;
    copy.replace(begin, scanner.position());
    return true;
  };
  if (scanner.peek() != '{') return std::string(kWithheld);
  const bool valid = scanner.read_object([&](std::string_view name) {
    if (!is_credential(name)) return scanner.skip_value();
    if (scanner.peek() != '{') return replace_value();
    return scanner.read_object([&](std::string_view header) {
      const bool shown = is_harmless(header) && scanner.peek() == '"';
      return shown ? scanner.skip_value() : replace_value();
    });
  });
  if (!valid || !scanner.at_end()) return std::string(kWithheld);
  return copy.finish();
}

}  // namespace eventsd::protocol
