#include "protocol/escaped_json.hpp"

#include <cassert>
#include <cstddef>

#include "protocol/byte_scan.hpp"
#include "protocol/json_number.hpp"

namespace eventsd::protocol {
namespace {

// A usual literal escapes quotes, backslashes and control characters and nothing else; so in it
//   \"  is a quote of the inner text,
//   \\  the backslash that begins one of its escapes,
//   \n, \r, \t  white space between its tokens, and like \b and \f a fault inside its strings,
// and all other bytes are themselves. Every backslash has its second byte.
class EscapedJson {
 public:
  explicit EscapedJson(std::string_view raw) : p_(raw.data()), end_(raw.data() + raw.size()) {}

  bool is_one_value() {
    if (!pass_value()) return false;
    pass_space();
    return p_ == end_;
  }

 private:
  bool pass_value() {
    pass_space();
    if (p_ == end_) return false;
    switch (*p_) {
      case '\\':
        return pass_string();
      case '{':
        return pass_object();
      case '[':
        return pass_array();
      case 't':
        return pass_word("true");
      case 'f':
        return pass_word("false");
      case 'n':
        return pass_word("null");
      default:
        return pass_json_number(p_, end_);
    }
  }

  bool pass_object() {
    if (!enter()) return false;
    if (take('}')) return leave();
    do {
      pass_space();
      if (p_ == end_ || !pass_string()) return false;
      if (!take(':') || !pass_value()) return false;
    } while (take(','));
    return take('}') && leave();
  }

  bool pass_array() {
    if (!enter()) return false;
    if (take(']')) return leave();
    do {
      if (!pass_value()) return false;
    } while (take(','));
    return take(']') && leave();
  }

  // REQUIRES: p_ < end_
  bool pass_string() {
    if (p_[0] != '\\' || p_[1] != '"') return false;
    p_ += 2;
    for (;;) {
      p_ = find_backslash(p_, end_);
      if (p_ == end_) return false;
      const char escaped = p_[1];
      p_ += 2;
      if (escaped == '"') return true;
      if (escaped != '\\' || !pass_inner_escape()) return false;
    }
  }

  // What follows the inner text's backslash.
  bool pass_inner_escape() {
    if (p_ == end_) return false;
    switch (*p_) {
      case '\\':  // its quote or backslash, each escaped once more
        if (p_[1] != '"' && p_[1] != '\\') return false;
        p_ += 2;
        return true;
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        ++p_;
        return true;
      case 'u':
        if (end_ - p_ < 5 || !is_hex(p_[1]) || !is_hex(p_[2]) || !is_hex(p_[3]) || !is_hex(p_[4])) {
          return false;
        }
        p_ += 5;
        return true;
      default:
        return false;
    }
  }

  static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  bool pass_word(std::string_view word) {
    if (!std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(word)) return false;
    p_ += word.size();
    return true;
  }

  void pass_space() {
    for (; p_ != end_; ++p_) {
      if (*p_ == ' ') continue;
      if (*p_ != '\\' || (p_[1] != 'n' && p_[1] != 'r' && p_[1] != 't')) return;
      ++p_;
    }
  }

  bool take(char c) {
    pass_space();
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool enter() {
    ++p_;
    return ++depth_ <= JsonScanner::kMaxDepth;
  }
  bool leave() {
    --depth_;
    return true;
  }

  const char* p_;
  const char* const end_;
  int depth_ = 0;
};

}  // namespace

bool is_valid_escaped_json(const JsonString& literal) {
  assert(literal.is_usual && literal.has_text);
  return EscapedJson(literal.raw).is_one_value();
}

}  // namespace eventsd::protocol
