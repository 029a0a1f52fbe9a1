#include "auth/policy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

constexpr std::size_t kMaxPattern = 2048;  // AWS's limit for a whole policy of a user

bool is_action_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '*' || c == '?';
}

bool is_action(std::string_view text) {
  if (text == "*") return true;
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const std::string_view name = text.substr(colon + 1);
  return text.size() <= kMaxPattern &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     is_action_character) &&
         std::all_of(name.begin(), name.end(), is_action_character);
}

bool is_resource(std::string_view text) {
  if (text == "*") return true;
  return text.size() <= kMaxPattern && text.starts_with("arn:") &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Error fault(const SourcePlace& place, const std::string& text) {
  if (place.file.empty()) return fail(ErrorKind::bad_request, text);
  return fail(ErrorKind::bad_request,
              fmt::format("{}:{}:{}: {}", place.file, place.line, place.column, text));
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches_wildcard(p, text); });
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  // Only the last star ever has to take one more character: whatever an earlier star could take
  // instead, the later one can take as well.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<Policy> Policy::parse(const std::vector<PolicyStatementConfig>& statements) {
  Policy policy;
  for (const PolicyStatementConfig& from : statements) {
    Statement statement;
    if (from.effect != "Allow" && from.effect != "Deny") {
      return fault(from.place,
                   fmt::format("Effect is \"{}\"; it must be Allow or Deny", from.effect));
    }
    statement.denies = from.effect == "Deny";
    if (from.actions.empty()) {
      return fault(from.place, "the statement has no Action, such as appsync:EventPublish");
    }
    if (from.resources.empty()) {
      return fault(from.place, "the statement has no Resource; \"*\" stands for every resource");
    }
    for (const std::string& action : from.actions) {
      if (!is_action(action)) {
        return fault(from.place, fmt::format("Action \"{}\" must be \"*\" or SERVICE:NAME, such as "
                                             "appsync:EventPublish or appsync:Event*",
                                             action));
      }
      statement.actions.push_back(protocol::in_lower_case(action));
    }
    for (const std::string& resource : from.resources) {
      if (!is_resource(resource)) {
        return fault(from.place, fmt::format("Resource \"{}\" must be \"*\" or an ARN, such as "
                                             "arn:aws:appsync:*:*:apis/*",
                                             resource));
      }
      statement.resources.push_back(resource);
    }
    policy.statements_.push_back(std::move(statement));
  }
  return policy;
}

bool Policy::allows(std::string_view action, std::string_view resource) const {
  const std::string lower = protocol::in_lower_case(action);
  bool allowed = false;
  for (const Statement& statement : statements_) {
    if (allowed && !statement.denies) continue;
    if (!any_matches(statement.actions, lower)) continue;
    if (!any_matches(statement.resources, resource)) continue;
    if (statement.denies) return false;
    allowed = true;
  }
  return allowed;
}

std::string api_arn(std::string_view region, std::string_view account_id, std::string_view api_id) {
  return fmt::format("arn:aws:appsync:{}:{}:apis/{}", region, account_id, api_id);
}

std::string channel_namespace_arn(std::string_view api_arn, std::string_view name) {
  return fmt::format("{}/channelNamespace/{}", api_arn, name);
}

}  // namespace eventsd::auth
