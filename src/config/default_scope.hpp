// A configuration with one item in every list, each at its defaults: what the references show.
#pragma once

#include "config/options.hpp"

namespace eventsd::config {

struct DefaultScope {
  DefaultScope() {
    scope.config = &config;
    scope.api = &config.apis.emplace_back();
    scope.provider = &scope.api->auth_providers.emplace_back();
    scope.api_key = &scope.api->api_keys.emplace_back();
    scope.channel_namespace = &scope.api->channel_namespaces.emplace_back();
    scope.channel_namespace->history.emplace();
    scope.iam_user = &config.iam_users.emplace_back();
    scope.statement = &scope.iam_user->policy.emplace_back();
    scope.lambda_function = &config.lambda_functions.emplace_back();
    scope.handler = &scope.channel_namespace->handlers.on_publish.emplace();
    scope.data_source = &scope.api->data_sources.emplace_back();
    scope.table = &config.dynamodb.tables.emplace_back();
    scope.index = &scope.table->indexes.emplace_back();
  }
  DefaultScope(const DefaultScope&) = delete;
  DefaultScope& operator=(const DefaultScope&) = delete;

  Config config;
  Scope scope;  // into `config`
};

}  // namespace eventsd::config
