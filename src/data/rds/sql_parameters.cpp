#include "data/rds/sql_parameters.hpp"

#include <algorithm>

namespace eventsd::data::rds {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_identifier_part(char c) { return is_identifier_start(c) || is_digit(c) || c == '$'; }
bool is_name_part(char c) {
  return static_cast<unsigned char>(c) < 0x80 && (is_identifier_start(c) || is_digit(c));
}
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// PostgreSQL's lexical rules (its manual, section 4.1), as far as they say where a token ends.
class Numbering {
 public:
  Numbering(std::string_view sql, const std::function<bool(std::string_view)>& has)
      : sql_(sql), has_(has) {}

  Result<NumberedSql> run() {
    while (at_ < sql_.size()) {
      const auto done = step();
      if (!done) return done.error();
    }
    return std::move(made_);
  }

 private:
  char look(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }
  void copy_to(std::size_t end) {
    end = std::min(end, sql_.size());
    made_.text += sql_.substr(at_, end - at_);
    at_ = end;
  }

  Result<void> step() {
    const char c = look();
    if (c == '\'') {
      copy_string(Escapes::none);
    } else if (c == '"') {
      copy_quoted_identifier();
    } else if (c == '-' && look(1) == '-') {
      copy_to(end_of_line(at_));
    } else if (c == '/' && look(1) == '*') {
      copy_block_comment();
    } else if (c == '$') {
      return dollar();
    } else if (c == ':') {
      return colon();
    } else if (is_identifier_start(c)) {
      copy_word();
    } else {
      if (c == '[') ++brackets_;
      if (c == ']') --brackets_;
      copy_to(at_ + 1);
    }
    return {};
  }

  enum class Escapes { none, backslash };

  // From the opening quote. A string goes on behind white space with a line break in it, with the
  // escapes of its beginning.
  void copy_string(Escapes escapes) {
    std::size_t end = at_ + 1;
    for (;;) {
      while (end < sql_.size() && sql_[end] != '\'') {
        end += escapes == Escapes::backslash && sql_[end] == '\\' ? 2 : 1;
      }
      ++end;  // the quote
      if (end < sql_.size() && sql_[end] == '\'') {
        ++end;  // a doubled one
        continue;
      }
      const std::size_t next = continuation(end);
      if (next == std::string_view::npos) break;
      end = next + 1;
    }
    copy_to(end);
  }

  // Where the quote of a string's continuation stands.
  std::size_t continuation(std::size_t from) const {
    bool broken = false;
    while (from < sql_.size()) {
      const char c = sql_[from];
      if (c == '\'') return broken ? from : std::string_view::npos;
      if (sql_.substr(from).starts_with("--")) {
        from = end_of_line(from);
        continue;
      }
      if (!is_space(c)) break;
      broken |= c == '\n' || c == '\r';
      ++from;
    }
    return std::string_view::npos;
  }

  std::size_t end_of_line(std::size_t from) const {
    return std::min(sql_.find_first_of("\r\n", from), sql_.size());
  }

  void copy_quoted_identifier() {
    const std::size_t end = sql_.find('"', at_ + 1);  // a doubled quote begins another one
    copy_to(end == std::string_view::npos ? sql_.size() : end + 1);
  }

  void copy_block_comment() {
    int depth = 0;
    std::size_t end = at_;
    do {
      const std::string_view rest = sql_.substr(end);
      if (rest.starts_with("/*")) {
        ++depth;
        end += 2;
      } else if (rest.starts_with("*/")) {
        --depth;
        end += 2;
      } else {
        ++end;
      }
    } while (depth > 0 && end < sql_.size());
    copy_to(end);
  }

  // An identifier or key word; it may be the prefix of a string.
  void copy_word() {
    std::size_t end = at_;
    while (end < sql_.size() && is_identifier_part(sql_[end])) ++end;
    const bool escapes = end == at_ + 1 && (look() == 'e' || look() == 'E');
    copy_to(end);
    if (escapes && look() == '\'') copy_string(Escapes::backslash);
  }

  Result<void> dollar() {
    if (is_digit(look(1))) {
      return fail(ErrorKind::bad_request,
                  "numbered parameters ($1) cannot be used; name them (:P0) in variableMap");
    }
    std::size_t end = at_ + 1;
    if (end < sql_.size() && is_identifier_start(sql_[end])) {
      while (end < sql_.size() && is_identifier_part(sql_[end]) && sql_[end] != '$') ++end;
    }
    if (end >= sql_.size() || sql_[end] != '$') {
      copy_to(at_ + 1);
      return {};
    }
    const std::string_view delimiter = sql_.substr(at_, end + 1 - at_);
    const std::size_t closing = sql_.find(delimiter, end + 1);
    copy_to(closing == std::string_view::npos ? sql_.size() : closing + delimiter.size());
    return {};
  }

  Result<void> colon() {
    if (look(1) == ':' || look(1) == '=') {
      copy_to(at_ + 2);
      return {};
    }
    std::size_t end = at_ + 1;
    while (end < sql_.size() && is_name_part(sql_[end])) ++end;
    const std::string_view name = sql_.substr(at_ + 1, end - at_ - 1);
    if (name.empty() || is_digit(name.front()) || (brackets_ > 0 && !has_(name))) {
      copy_to(std::max(end, at_ + 1));
      return {};
    }
    if (!has_(name)) {
      return fail(ErrorKind::bad_request,
                  "variableMap has no value for \":" + std::string(name) + "\"");
    }
    // Behind a word, the dollar sign would be a part of it.
    if (!made_.text.empty() && is_identifier_part(made_.text.back())) made_.text += ' ';
    made_.text += "$" + std::to_string(number_of(name));
    at_ = end;
    return {};
  }

  std::size_t number_of(std::string_view name) {
    const auto place = std::find(made_.names.begin(), made_.names.end(), name);
    const std::size_t number = static_cast<std::size_t>(place - made_.names.begin()) + 1;
    if (place == made_.names.end()) made_.names.emplace_back(name);
    return number;
  }

  const std::string_view sql_;
  const std::function<bool(std::string_view)>& has_;
  NumberedSql made_;
  std::size_t at_ = 0;
  int brackets_ = 0;
};

}  // namespace

Result<NumberedSql> number_parameters(std::string_view sql,
                                      const std::function<bool(std::string_view)>& has) {
  // Inside of tokens too: libpq's texts end there.
  if (sql.find('\0') != std::string_view::npos) {
    return fail(ErrorKind::bad_request, "a statement must not hold a NUL character");
  }
  return Numbering(sql, has).run();
}

}  // namespace eventsd::data::rds
