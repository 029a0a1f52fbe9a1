#include "admin/log_level.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "admin/guard.hpp"

namespace eventsd::admin {
namespace {

using nlohmann::json;
using server::HttpRequest;
using server::HttpResponse;

// As `log.level` spells them.
constexpr std::array<std::pair<std::string_view, spdlog::level::level_enum>, 5> kLevels{{
    {"trace", spdlog::level::trace},
    {"debug", spdlog::level::debug},
    {"info", spdlog::level::info},
    {"warn", spdlog::level::warn},
    {"error", spdlog::level::err},
}};

HttpResponse current() {
  HttpResponse response;
  response.content_type = "application/json";
  for (const auto& [name, level] : kLevels) {
    if (level == spdlog::get_level()) response.body = json{{"level", name}}.dump();
  }
  return response;
}

Task<HttpResponse> get_level(HttpRequest&) { co_return current(); }

Task<HttpResponse> put_level(HttpRequest& request) {
  const json body = json::parse(request.body, nullptr, false);
  if (body.is_object() && body.size() == 1 && body.contains("level") &&
      body["level"].is_string()) {
    const std::string asked = body["level"].get<std::string>();
    for (const auto& [name, level] : kLevels) {
      if (name != asked) continue;
      // A change to less is told before, a change to more behind: it is always seen.
      if (level > spdlog::level::info) {
        spdlog::info("log level changed level={} request={}", name, request.request_id);
      }
      spdlog::set_level(level);
      spdlog::info("log level changed level={} request={}", name, request.request_id);
      co_return current();
    }
  }
  co_return control_plane_error(
      400, "BadRequestException",
      R"(The body must be {"level": LEVEL}, and LEVEL trace, debug, info, warn or error)");
}

}  // namespace

std::vector<server::Route> log_level_routes(
    std::function<server::HttpFunction(server::HttpFunction)> guard) {
  return {{"GET", "/v1/log-level", guard(&get_level)}, {"PUT", "/v1/log-level", guard(&put_level)}};
}

}  // namespace eventsd::admin
