// Regular expressions of the configuration, matched against what strangers send.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "eventsd/result.hpp"

namespace re2 {
class RE2;
}

namespace eventsd::auth {

// Takes time in proportion to the text, whatever the expression: there is no backtracking, and so
// there are no look-around assertions and no back references.
//   thread   any, also several at once
class Pattern {
 public:
  Pattern() = default;  // matches everything
  // `whole`: the expression has to match all of the text; `part`: any part of it will do, unless
  // the expression has anchors of its own.
  enum class Match : std::uint8_t { whole, part };
  //   errors   bad_request: the expression and what is wrong with it
  static Result<Pattern> compile(const std::string& expression, Match match);

  bool matches(std::string_view text) const;
  bool matches_everything() const { return !expression_; }
  const std::string& text() const;

 private:
  std::shared_ptr<const re2::RE2> expression_;  // null: everything
  Match match_ = Match::whole;
};

}  // namespace eventsd::auth
