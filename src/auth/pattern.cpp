#include "auth/pattern.hpp"

#include <re2/re2.h>

namespace eventsd::auth {
namespace {

// Of the compiled program; an expression that needs more is refused.
constexpr std::int64_t kMaxMemory = 1 << 20;

}  // namespace

Result<Pattern> Pattern::compile(const std::string& expression, Match match) {
  Pattern pattern;
  pattern.match_ = match;
  if (expression.empty()) return pattern;
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kMaxMemory);
  options.set_never_capture(true);
  auto compiled = std::make_shared<const RE2>(expression, options);
  if (!compiled->ok()) {
    return fail(ErrorKind::bad_request, "the regular expression \"" + expression +
                                            "\" cannot be used: " + compiled->error() +
                                            " (look-around and back references are not supported)");
  }
  pattern.expression_ = std::move(compiled);
  return pattern;
}

bool Pattern::matches(std::string_view text) const {
  if (!expression_) return true;
  const re2::StringPiece piece(text.data(), text.size());
  return match_ == Match::whole ? RE2::FullMatch(piece, *expression_)
                                : RE2::PartialMatch(piece, *expression_);
}

const std::string& Pattern::text() const {
  static const std::string everything;
  return expression_ ? expression_->pattern() : everything;
}

}  // namespace eventsd::auth
