// Regular expressions of the configuration, matched against what strangers send.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "eventsd/result.hpp"

namespace re2 {
class RE2;
}

namespace eventsd::auth {

// Searched for anywhere in the text, unless the expression has anchors of its own. Takes time in
// proportion to the text, whatever the expression: there is no backtracking, and so there are no
// look-around assertions and no back references.
//   thread   any, also several at once
class Pattern {
 public:
  Pattern() = default;  // matches everything
  //   errors   bad_request: the expression and what is wrong with it
  static Result<Pattern> compile(const std::string& expression);

  bool matches(std::string_view text) const;
  bool matches_everything() const { return !expression_; }
  const std::string& text() const;

 private:
  std::shared_ptr<const re2::RE2> expression_;  // null: everything
};

}  // namespace eventsd::auth
