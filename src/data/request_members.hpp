// What a handler's request() returned, member by member.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::data {

// The members of a JSON object as they stand in its text, which the caller keeps: what is passed on
// keeps its order and its numbers. A member that is null counts as absent.
class RequestMembers {
 public:
  // `what` names the object in messages: "the request", "params".
  //   errors   bad_request: no object, malformed, or nested deeper than 128
  static Result<RequestMembers> parse(std::string_view text, std::string what = "the request");

  // The JSON text of a member; empty: absent.
  std::string_view raw(std::string_view name) const;

  // A member that is a string.
  //   errors   bad_request: not one; for required_text also when it is absent
  Result<std::optional<std::string>> text(std::string_view name) const;
  Result<std::string> required_text(std::string_view name) const;

  // A member that is an object; absent: an empty one.
  Result<RequestMembers> object(std::string_view name) const;

  const std::map<std::string, std::string_view>& all() const { return members_; }

 private:
  std::string what_;
  std::map<std::string, std::string_view> members_;
};

// The names of a JSON object's members, those that are null too, each once.
//   errors   bad_request: no object, or malformed
Result<std::set<std::string>> member_names(std::string_view text, std::string_view what);

// The elements of a JSON array as they stand in its text.
//   errors   bad_request: no array, or malformed
Result<std::vector<std::string_view>> parse_elements(std::string_view text, std::string_view what);

// The text of a JSON string. REQUIRES: `json` is well-formed.
//   errors   bad_request: it is none, or half of a surrogate pair
Result<std::string> parse_text(std::string_view json, std::string_view what);

// A text as a JSON string; bytes that are not UTF-8 become U+FFFD.
std::string json_text(std::string_view text);

}  // namespace eventsd::data
