// eventsd evaluate, as a process: its workers are the program itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class EvaluateVerb : public ::testing::Test {
 protected:
  EvaluateVerb() {
    std::string name = (std::filesystem::temp_directory_path() / "evaluate-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
  }
  ~EvaluateVerb() override { std::filesystem::remove_all(dir_); }

  void write(const std::string& source) { std::ofstream(dir_ / "code.js") << source; }

  // Runs it in the folder of code.js; what it printed on both streams is in out_.
  int run(const std::string& arguments, const std::string& redirection = "2>&1") {
    const std::string command = "cd " + dir_.string() + " && " + EVENTSD_PROGRAM +
                                " evaluate code.js " + arguments + " " + redirection;
    FILE* const pipe = ::popen(command.c_str(), "r");
    out_.clear();
    std::array<char, 4096> bytes;
    while (const std::size_t got = std::fread(bytes.data(), 1, bytes.size(), pipe)) {
      out_.append(bytes.data(), got);
    }
    const int status = ::pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::filesystem::path dir_;
  std::string out_;
};

TEST_F(EvaluateVerb, PrintsLogLinesStashAndResult) {
  write(
      "export function onPublish(ctx) {\n  console.log('current id', ctx.events[0].id);\n"
      "  ctx.stash.seen = true;\n  return ctx.events;\n}\n");
  EXPECT_EQ(run(R"(--context '{"events":[{"id":"7"}]}')"), 0) << out_;
  EXPECT_THAT(out_, HasSubstr("INFO - code.js:2:"));
  EXPECT_THAT(out_, HasSubstr(": \"current id\" \"7\"\n"));
  EXPECT_THAT(out_, HasSubstr("\"seen\": true"));
  EXPECT_THAT(out_, HasSubstr("result: ["));
}

TEST_F(EvaluateVerb, AnswersLikeEvaluateCode) {
  write("export const onPublish = { request: (ctx) => ({ n: ctx.n }), response: () => 2 };");
  EXPECT_EQ(run(R"(--context '{"n":1}' --json)"), 0) << out_;
  const json answer = json::parse(out_);
  EXPECT_EQ(answer, json({{"evaluationResult", R"({"n":1})"},
                          {"logs", json::array()},
                          {"stash", "{}"},
                          {"outErrors", "[]"}}));
  EXPECT_EQ(run("--context '{}' --function onPublish.response --json"), 0) << out_;
  EXPECT_EQ(json::parse(out_)["evaluationResult"], "2");
}

TEST_F(EvaluateVerb, TellsWhyTheHandlerStopped) {
  write(
      "import { util } from '@aws-appsync/utils';\n"
      "export function onPublish(ctx) {\n  util.appendError('first');\n"
      "  util.error('no entry', 'Forbidden');\n}\n");
  EXPECT_EQ(run("--context '{}' --json"), 1) << out_;
  const json answer = json::parse(out_);
  EXPECT_EQ(answer["error"]["message"], "no entry");
  EXPECT_EQ(answer["error"]["errorType"], "Forbidden");
  EXPECT_THAT(answer["outErrors"].get<std::string>(), HasSubstr("first"));
  EXPECT_EQ(run("--context '{}'"), 1);
  EXPECT_THAT(out_, HasSubstr("util.error: no entry (type Forbidden)"));
}

TEST_F(EvaluateVerb, KeepsStandardOutputForTheAnswer) {
  write("export function onPublish(ctx) { for (;;) {} }");
  EXPECT_EQ(run("--context '{}' --json", "2>/dev/null"), 1) << out_;
  EXPECT_THAT(json::parse(out_)["error"]["message"].get<std::string>(), HasSubstr("CPU time"));
}

TEST_F(EvaluateVerb, NamesThePlaceOfAFault) {
  write("export function onPublish(ctx) {\n  let = 1;\n}\n");
  EXPECT_EQ(run("--context '{}'"), 2);
  EXPECT_THAT(out_, HasSubstr("code.js:2:"));
}

TEST_F(EvaluateVerb, ReadsTheContextFromAFile) {
  write("export function onSubscribe(ctx) { return ctx.big; }");
  std::ofstream(dir_ / "context.json") << R"({ "big": "yes" })";
  EXPECT_EQ(run("--context @context.json"), 0) << out_;
  EXPECT_THAT(out_, HasSubstr("result: \"yes\""));
}

TEST_F(EvaluateVerb, ExplainsWrongUsage) {
  write("export function onPublish() {}");
  EXPECT_EQ(run("--context nonsense"), 2);
  EXPECT_THAT(out_, HasSubstr("--context: is not JSON"));
  EXPECT_EQ(run("--context '[]'"), 2);
  EXPECT_THAT(out_, HasSubstr("must be a JSON object"));
  EXPECT_EQ(run("--context @missing.json"), 2);
  EXPECT_THAT(out_, HasSubstr("missing.json: cannot be read"));
  EXPECT_EQ(run("--context '{}' --function onFire"), 2);
  EXPECT_THAT(out_, HasSubstr("--function: \"onFire\""));
}

}  // namespace
