// The options of a namespace's handlers, and of the workers that run their code.
// Texts here are the documentation: config/eventsd.yaml is made of them.
#include "config/grammar.hpp"
#include "config/options.hpp"

namespace eventsd::config {
namespace {

template <auto Member>
Field in_handlers(const Scope& s) {
  return &(s.channel_namespace->handlers.*Member);
}
template <auto Member>
Field in_handler(const Scope& s) {
  return &(s.handler->*Member);
}
template <auto Member>
Field in_limits(const Scope& s) {
  return &(s.config->limits.handler.*Member);
}

using Slot = std::optional<HandlerConfig> HandlersConfig::*;

template <Slot kSlot>
Scope enter_handler(Scope s) {
  s.handler = &(s.channel_namespace->handlers.*kSlot).emplace();
  return s;
}
template <Slot kSlot>
void each_handler(const Scope& s, const Visitor& visit) {
  auto& slot = s.channel_namespace->handlers.*kSlot;
  if (!slot) return;
  Scope inner = s;
  inner.handler = &*slot;
  visit(inner);
}
void any_handler(const Scope& s, const Visitor& visit) {
  const HandlersConfig& handlers = s.channel_namespace->handlers;
  if (handlers.on_publish || handlers.on_subscribe) visit(s);
}
void any_source(const Scope& s, const Visitor& visit) {
  if (!s.handler->data_source_name.empty()) visit(s);
}
void only_direct(const Scope& s, const Visitor& visit) {
  if (s.handler->behavior == HandlerBehavior::direct) visit(s);
}

constexpr std::uint64_t kMiB = 1ull << 20;
constexpr std::uint64_t kMinute = 60'000;

constexpr Option kOptions[] = {
    {.path = "api.channelNamespaces.codeHandlers",
     .kind = Kind::path,
     .field = in_handlers<&HandlersConfig::code_file>,
     .doc = "APPSYNC_JS module with onPublish, onSubscribe or both: at most 32768 characters; "
            "relative to this file. Read again when it changes; a faulty version is reported and "
            "the one that ran goes on.",
     .danger = "its author decides what this namespace's subscribers see.",
     .example = "handlers/chat.js",
     .alternative = true},
    {.path = "api.channelNamespaces.handlerConfigs",
     .doc = "How the operations are handled. Without it the code's functions run, without a data "
            "source.",
     .each = any_handler,
     .alternative = true},
    {.path = "api.channelNamespaces.handlerConfigs.onPublish",
     .doc = "Of publishes.",
     .enter = enter_handler<&HandlersConfig::on_publish>,
     .each = each_handler<&HandlersConfig::on_publish>},
    {.path = "api.channelNamespaces.handlerConfigs.onPublish.behavior",
     .kind = Kind::choice,
     .field = in_handler<&HandlerConfig::behavior>,
     .doc = "CODE: codeHandlers' function. DIRECT: a Lambda function gets the whole context.",
     .choices = "CODE|DIRECT"},
    {.path = "api.channelNamespaces.handlerConfigs.onPublish.integration",
     .doc = "Where a handler's request() goes, or which function DIRECT asks.",
     .each = any_source},
    {.path = "api.channelNamespaces.handlerConfigs.onPublish.integration.dataSourceName",
     .kind = Kind::text,
     .field = in_handler<&HandlerConfig::data_source_name>,
     .doc = "One of dataSources; AWS_LAMBDA for DIRECT.",
     .example = "messages",
     .check = check_optional_source_name},
    {.path = "api.channelNamespaces.handlerConfigs.onPublish.integration.lambdaConfig",
     .doc = "Of DIRECT.",
     .each = only_direct,
     .alternative = true},
    {.path = "api.channelNamespaces.handlerConfigs.onPublish.integration.lambdaConfig.invokeType",
     .kind = Kind::choice,
     .field = in_handler<&HandlerConfig::invoke_type>,
     .doc = "REQUEST_RESPONSE waits for the function's answer; EVENT does not, and events are "
            "broadcast unchanged.",
     .choices = "REQUEST_RESPONSE|EVENT"},
    {.path = "api.channelNamespaces.handlerConfigs.onSubscribe",
     .doc = "Of subscribes, and of reads of the past. The same options.",
     .enter = enter_handler<&HandlersConfig::on_subscribe>,
     .each = each_handler<&HandlersConfig::on_subscribe>},
    {.path = "api.channelNamespaces.handlerConfigs.onSubscribe.behavior",
     .kind = Kind::choice,
     .field = in_handler<&HandlerConfig::behavior>,
     .doc = "As above.",
     .choices = "CODE|DIRECT"},
    {.path = "api.channelNamespaces.handlerConfigs.onSubscribe.integration",
     .doc = "As above.",
     .each = any_source},
    {.path = "api.channelNamespaces.handlerConfigs.onSubscribe.integration.dataSourceName",
     .kind = Kind::text,
     .field = in_handler<&HandlerConfig::data_source_name>,
     .doc = "As above.",
     .example = "messages",
     .check = check_optional_source_name},
    {.path = "api.channelNamespaces.handlerConfigs.onSubscribe.integration.lambdaConfig",
     .doc = "As above.",
     .each = only_direct,
     .alternative = true},
    {.path = "api.channelNamespaces.handlerConfigs.onSubscribe.integration.lambdaConfig.invokeType",
     .kind = Kind::choice,
     .field = in_handler<&HandlerConfig::invoke_type>,
     .doc = "As above; EVENT lets everybody in.",
     .choices = "REQUEST_RESPONSE|EVENT"},
};

constexpr Option kLimits[] = {
    {.path = "limits.handler", .doc = "What customers' code may use."},
    {.path = "limits.handler.workers",
     .kind = Kind::count,
     .field = in_limits<&HandlerLimits::workers>,
     .doc = "Processes that run code. One namespace has at most all but one of them at a time.",
     .danger =
         "each may use `memory` and a core; there is one in reserve, up to twice as many while "
         "all are at long calls, and one for namespaces whose calls had to be stopped.",
     .least = 2,
     .most = 64},
    {.path = "limits.handler.cpuTime",
     .kind = Kind::duration,
     .field = in_limits<&HandlerLimits::cpu_time>,
     .doc = "Processor time of one request(), response() or function. A worker that does not come "
            "back 250 ms after it is killed and replaced.",
     .least = 10,
     .most = kMinute},
    {.path = "limits.handler.wallTime",
     .kind = Kind::duration,
     .field = in_limits<&HandlerLimits::wall_time>,
     .doc = "Time of one handler: request(), its data source and response(), waiting included.",
     .least = 100,
     .most = 5 * kMinute},
    {.path = "limits.handler.memory",
     .kind = Kind::size,
     .field = in_limits<&HandlerLimits::memory>,
     .doc = "Heap of one worker's engine.",
     .danger = "five events of 240 KiB with their copies take 8 MiB.",
     .least = 8 * kMiB,
     .most = 4096 * kMiB},
    {.path = "limits.handler.maxQueue",
     .kind = Kind::size,
     .field = in_limits<&HandlerLimits::max_queue>,
     .doc =
         "Bytes of calls that wait for a worker or run; above it publishes are refused with 503.",
     .least = kMiB},
    {.path = "limits.handler.recycleAfter",
     .kind = Kind::count,
     .field = in_limits<&HandlerLimits::recycle_after>,
     .doc = "Calls after which a worker is replaced by a fresh one; 0: never."},
};

}  // namespace

std::span<const Option> handler_options() { return kOptions; }
std::span<const Option> handler_limit_options() { return kLimits; }

}  // namespace eventsd::config
