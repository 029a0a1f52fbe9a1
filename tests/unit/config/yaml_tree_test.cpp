#include "config/yaml_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/support/loading.hpp"

namespace eventsd::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(YamlTree, KeepsThePlaceOfKeysAndValues) {
  auto parsed = parse_yaml("a:\n  b: [x, y]\n", "f.yaml");
  Value& root = std::get<Value>(parsed);
  Entry* a = find_entry(root, "a");
  ASSERT_NE(a, nullptr);
  Entry* b = find_entry(a->value, "b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->place.line, 2);
  EXPECT_EQ(b->place.column, 3);
  ASSERT_EQ(b->value.items.size(), 2u);
  EXPECT_EQ(b->value.items[1].text, "y");
  EXPECT_EQ(b->value.items[1].place.column, 10);
}

TEST(YamlTree, SyntaxErrorsHaveAPlace) {
  EXPECT_THAT(faults_of("threads: 1\nlisten: [a"), ElementsAre(StartsWith("f.yaml:2:")));
  EXPECT_THAT(faults_of("a: b: c"), ElementsAre(StartsWith("f.yaml:1:")));
  EXPECT_THAT(faults_of("a: \"x"), ElementsAre(StartsWith("f.yaml:1:")));
}

TEST(YamlTree, AnUnquotedVariableInBracesGetsAHint) {
  EXPECT_THAT(faults_of("threads: 1\napi: {name: ${NAME}}"),
              ElementsAre(HasSubstr("write \"${NAME}\" in quotes")));
}

TEST(YamlTree, TheRootIsAMap) {
  EXPECT_THAT(faults_of("- a"), ElementsAre(HasSubstr("f.yaml:1:1: expected option names")));
  EXPECT_THAT(faults_of("text"), ElementsAre(HasSubstr("expected option names")));
}

TEST(YamlTree, OneDocumentOnly) {
  EXPECT_THAT(faults_of("---\nthreads: 1\n---\nthreads: 2\n"),
              ElementsAre(HasSubstr("second document")));
}

TEST(YamlTree, AnAliasRepeatsItsAnchor) {
  const auto config = load_good(
      "api:\n  channelNamespaces:\n"
      "    - {name: a, history: &h {maxEventsPerChannel: 3}}\n    - {name: b, history: *h}\n");
  EXPECT_EQ(config->apis[0].channel_namespaces[1].history->max_events_per_channel, 3u);
}

TEST(YamlTree, AliasesThatMultiplyAreStopped) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    text += name + ": &" + name + " [" + last;
    for (int j = 0; j < 9; ++j) text += ", " + last;
    text += "]\n";
  }
  EXPECT_THAT(faults_of(text), ElementsAre(HasSubstr("expand to too much")));
}

TEST(YamlTree, AliasesOfALongTextAreStopped) {
  std::string text = "a: &a " + std::string(100'000, 'x') + "\nb: [*a";
  for (int i = 0; i < 200; ++i) text += ", *a";
  EXPECT_THAT(faults_of(text + "]"), ElementsAre(HasSubstr("expand to too much")));
}

TEST(YamlTree, AnAliasInsideItsOwnAnchorIsRefused) {
  EXPECT_THAT(faults_of("a: &a [*a]"), ElementsAre(HasSubstr("inside its own anchor")));
}

TEST(YamlTree, DepthIsBounded) {
  const std::string lists = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_THAT(faults_of("a: " + lists), ElementsAre(HasSubstr("nested deeper")));
  std::string maps;
  for (int i = 0; i < 5000; ++i) maps += "{a: ";
  EXPECT_THAT(faults_of("a: " + maps + std::string(5000, '}')),
              ElementsAre(HasSubstr("nested deeper")));
}

TEST(YamlTree, SizeIsBounded) {
  EXPECT_THAT(faults_of(std::string(kMaxFileBytes + 1, '#')),
              ElementsAre(HasSubstr("larger than 1048576 bytes")));
}

TEST(YamlTree, ManyValuesAreBounded) {
  std::string text = "a: [";
  for (std::size_t i = 0; i < kMaxNodes; ++i) text += "1,";
  EXPECT_THAT(faults_of(text + "]"), ElementsAre(HasSubstr("more than 100000 values")));
}

TEST(YamlTree, AKeyIsAName) {
  EXPECT_THAT(faults_of("? [a]\n: b"), ElementsAre(HasSubstr("a key must be a name")));
}

TEST(YamlTree, ForeignTagsAreRefused) {
  EXPECT_THAT(faults_of("threads: !env THREADS"), ElementsAre(HasSubstr("tag \"!env\"")));
  EXPECT_THAT(faults_of("threads: !!int 3"), IsEmpty());
}

}  // namespace
}  // namespace eventsd::config
