// The options of `api` and `apis`.
// Texts here are the documentation: config/eventsd.yaml is made of them.
#include "config/grammar.hpp"
#include "config/options.hpp"

namespace eventsd::config {
namespace {

template <auto Member>
Field in_api(const Scope& s) {
  return &(s.api->*Member);
}
template <auto Member>
Field in_provider(const Scope& s) {
  return &(s.provider->*Member);
}
template <auto Member>
Field in_key(const Scope& s) {
  return &(s.api_key->*Member);
}
template <auto Member>
Field in_namespace(const Scope& s) {
  return &(s.channel_namespace->*Member);
}
template <auto Member>
Field in_history(const Scope& s) {
  return &(*s.channel_namespace->history.*Member);
}

Scope enter_api(Scope s) {
  s.api = &s.config->apis.emplace_back();
  s.place = &s.api->place;
  return s;
}
Scope enter_provider(Scope s) {
  s.provider = &s.api->auth_providers.emplace_back();
  s.place = &s.provider->place;
  return s;
}
Scope enter_key(Scope s) {
  s.api_key = &s.api->api_keys.emplace_back();
  s.place = &s.api_key->place;
  return s;
}
Scope enter_namespace(Scope s) {
  s.channel_namespace = &s.api->channel_namespaces.emplace_back();
  s.place = nullptr;  // a ChannelNamespace has none
  return s;
}
Scope enter_history(Scope s) {
  s.channel_namespace->history.emplace();
  return s;
}

// One API prints as `api`, several as `apis`.
template <bool kSeveral>
void each_api(const Scope& s, const Visitor& visit) {
  if ((s.config->apis.size() > 1) != kSeveral) return;
  for (ApiConfig& api : s.config->apis) {
    Scope inner = s;
    inner.api = &api;
    visit(inner);
  }
}
void each_provider(const Scope& s, const Visitor& visit) {
  for (AuthProviderConfig& provider : s.api->auth_providers) {
    Scope inner = s;
    inner.provider = &provider;
    visit(inner);
  }
}
void each_key(const Scope& s, const Visitor& visit) {
  for (ApiKeyConfig& key : s.api->api_keys) {
    Scope inner = s;
    inner.api_key = &key;
    visit(inner);
  }
}
void each_namespace(const Scope& s, const Visitor& visit) {
  for (ChannelNamespace& channel_namespace : s.api->channel_namespaces) {
    Scope inner = s;
    inner.channel_namespace = &channel_namespace;
    visit(inner);
  }
}
void each_history(const Scope& s, const Visitor& visit) {
  if (s.channel_namespace->history) visit(s);
}

constexpr Option kOptions[] = {
    {.path = "api",
     .doc =
         "The API. Without `api` and `apis` one is made at the first start: the namespace "
         "`default` with history, and a generated key. What is defined here is read-only for the "
         "control plane.",
     .enter = enter_api,
     .each = each_api<false>},
    {.path = "api.id",
     .kind = Kind::text,
     .field = in_api<&ApiConfig::id>,
     .doc = "26 lower-case letters and digits. Default: generated once and kept in dataDir.",
     .example = "\"\"",
     .check = check_api_id},
    {.path = "api.name",
     .kind = Kind::text,
     .field = in_api<&ApiConfig::name>,
     .doc = "1 to 50 letters, digits, spaces, '-' and '_'.",
     .danger = "without an id the name stands for the API: another one is another API, with keys "
               "and a history of its own.",
     .check = check_api_name},
    {.path = "api.domains",
     .kind = Kind::text_list,
     .field = in_api<&ApiConfig::domains>,
     .doc = "Host names that choose this API, without port. Any other: the first API.",
     .example = "[events.example.com]",
     .check = check_domain},
    {.path = "api.authProviders",
     .kind = Kind::section_list,
     .doc = "How clients may prove who they are. Default: API_KEY alone.",
     .enter = enter_provider,
     .each = each_provider},
    {.path = "api.authProviders.authType",
     .kind = Kind::mode,
     .field = in_provider<&AuthProviderConfig::mode>,
     .doc = "API_KEY, AWS_IAM, AMAZON_COGNITO_USER_POOLS, OPENID_CONNECT or AWS_LAMBDA. API_KEY "
            "alone may be written for {authType: API_KEY}.",
     .example = "API_KEY"},
    {.path = "api.connectionAuthModes",
     .kind = Kind::mode_list,
     .field = in_api<&ApiConfig::connection_modes>,
     .doc = "Modes that may connect. Default: all of authProviders.",
     .example = "[API_KEY]"},
    {.path = "api.defaultPublishAuthModes",
     .kind = Kind::mode_list,
     .field = in_api<&ApiConfig::default_publish_modes>,
     .doc = "Modes that may publish, where the namespace does not say. Default: all.",
     .example = "[API_KEY]"},
    {.path = "api.defaultSubscribeAuthModes",
     .kind = Kind::mode_list,
     .field = in_api<&ApiConfig::default_subscribe_modes>,
     .doc = "Modes that may subscribe, where the namespace does not say. Default: all.",
     .example = "[API_KEY]"},
    {.path = "api.apiKeys",
     .kind = Kind::section_list,
     .doc = "Keys of this file; further ones come from `eventsd api-key`.",
     .enter = enter_key,
     .each = each_key},
    {.path = "api.apiKeys.id",
     .kind = Kind::text,
     .field = in_key<&ApiKeyConfig::id>,
     .doc = "The key itself, printable characters without spaces.",
     .danger = "whoever has it may use the API; take it from the environment or a file.",
     .example = "\"${CHAT_API_KEY}\"",
     .check = check_credential,
     .secret = true},
    {.path = "api.apiKeys.description",
     .kind = Kind::text,
     .field = in_key<&ApiKeyConfig::description>,
     .doc = "For people.",
     .example = "web"},
    {.path = "api.apiKeys.expires",
     .kind = Kind::timestamp,
     .field = in_key<&ApiKeyConfig::expires>,
     .doc = "ISO 8601, UTC unless it says otherwise. Default: never.",
     .example = "2099-12-31T00:00:00Z"},
    {.path = "api.channelNamespaces",
     .kind = Kind::section_list,
     .doc = "A channel's first segment names its namespace; a channel without one cannot be used.",
     .enter = enter_namespace,
     .each = each_namespace},
    {.path = "api.channelNamespaces.name",
     .kind = Kind::text,
     .field = in_namespace<&ChannelNamespace::name>,
     .doc = "1 to 50 letters, digits and '-', with no '-' at either end.",
     .example = "default",
     .check = check_namespace_name},
    {.path = "api.channelNamespaces.publishAuthModes",
     .kind = Kind::mode_list,
     .field = in_namespace<&ChannelNamespace::publish_modes>,
     .doc = "Replaces defaultPublishAuthModes here.",
     .example = "[API_KEY]"},
    {.path = "api.channelNamespaces.subscribeAuthModes",
     .kind = Kind::mode_list,
     .field = in_namespace<&ChannelNamespace::subscribe_modes>,
     .doc = "Replaces defaultSubscribeAuthModes here.",
     .example = "[API_KEY]"},
    {.path = "api.channelNamespaces.history",
     .doc = "Keeps events on disk. The oldest go when any limit is reached; {} takes the defaults. "
            "Without `history` nothing is kept.",
     .enter = enter_history,
     .each = each_history},
    {.path = "api.channelNamespaces.history.maxAge",
     .kind = Kind::duration,
     .field = in_history<&HistoryPolicy::max_age>,
     .doc = "Age at which an event goes.",
     .least = 1},
    {.path = "api.channelNamespaces.history.maxEventsPerChannel",
     .kind = Kind::count,
     .field = in_history<&HistoryPolicy::max_events_per_channel>,
     .doc = "Events kept in each channel.",
     .least = 1},
    {.path = "api.channelNamespaces.history.maxBytes",
     .kind = Kind::size,
     .field = in_history<&HistoryPolicy::max_bytes>,
     .doc = "Payload bytes of the whole namespace.",
     .danger = "reached, it removes events that maxAge and maxEventsPerChannel would keep.",
     .least = 1},
    {.path = "api.channelNamespaces.history.read",
     .kind = Kind::choice,
     .field = in_history<&HistoryPolicy::read>,
     .doc = "subscribe: who may subscribe may read the past. none: nobody may.",
     .choices = "subscribe|none"},
    {.path = "apis",
     .kind = Kind::section_list,
     .doc = "Several APIs instead of `api`: a list of the same options.",
     .enter = enter_api,
     .each = each_api<true>,
     .children_of = "api"},
};

}  // namespace

std::span<const Option> api_options() { return kOptions; }

}  // namespace eventsd::config
