#include "server/http_router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::server {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

Task<HttpResponse> respond(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  co_return response;
}

Route route(std::string_view method, std::string_view path, std::string name) {
  return {method, path, [name](HttpRequest&) { return respond(name); }};
}

// Everything here completes at once.
HttpResponse dispatch(const HttpRouter& router, HttpRequest& request) {
  HttpResponse response;
  TaskGroup tasks([](std::exception_ptr) { ADD_FAILURE(); });
  tasks.spawn([](const HttpRouter& to, HttpRequest& what, HttpResponse& out) -> Task<void> {
    out = co_await to.dispatch(what);
  }(router, request, response));
  EXPECT_EQ(tasks.running(), 0u);
  return response;
}

class Router : public ::testing::Test {
 protected:
  HttpResponse ask(std::string method, std::string path) {
    request_.method = std::move(method);
    request_.path = std::move(path);
    return dispatch(router_, request_);
  }
  HttpRouter router_{{route("GET", "/a", "get a"), route("POST", "/a", "post a"),
                      route("GET", "/a/{id}/b/{name}", "deep"), route("GET", "/", "root"),
                      route("OPTIONS", "*", "preflight")}};
  HttpRequest request_;
};

TEST_F(Router, ChoosesByMethodAndPath) {
  EXPECT_EQ(ask("GET", "/a").body, "get a");
  EXPECT_EQ(ask("POST", "/a").body, "post a");
  EXPECT_EQ(ask("GET", "/").body, "root");
}

TEST_F(Router, GivesWhatTheBracesMatched) {
  EXPECT_EQ(ask("GET", "/a/1/b/x%2Fy").body, "deep");
  EXPECT_THAT(request_.parameters, ElementsAre("1", "x%2Fy"));
}

TEST_F(Router, ServesHeadByGet) { EXPECT_EQ(ask("HEAD", "/a").body, "get a"); }

TEST_F(Router, AnswersAnyPathWhereTheRouteIsAStar) {
  EXPECT_EQ(ask("OPTIONS", "/nowhere").body, "preflight");
}

TEST_F(Router, SaysWhichMethodsAPathAllows) {
  const HttpResponse response = ask("DELETE", "/a");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, Contains(Pair("Allow", "GET, POST")));
}

TEST_F(Router, Answers404ForPathsThatAreLongerOrShorterThanARoute) {
  for (const char* path : {"/b", "/a/1", "/a/1/b", "/a/1/b/c/d", "/A"}) {
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  }
}

TEST(NormalisePath, CollapsesSlashesAndStripsATrailingOne) {
  EXPECT_EQ(normalise_path("/event//realtime/"), "/event/realtime");
  EXPECT_EQ(normalise_path("//"), "/");
  EXPECT_EQ(normalise_path(""), "/");
  EXPECT_EQ(normalise_path("event"), "/event");
}

}  // namespace
}  // namespace eventsd::server
