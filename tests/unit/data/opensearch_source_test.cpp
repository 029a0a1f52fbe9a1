#include "data/opensearch_source.hpp"

#include <gmock/gmock.h>

#include "unit/data/support/source_world.hpp"

namespace eventsd::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class OpenSearchSourceTest : public test::SourceWorld {
 protected:
  DataSource& source() {
    if (!source_) source_ = make_opensearch_source({http_options(), server.url()}, calls);
    return *source_;
  }
  std::string reply = HttpServer::answer(R"({"hits":{"hits":[{"_source":{"a":1.0}}]}})");
  HttpServer server{io, [this](const auto&) { return reply; }};
  std::shared_ptr<DataSource> source_;
};

TEST_F(OpenSearchSourceTest, ResultsInTheAnswersJson) {
  const DataSourceAnswer answer = call(source(), R"({"operation":"GET","path":"/chat/_search",
    "params":{"headers":{"x-a":"b"},"queryString":{"pretty":"true"},
              "body":{"query":{"match_all":{}},"from":0}}})");
  EXPECT_EQ(answer.result, R"({"hits":{"hits":[{"_source":{"a":1.0}}]}})");
  EXPECT_THAT(server.requests().at(0),
              AllOf(StartsWith("GET /chat/_search?pretty=true HTTP/1.1\r\n"),
                    HasSubstr("Content-Type: application/json\r\n"), HasSubstr("x-a: b\r\n")));
  EXPECT_EQ(test::body_of(server.requests().at(0)), R"({"query":{"match_all":{}},"from":0})")
      << "a GET may carry a body";
}

TEST_F(OpenSearchSourceTest, SendsTextAsJsonToo) {
  call(source(), R"({"operation":"POST","path":"/_bulk","params":{"body":"{}\n"}})");
  EXPECT_THAT(server.requests().at(0), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_EQ(test::body_of(server.requests().at(0)), "{}\n");
}

TEST_F(OpenSearchSourceTest, FailsWithTheReasonWhenTheStatusIsNot2xx) {
  reply = HttpServer::answer(
      R"({"error":{"type":"index_not_found_exception","reason":"no such index [chat]"},"status":404})",
      404);
  DataSourceAnswer answer = call(source(), R"({"operation":"GET","path":"/chat/_search"})");
  EXPECT_EQ(answer.error_type, "OpenSearch:HttpStatus404");
  EXPECT_EQ(answer.error_message, "no such index [chat]");
  EXPECT_EQ(answer.result, "null");
  reply = HttpServer::answer(R"({"error":"plain"})", 400);
  EXPECT_EQ(call(source(), R"({"operation":"GET","path":"/"})").error_message, "plain");
  reply = HttpServer::answer("<html>", 500);
  EXPECT_EQ(call(source(), R"({"operation":"GET","path":"/"})").error_message,
            "The domain answered 500.");
}

TEST_F(OpenSearchSourceTest, ResultsInNullWithoutABodyAndRefusesOtherThanJson) {
  reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(call(source(), R"({"operation":"HEAD","path":"/chat"})").result, "null");
  reply = HttpServer::answer("plain text");
  EXPECT_EQ(call(source(), R"({"operation":"GET","path":"/_cat"})").error_type,
            "OpenSearch:InvalidAnswerException");
}

TEST_F(OpenSearchSourceTest, SaysWhatIsWrongWithARequest) {
  for (const auto& [request, reason] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"operation":"PATCH","path":"/"})", "not \"PATCH\""},
           {R"({"operation":"GET"})", "has no \"path\""},
           {R"({"operation":"GET","path":"//evil"})", "path must begin with one"},
           {R"({"operation":"GET","path":"/a/../b"})", "segment"}}) {
    EXPECT_THAT(call(source(), request).invalid_request, HasSubstr(reason)) << request;
  }
  EXPECT_EQ(server.requests().size(), 0U);
}

}  // namespace
}  // namespace eventsd::data
