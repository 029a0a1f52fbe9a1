#include "admin/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using admin_test::header;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kToken = "secret-token";

class Console : public ::testing::Test {
 protected:
  Console() {
    auto config = std::make_shared<Config>();
    config->limits.max_store_size = 1000;
    auto api = std::make_shared<core::Api>();
    api->id = "api1";
    api->name = "chat";
    api->domains = {"events.example.com"};
    auto kept = std::make_shared<ChannelNamespace>();
    kept->name = "default";
    kept->history = HistoryPolicy{};
    api->namespaces.emplace("default", kept);
    auto snapshot = std::make_shared<core::Snapshot>();
    snapshot->config = config;
    snapshot->apis = {api};
    snapshot_ = snapshot;
  }

  server::HttpResponse ask(std::string path, std::string query = {},
                           std::string host = "localhost:9464", bool with_token = true) {
    server::HttpRequest request;
    request.method = "GET";
    request.path = server::normalise_path(path);
    if (request.path != path) request.raw_path = path;
    request.query = std::move(query);
    request.headers.emplace_back("Host", host);
    const std::string bearer = "Bearer " + std::string(kToken);
    if (with_token) request.headers.emplace_back("Authorization", bearer);
    return admin_test::run([this](server::HttpRequest& what) { return router_.dispatch(what); },
                           request);
  }
  json ask_json(std::string path, std::string query = {}) {
    const server::HttpResponse response = ask(std::move(path), std::move(query));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
    return json::parse(response.body);
  }

  ShardMetrics metrics_;
  core::SnapshotPtr snapshot_;
  core::LiveView live_;
  core::LiveQuery asked_;
  core::FrameView frames_;
  core::FrameQuery asked_frames_;
  std::string asked_channel_;
  HandlerLog handlers_{[](std::function<void()> work) { work(); }};
  server::HttpRouter router_{console_routes(
      {[] { return GuardRules{std::string(kToken), {"localhost", "admin.example"}}; },
       [this] { return snapshot_; }, [] { return std::string("admin:\n  token: \"********\"\n"); },
       [this] {
         ConsoleUse use;
         use.version = "1.2.3";
         use.addresses = {"0.0.0.0:8080"};
         use.shards = {&metrics_};
         use.open_connections = 3;
         use.max_connections = 9;
         use.store_bytes = 500;
         return use;
       },
       [this](core::LiveQuery query) -> Task<core::LiveView> {
         asked_ = query;
         return [](core::LiveView view) -> Task<core::LiveView> { co_return view; }(live_);
       },
       [this](core::FrameQuery query) -> Task<core::FrameView> {
         asked_frames_ = query;
         return [](core::FrameView view) -> Task<core::FrameView> { co_return view; }(frames_);
       },
       [this](ChannelNamespacePtr, std::string channel, server::HttpRequest&) {
         asked_channel_ = channel;
         return []() -> Task<server::HttpResponse> {
           server::HttpResponse response;
           response.body = R"({"events":[]})";
           co_return response;
         }();
       },
       handlers_})};
};

TEST_F(Console, ServesThePageAndItsFilesWithoutTheToken) {
  const server::HttpResponse page = ask("/console", "", "localhost:9464", false);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.content_type, HasSubstr("text/html"));
  EXPECT_THAT(page.body, HasSubstr("<title>eventsd console</title>"));
  EXPECT_EQ(header(page, "X-Frame-Options"), "DENY");
  for (const char* file : {"console.css", "main.js", "icon.svg"}) {
    const server::HttpResponse response =
        ask(std::string("/console/") + file, "", "localhost:9464", false);
    EXPECT_EQ(response.status, 200) << file;
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
  }
  EXPECT_EQ(ask("/console/none.js").status, 404);
}

TEST_F(Console, ThePageHoldsNoScriptAndNoStyleOfItsOwn) {
  const std::string page = ask("/console").body;
  EXPECT_THAT(page, Not(HasSubstr("<style")));
  EXPECT_THAT(page, Not(HasSubstr(" style=")));
  EXPECT_THAT(page, Not(HasSubstr(" onclick=")));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
}

TEST_F(Console, SendsASlashAtTheEndBackSoThatFilesAreFound) {
  const server::HttpResponse response = ask("/console/");
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(header(response, "Location"), "../console");
}

TEST_F(Console, AsksForTheTokenWhereverThereIsData) {
  for (const char* path : {"info", "live", "frames", "history", "config", "limits", "handlers"}) {
    const std::string address = std::string("/console/api/") + path;
    EXPECT_EQ(ask(address, "", "localhost", false).status, 401) << path;
    EXPECT_EQ(ask(address, "", "evil.example").status, 403) << path;
  }
}

TEST_F(Console, ServesNoPageUnderAForeignName) {
  EXPECT_EQ(ask("/console", "", "evil.example").status, 403);
  EXPECT_EQ(ask("/console/main.js", "", "evil.example").status, 403);
}

