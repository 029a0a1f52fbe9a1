// IAM policies: statements that allow or deny actions on resources.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eventsd/config.hpp"
#include "eventsd/result.hpp"

namespace eventsd::auth {

// Whether `text` is one that `pattern` describes: `*` stands for any characters, also none, `?` for
// one; both match `:` and `/` too. Steps are at most the product of the lengths, never exponential.
bool matches_wildcard(std::string_view pattern, std::string_view text);

// What one principal may do. Immutable. Without a statement: nothing.
class Policy {
 public:
  Policy() = default;

  // Effect is Allow or Deny; an action is "*" or "service:Name", a resource "*" or an ARN, each
  // with wildcards.
  //   errors   bad_request: place, what is wrong, and what would be right
  static Result<Policy> parse(const std::vector<PolicyStatementConfig>& statements);

  // A matching Deny wins; without a matching Allow the answer is no. Actions are compared without
  // case, as IAM does, resources with it.
  //   action     such as appsync:EventPublish
  //   resource   an ARN without wildcards
  bool allows(std::string_view action, std::string_view resource) const;

 private:
  struct Statement {
    std::vector<std::string> actions;  // lower case
    std::vector<std::string> resources;
    bool denies = false;
  };
  std::vector<Statement> statements_;
};

// arn:aws:appsync:{region}:{account}:apis/{api}: what connecting and the control plane ask for.
std::string api_arn(std::string_view region, std::string_view account_id, std::string_view api_id);

// …/channelNamespace/{name}: what publishing and subscribing ask for.
std::string channel_namespace_arn(std::string_view api_arn, std::string_view name);

}  // namespace eventsd::auth
