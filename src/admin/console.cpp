#include "admin/console.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "admin/console_assets.hpp"
#include "admin/console_json.hpp"
#include "eventsd/channel.hpp"
#include "protocol/text.hpp"

namespace eventsd::admin {
namespace {

using server::HttpRequest;
using server::HttpResponse;
using Sources = std::shared_ptr<const ConsoleSources>;

std::string parameter(const HttpRequest& request, std::string_view name) {
  return protocol::query_parameter(request.query, name).value_or("");
}

HttpResponse answer(std::string body) {
  HttpResponse response;
  response.content_type = "application/json";
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// ---- the page -------------------------------------------------------------------------------

HttpResponse file(std::string_view name) {
  const auto assets = console_assets();
  const auto asset = std::ranges::find(assets, name, &ConsoleAsset::name);
  if (asset == assets.end()) {
    return control_plane_error(404, "NotFoundException", "The console has no such file");
  }
  HttpResponse response;
  response.content_type = asset->content_type;
  response.body = asset->content;
  // They belong to the program that serves them, and are asked for anew.
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  return response;
}

Task<HttpResponse> show_page(Sources sources, HttpRequest& request) {
  if (request.raw_path.ends_with('/')) {  // or the page's files would be looked for a folder deeper
    HttpResponse response;
    response.status = 308;
    response.headers.emplace_back("Location", "../console");
    co_return response;
  }
  HttpResponse response = file("index.html");
  response.headers.emplace_back(
      "Content-Security-Policy",
      console_policy(request.header("host"), sources->use().addresses, *sources->snapshot()));
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  co_return response;
}

Task<HttpResponse> show_file(Sources, HttpRequest& request) {
  co_return file(request.parameters.front());
}

// ---- what it asks for -----------------------------------------------------------------------

Task<HttpResponse> show_info(Sources sources, HttpRequest&) {
  co_return answer(console_info(sources->use(), *sources->snapshot()));
}

Task<HttpResponse> show_live(Sources sources, HttpRequest& request) {
  core::LiveQuery query;
  query.filter = parameter(request, "filter");
  const std::string order = parameter(request, "order");
  constexpr std::array<std::string_view, 4> kOrders = {"fullest", "newest", "oldest",
                                                       "subscriptions"};
  const auto found = std::ranges::find(kOrders, order);
  if (found != kOrders.end()) {
    query.order = static_cast<core::LiveQuery::Order>(found - kOrders.begin());
  } else if (!order.empty()) {
    co_return control_plane_error(400, "BadRequestException",
                                  "order is fullest, newest, oldest or subscriptions");
  }
  const core::LiveView view = co_await sources->live(std::move(query));
  co_return answer(console_live(view, sources->use()));
}

Task<HttpResponse> show_frames(Sources sources, HttpRequest& request) {
  core::FrameQuery query;
  query.request_id = parameter(request, "connection");
  const std::string after = parameter(request, "after");
  const auto [end, error] =
      std::from_chars(after.data(), after.data() + after.size(), query.after);
  const bool bad = !after.empty() && (error != std::errc{} || end != after.data() + after.size());
  if (query.request_id.size() != 36 || bad) {
    co_return control_plane_error(400, "BadRequestException",
                                  "connection is a connection's request id, of 36 characters, and "
                                  "after the number of a frame");
  }
  const core::FrameView view = co_await sources->frames(std::move(query));
  co_return answer(console_frames(view));
}

Task<HttpResponse> show_history(Sources sources, HttpRequest& request) {
  const std::string api_id = parameter(request, "apiId");
  const Result<Channel> channel = 
      Channel::parse(parameter(request, "channel"), Wildcard::allow);
  if (!channel) {
    co_return control_plane_error(400, "BadRequestException",
                                  "channel is /namespace/segment…, and may end in /*");
  }
  const core::SnapshotPtr snapshot = sources->snapshot();
  for (const core::ApiPtr& api : snapshot->apis) {
    if (!api_id.empty() && api->id != api_id) continue;
    const ChannelNamespacePtr& channel_namespace = api->find_namespace(channel->namespace_name());
    if (!channel_namespace) break;
    HttpResponse response =
        co_await sources->history(channel_namespace, channel->path(), request);
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
  }
  co_return control_plane_error(404, "NotFoundException",
                                "There is no such API or channel namespace");
}

Task<HttpResponse> show_configuration(Sources sources, HttpRequest&) {
  co_return answer(console_configuration(sources->configuration(), *sources->snapshot()));
}

Task<HttpResponse> show_limits(Sources sources, HttpRequest&) {
  const core::LiveView view = co_await sources->live({});
  co_return answer(console_limits(view, sources->use(), *sources->snapshot()));
}

Task<HttpResponse> show_handlers(Sources sources, HttpRequest&) {
  co_return answer(console_handlers(sources->handlers));
}

using Show = Task<HttpResponse> (*)(Sources, HttpRequest&);

struct Entry {
  std::string_view path;
  Show show;
  bool needs_token;
};

constexpr Entry kEntries[] = {
    {"/console", show_page, false},
    {"/console/{file}", show_file, false},
    {"/console/api/info", show_info, true},
    {"/console/api/live", show_live, true},
    {"/console/api/frames", show_frames, true},
    {"/console/api/history", show_history, true},
    {"/console/api/config", show_configuration, true},
    {"/console/api/limits", show_limits, true},
    {"/console/api/handlers", show_handlers, true},
};

}  // namespace

std::vector<server::Route> console_routes(ConsoleSources given) {
  const Sources sources = std::make_shared<const ConsoleSources>(std::move(given));
  std::vector<server::Route> routes;
  for (const Entry& entry : kEntries) {
    server::HttpFunction function = [sources, show = entry.show](HttpRequest& request) {
      return show(sources, request);
    };
    routes.push_back({"GET", entry.path,
                      entry.needs_token ? guarded(sources->rules, std::move(function))
                                        : same_site(sources->rules, std::move(function))});
  }
  return routes;
}

}  // namespace eventsd::admin