TEST_F(Console, ThePolicyLetsNothingInAndConnectsToTheDaemonAlone) {
  const std::string policy = header(ask("/console"), "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, HasSubstr("require-trusted-types-for 'script'"));
  EXPECT_THAT(policy, HasSubstr(" ws://localhost:*"));
  EXPECT_THAT(policy, HasSubstr(" wss://events.example.com:*"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST_F(Console, ThePolicyNamesThePublicPortOfTheHostThatWasAskedFor) {
  const std::string policy =
      header(ask("/console", "", "admin.example:9464"), "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr(" http://admin.example:8080"));
  EXPECT_THAT(policy, HasSubstr(" wss://admin.example:8080"));
  EXPECT_THAT(policy, Not(HasSubstr("localhost")));
  EXPECT_THAT(policy, Not(HasSubstr("0.0.0.0")));
}

TEST_F(Console, ThePolicyTakesNoNameThatCouldEndIt) {
  const std::string policy =
      console_policy("a;script-src *:9464", {"[::1]:8080"}, *snapshot_);
  EXPECT_THAT(policy, Not(HasSubstr("script-src *")));
  EXPECT_THAT(policy, Not(HasSubstr("[::1]")));
}

TEST_F(Console, TellsWhatThereIs) {
  const json info = ask_json("/console/api/info");
  EXPECT_EQ(info["version"], "1.2.3");
  EXPECT_EQ(info["apis"][0]["name"], "chat");
  EXPECT_EQ(info["apis"][0]["namespaces"][0]["name"], "default");
  EXPECT_EQ(info["apis"][0]["namespaces"][0]["history"]["readable"], true);
}

TEST_F(Console, ShowsLiveRowsAndSums) {
  metrics_.connections_active.add(2);
  live_.matching = 7;
  live_.channels.push_back({"api1", "/default/a", 3, 1.5, 20});
  live_.connections.push_back({});
  live_.connections.back().source_ip = "192.0.2.1";
  const json live = ask_json("/console/api/live", "order=oldest&filter=a%2Fb");
  EXPECT_EQ(asked_.filter, "a/b");
  EXPECT_EQ(asked_.order, core::LiveQuery::Order::oldest);
  EXPECT_EQ(live["totals"]["connections"], 2);
  EXPECT_EQ(live["matching"], 7);
  EXPECT_EQ(live["channels"][0]["eventsPerSecond"], 1.5);
  EXPECT_EQ(live["connections"][0]["sourceIp"], "192.0.2.1");
  EXPECT_EQ(live["connections"][0]["mode"], nullptr);
  EXPECT_EQ(ask("/console/api/live", "order=best").status, 400);
}

TEST_F(Console, ShowsFramesBehindANumber) {
  const std::string id(36, 'a');
  frames_.state = core::FrameView::State::open;
  frames_.frames.push_back({8, {}, core::WatchedFrame::Direction::out, 2, "{}"});
  const json frames = ask_json("/console/api/frames", "connection=" + id + "&after=7");
  EXPECT_EQ(asked_frames_.request_id, id);
  EXPECT_EQ(asked_frames_.after, 7u);
  EXPECT_EQ(frames["state"], "open");
  EXPECT_EQ(frames["frames"][0]["direction"], "out");
  EXPECT_EQ(ask("/console/api/frames", "connection=x").status, 400);
  EXPECT_EQ(ask("/console/api/frames", "connection=" + id + "&after=x").status, 400);
}

TEST_F(Console, FindsTheNamespaceOfAChannelsHistory) {
  EXPECT_EQ(ask("/console/api/history", "channel=default%2Frooms%2F*").status, 200);
  EXPECT_EQ(asked_channel_, "/default/rooms/*");
  EXPECT_EQ(ask("/console/api/history", "channel=%2Fother%2Fa").status, 404);
  EXPECT_EQ(ask("/console/api/history", "channel=%2Fdefault%2Fa&apiId=none").status, 404);
  EXPECT_EQ(ask("/console/api/history", "channel=a%20b").status, 400);
}

TEST_F(Console, ShowsTheConfigurationAsItIsPrinted) {
  EXPECT_EQ(ask_json("/console/api/config")["yaml"], "admin:\n  token: \"********\"\n");
}

TEST_F(Console, ShowsLimitsBesideTheirUse) {
  live_.most_subscriptions = 12;
  const json limits = ask_json("/console/api/limits");
  std::map<std::string, json> rows;
  for (const json& row : limits["limits"]) rows[row["name"]] = row;
  EXPECT_EQ(rows["maxConnections"]["limit"], 9);
  EXPECT_EQ(rows["maxConnections"]["used"], 3);
  EXPECT_EQ(rows["maxStoreSize"]["used"], 500);
  EXPECT_EQ(rows["maxStoreSize"]["limit"], 1000);
  EXPECT_EQ(rows["maxSubscriptionsPerConnection"]["used"], 12);
  EXPECT_EQ(rows["maxEventSize"]["used"], nullptr);
}

TEST_F(Console, ShowsHandlersLinesNewestFirst) {
  HandlerLine line;
  line.level = HandlerLine::Level::error;
  line.channel_namespace = "chat";
  line.text = "broken \xff";
  handlers_.add(line);
  const json shown = ask_json("/console/api/handlers");
  EXPECT_EQ(shown["lines"][0]["level"], "error");
  EXPECT_EQ(shown["lines"][0]["namespace"], "chat");
  EXPECT_THAT(shown["lines"][0]["text"].get<std::string>(), HasSubstr("broken"));
}

}  // namespace
}  // namespace eventsd::admin
