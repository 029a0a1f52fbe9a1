#include "admin/decisions.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>

#include "admin/guard.hpp"

namespace eventsd::admin {
namespace {

using core::Decision;
using core::DenialCause;
using nlohmann::json;
using server::HttpRequest;
using server::HttpResponse;

std::vector<std::string_view> names_of(AuthModes modes) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kAuthModeNames.size(); ++i) {
    if (modes.contains(static_cast<AuthMode>(i))) names.push_back(kAuthModeNames[i]);
  }
  return names;
}

std::string_view mode_name(const Decision& decision) {
  return decision.mode ? to_string(*decision.mode) : std::string_view("NONE");
}

// What was looked at, in this order, until something failed.
std::string_view checked(DenialCause cause) {
  switch (cause) {
    case DenialCause::none:
      return "the credential, then the modes of the operation";
    case DenialCause::no_credential:
      return "whether there is a credential";
    case DenialCause::oversized_credential:
      return "the size of the credential";
    case DenialCause::mode_not_configured:
      return "whether the API has a provider for the mode";
    case DenialCause::throttled:
      return "how often this address has failed";
    case DenialCause::invalid_credential:
    case DenialCause::request_mismatch:
    case DenialCause::failed:
      return "the credential";
    case DenialCause::policy:
      return "the credential, which is valid, then its policy";
    case DenialCause::mode_not_allowed:
      return "the credential, which is valid, then the modes of the operation";
    case DenialCause::unknown_namespace:
      return "the credential, which is valid, then the channel namespace";
  }
  return "";
}

std::string explanation(const Decision& decision) {
  if (!decision.reason.empty()) return decision.reason;
  const std::string_view mode = mode_name(decision);
  switch (decision.cause) {
    case DenialCause::none:
      return "granted";
    case DenialCause::no_credential:
      return "no credential was sent";
    case DenialCause::mode_not_allowed:
      return fmt::format("{} is not among the modes of this {}", mode,
                         core::to_string(decision.operation));
    case DenialCause::unknown_namespace:
      return "there is no such channel namespace";
    default:
      return fmt::format("{} does not accept the credential", mode);
  }
}

json to_json(const Decision& decision) {
  const auto time =
      std::chrono::duration_cast<std::chrono::milliseconds>(decision.at.time_since_epoch());
  return {{"time", time.count()},
          {"decision", decision.cause == DenialCause::none ? "granted" : "denied"},
          {"apiId", decision.api_id},
          {"operation", core::to_string(decision.operation)},
          {"channel", decision.channel.empty() ? json(nullptr) : json(decision.channel)},
          {"mode", decision.mode ? json(to_string(*decision.mode)) : json(nullptr)},
          {"modesAllowed", names_of(decision.allowed)},
          {"checked", checked(decision.cause)},
          {"cause", core::to_string(decision.cause)},
          {"reason", explanation(decision)},
          {"sourceIp", decision.source_ip},
          {"requestId", decision.request_id},
          {"microseconds", decision.took.count()}};
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A parameter that is a number or an id, which nobody has to encode.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view one = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=') {
      return one.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

Task<HttpResponse> list(const DecisionLog& log, HttpRequest& request) {
  std::size_t limit = DecisionLog::kKept;
  if (const auto text = parameter(request.query, "limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc{} || end != text->data() + text->size() || limit < 1 ||
        limit > DecisionLog::kKept) {
      co_return control_plane_error(400, "BadRequestException",
                                    "limit must be a whole number from 1 to 200");
    }
  }
  const auto api_id = parameter(request.query, "apiId");
  json decisions = json::array();
  for (const Decision& decision : log.denials()) {
    if (decisions.size() == limit) break;
    if (!api_id || *api_id == decision.api_id) decisions.push_back(to_json(decision));
  }
  HttpResponse response;
  response.content_type = "application/json";
  response.body = dump({{"decisions", std::move(decisions)}, {"notKept", log.not_kept()}});
  co_return response;
}

}  // namespace

std::string to_json_text(const Decision& decision) { return dump(to_json(decision)); }

void DecisionLog::add(Decision decision) {
  const bool granted = decision.cause == DenialCause::none;
  if (spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug(
        "authorization {} api={} operation={} channel=\"{}\" mode={} allowed={} cause={} "
        "reason=\"{}\" ip={} request={} us={}",
        granted ? "granted" : "denied", decision.api_id, core::to_string(decision.operation),
        decision.channel, mode_name(decision), fmt::join(names_of(decision.allowed), ","),
        core::to_string(decision.cause), explanation(decision), decision.source_ip,
        decision.request_id, decision.took.count());
  }
  if (granted) return;
  const std::size_t mode =
      decision.mode ? static_cast<std::size_t>(*decision.mode) : kAuthModeNames.size();
  counts_[mode][static_cast<std::size_t>(decision.operation)]
         [static_cast<std::size_t>(decision.cause)]
             .fetch_add(1, std::memory_order_relaxed);
  if (posted_.fetch_add(1, std::memory_order_relaxed) >= kMaxPosted) {
    posted_.fetch_sub(1, std::memory_order_relaxed);
    not_kept_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  post_([this, decision = std::move(decision)]() mutable {
    posted_.fetch_sub(1, std::memory_order_relaxed);
    denials_.push_front(std::move(decision));
    if (denials_.size() > kKept) denials_.pop_back();
  });
}

void DecisionLog::append_metrics(std::string& out) const {
  constexpr const char* kName = "eventsd_authorization_denied_total";
  fmt::format_to(std::back_inserter(out),
                 "# HELP {} Operations that were refused, by mode, operation and cause.\n"
                 "# TYPE {} counter\n",
                 kName, kName);
  for (std::size_t mode = 0; mode < kModes; ++mode) {
    const std::string_view name = mode < kAuthModeNames.size() ? kAuthModeNames[mode] : "NONE";
    for (std::size_t operation = 0; operation < 3; ++operation) {
      for (std::size_t cause = 0; cause < kCauses; ++cause) {
        const std::uint64_t count = counts_[mode][operation][cause].load(std::memory_order_relaxed);
        if (count == 0) continue;
        fmt::format_to(std::back_inserter(out),
                       "{}{{mode=\"{}\",operation=\"{}\",cause=\"{}\"}} {}\n", kName, name,
                       core::kOperationNames[operation], core::kDenialCauseNames[cause], count);
      }
    }
  }
}

std::vector<server::Route> decision_routes(
    const DecisionLog& log, std::function<server::HttpFunction(server::HttpFunction)> guard) {
  return {{"GET", "/v1/authorization/decisions",
           guard([&log](HttpRequest& request) { return list(log, request); })}};
}

}  // namespace eventsd::admin
