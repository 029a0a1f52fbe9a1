// Policies made of any text: the matcher against a plain recursive one, and what statements
// promise.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy.hpp"

namespace {

using namespace eventsd;
using namespace eventsd::auth;

void require(bool holds) {
  if (!holds) std::abort();
}

// What a wildcard means, said in the shortest way: a table over both lengths.
bool matches_by_table(std::string_view pattern, std::string_view text) {
  std::vector<bool> row(text.size() + 1, false);
  row[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(text.size() + 1, false);
    if (c == '*') {
      bool any = false;
      for (std::size_t i = 0; i <= text.size(); ++i) next[i] = any = any || row[i];
    } else {
      for (std::size_t i = 0; i < text.size(); ++i)
        next[i + 1] = row[i] && (c == '?' || c == text[i]);
    }
    row = std::move(next);
  }
  return row[text.size()];
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

// First line: an action, second: a resource. Then statements of three lines: effect, action,
// resource.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view action = take_line(text);
  const std::string_view resource = take_line(text);
  require(matches_wildcard(action, resource) == matches_by_table(action, resource));
  require(matches_wildcard("*", action));
  std::vector<PolicyStatementConfig> statements;
  while (!text.empty()) {
    PolicyStatementConfig statement;
    statement.effect = take_line(text);
    statement.actions = {std::string(take_line(text))};
    statement.resources = {std::string(take_line(text))};
    statements.push_back(std::move(statement));
  }
  const auto policy = Policy::parse(statements);
  if (!policy) {
    require(policy.error().kind == ErrorKind::bad_request && !policy.error().message.empty());
    return 0;
  }
  const bool allowed = policy->allows(action, resource);
  require(!allowed || !statements.empty());
  PolicyStatementConfig everything;
  everything.actions = everything.resources = {"*"};
  everything.effect = "Deny";
  statements.insert(statements.begin(), everything);
  require(!Policy::parse(statements)->allows(action, resource));
  statements.front().effect = "Allow";
  const bool with_allow = Policy::parse(statements)->allows(action, resource);
  require(!allowed || with_allow);
  return 0;
}
