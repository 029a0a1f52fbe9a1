#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/dynamodb/evaluate.hpp"
#include "data/dynamodb/key_condition.hpp"
#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {
namespace {

using Json = nlohmann::json;

const Json kNames = {{"#n", "name"}, {"#s", "status"}, {"#l", "list"}};
const Json kValues = Json::parse(R"({":n":{"N":"5"},":m":{"N":"7"},":s":{"S":"abc"},":t":{"S":"b"},
  ":type":{"S":"S"},":bool":{"BOOL":true},":ss":{"SS":["b","c"]},":l":{"L":[{"N":"9"}]},":ns":{"NS":["1"]},
  ":nine":{"N":"9"},":x":{"M":{"y":{"S":"z"}}}})");

Item item() {
  return *parse_item(Json::parse(R"({"pk":{"S":"p"},"num":{"N":"5"},"s1":{"S":"abc"},
    "list":{"L":[{"N":"9"},{"S":"abc"},{"M":{"k":{"N":"1"}}}]},"map1":{"M":{"a":{"M":{"b":{"S":"deep"}}}}},
    "set1":{"SS":["a","b"]},"bin":{"B":"AQID"},"null1":{"NULL":true}})"));
}

// "true", "false" or the error.
std::string judge(const std::string& source) {
  Placeholders placeholders = *Placeholders::make(&kNames, &kValues);
  const Outcome<Condition> condition = parse_condition("ConditionExpression", source, placeholders);
  if (!condition) return condition.error().message;
  return holds(*condition, item()) ? "true" : "false";
}

std::string updated(const std::string& source, const std::string& attribute = "") {
  Placeholders placeholders = *Placeholders::make(&kNames, &kValues);
  const Outcome<Update> update = parse_update(source, placeholders);
  if (!update) return update.error().message;
  const Outcome<Item> result = apply_update(*update, item());
  if (!result) return result.error().message;
  const auto found = result->find(attribute);
  if (found == result->end()) return "absent";
  std::string text;
  append_value(text, found->second);
  return text;
}

std::string projected_by(const std::string& source) {
  Placeholders placeholders = *Placeholders::make(&kNames, &kValues);
  const Outcome<std::vector<Path>> paths = parse_projection(source, placeholders);
  return paths ? item_text(project(item(), *paths)) : paths.error().message;
}

TEST(ConditionExpression, ComparesValuesOfOneType) {
  for (const char* source : {"num = :n",
                             "num <= :n",
                             "num < :m",
                             ":m > num",
                             "num <> :s",
                             "s1 < :t",
                             "num <> :m",
                             "num BETWEEN :n AND :m",
                             "num IN (:m, :n)",
                             "s1 between :s and :t",
                             "pk <> :s",
                             "gone <> :n",
                             "NOT num = :m",
                             "not (num = :m or num = :s)",
                             "num = :n AND (s1 = :s)",
                             "num = :m OR num = :n AND s1 = :s",
                             "#l[0] = :nine",
                             "#l[2].k < :n",
                             "map1.a.b > :t",
                             "(num) = (:n)"}) {
    EXPECT_EQ(judge(source), "true") << source;
  }
  for (const char* source : {"num = :s", "num < :s", "gone = :n", "gone < :n", "gone = gone2",
                             "#l[7] = :n", "num.a = :n", "num IN (:s, :m)", "NOT num = :n"}) {
    EXPECT_EQ(judge(source), "false") << source;
  }
}

TEST(ConditionExpression, KnowsItsFunctions) {
  for (const char* source :
       {"attribute_exists(num)", "attribute_not_exists(gone)", "attribute_exists(map1.a.b)",
        "attribute_type(s1, :type)", "begins_with(s1, :s)", "contains(s1, :t)",
        "contains(set1, :t)", "contains(#l, :nine)", "size(s1) < :n",
        "size(#l) < size(gone) OR num = :n", "size(bin) <= :n", "NOT contains(num, :n)"}) {
    EXPECT_EQ(judge(source), "true") << source;
  }
  for (const char* source : {"attribute_type(num, :type)", "begins_with(num, :s)", "size(num) = :n",
                             "contains(set1, :n)", "begins_with(bin, :s)"}) {
    EXPECT_EQ(judge(source), "false") << source;
  }
}

TEST(ConditionExpression, IsRefusedAsDynamoDbRefusesIt) {
  const std::string start = "Invalid ConditionExpression: ";
  const std::pair<const char*, const char*> cases[] = {
      {"", "The expression can not be empty;"},
      {"num = ", "Syntax error; token: \"<EOF>\", near: \"=\""},
      {"num == :n", "Syntax error; token: \"=\", near: \"== :n\""},
      {"num = :n AND", "Syntax error; token: \"<EOF>\", near: \"AND\""},
      {"num ! :n", "Syntax error; token: \"!\", near: \"num ! :n\""},
      {"num", "Syntax error; token: \"<EOF>\", near: \"num\""},
      {"(num = :n", "Syntax error; token: \"<EOF>\", near: \":n\""},
      {"num = :n) ", "Syntax error; token: \")\", near: \":n)\""},
      {"list[a] = :n", "Syntax error; token: \"a\", near: \"[a]\""},
      {"((num = :n))", "The expression has redundant parentheses;"},
      {"status = :n", "Attribute name is a reserved keyword; reserved keyword: status"},
      {"#q = :n",
       "An expression attribute name used in the document path is not defined; attribute "
       "name: #q"},
      {"num = :q",
       "An expression attribute value used in expression is not defined; attribute value: "
       ":q"},
      {"nope(num)", "Invalid function name; function: nope"},
      {"size(num)",
       "The function is not allowed to be used this way in an expression; function: "
       "size"},
      {"attribute_exists(num) = :n",
       "The function is not allowed to be used this way in an "
       "expression; function: attribute_exists"},
      {"attribute_exists(:n)",
       "Operator or function requires a document path; operator or function: "
       "attribute_exists"},
      {"attribute_exists(num, s1)",
       "Incorrect number of operands for operator or function; operator "
       "or function: attribute_exists, number of operands: 2"},
      {"begins_with(s1, :n)",
       "Incorrect operand type for operator or function; operator or function: "
       "begins_with, operand type: N"},
      {"attribute_type(s1, :s)",
       "Invalid attribute type name found; type: abc, valid types: "
       "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
      {"num = num",
       "The first operand must be distinct from the remaining operands for this operator "
       "or function; operator: =, first operand: [num]"},
      {"num BETWEEN :m AND :n",
       "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
       "lower "
       "bound operand: AttributeValue: {N:7}, upper bound operand: AttributeValue: {N:5}"},
      {"num BETWEEN :s AND :n",
       "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
       "operand: "
       "AttributeValue: {S:abc}, upper bound operand: AttributeValue: {N:5}"},
      {"num < :bool",
       "Incorrect operand type for operator or function; operator or function: <, "
       "operand type: BOOL"},
  };
  for (const auto& [source, message] : cases) EXPECT_EQ(judge(source), start + message) << source;
}

TEST(ConditionExpression, HasLimits) {
  EXPECT_NE(
      judge("num = :n OR " + std::string(5000, ' ') + "num = :n").find("maximum allowed size"),
      std::string::npos);
  std::string deep;
  for (int i = 0; i < 150; ++i) deep += "NOT ";
  EXPECT_NE(judge(deep + "num = :n").find("nesting levels"), std::string::npos);
  std::string list = "num IN (:n";
  for (int i = 0; i < 100; ++i) list += ",:n";
  EXPECT_NE(judge(list + ")").find("IN operator"), std::string::npos);
  std::string many = "a=:n";
  for (int i = 0; i < 310; ++i) many += " OR a=:n";
  EXPECT_NE(judge(many).find("too many operators"), std::string::npos);
}

TEST(Placeholders, MustAllBeUsed) {
  const Json names = {{"#a", "a"}, {"#b", "b"}};
  Placeholders placeholders = *Placeholders::make(&names, nullptr);
  EXPECT_TRUE(parse_projection("#a", placeholders));
  EXPECT_EQ(placeholders.check_all_used().error().message,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}");
  const Json bad = {{"a", "a"}};
  EXPECT_EQ(Placeholders::make(&bad, nullptr).error().message,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"");
}

TEST(UpdateExpression, SetsFromTheItemBeforeTheUpdate) {
  EXPECT_EQ(updated("SET num = num + :n", "num"), R"({"N":"10"})");
  EXPECT_EQ(updated("SET a = num - :m, num = :nine", "a"), R"({"N":"-2"})");
  EXPECT_EQ(updated("set a = if_not_exists(gone, :n) + :m", "a"), R"({"N":"12"})");
  EXPECT_EQ(updated("SET a = if_not_exists(num, :m)", "a"), R"({"N":"5"})");
  EXPECT_EQ(updated("SET a = list_append(:l, :l)", "a"), R"({"L":[{"N":"9"},{"N":"9"}]})");
  EXPECT_EQ(updated("SET a = list_append(if_not_exists(gone, :l), :l)", "a"),
            R"({"L":[{"N":"9"},{"N":"9"}]})");
  EXPECT_EQ(updated("SET map1.a.c = :n", "map1"),
            R"({"M":{"a":{"M":{"b":{"S":"deep"},"c":{"N":"5"}}}}})");
  EXPECT_EQ(updated("SET #l[9] = :m, #l[5] = :n REMOVE #l[0], #l[1]", "list"),
            R"({"L":[{"M":{"k":{"N":"1"}}},{"N":"5"},{"N":"7"}]})");
  EXPECT_EQ(updated("SET s1 = pk, pk2 = s1", "pk2"), R"({"S":"abc"})");
}

TEST(UpdateExpression, RemovesAddsAndDeletes) {
  EXPECT_EQ(updated("REMOVE num, gone", "num"), "absent");
  EXPECT_EQ(updated("REMOVE map1.a.b", "map1"), R"({"M":{"a":{"M":{}}}})");
  EXPECT_EQ(updated("ADD num :n", "num"), R"({"N":"10"})");
  EXPECT_EQ(updated("ADD gone :n", "gone"), R"({"N":"5"})");
  EXPECT_EQ(updated("ADD set1 :ss", "set1"), R"({"SS":["a","b","c"]})");
  EXPECT_EQ(updated("DELETE set1 :ss", "set1"), R"({"SS":["a"]})");
  EXPECT_EQ(updated("DELETE gone :ss", "gone"), "absent");
  EXPECT_EQ(updated("SET a = :n REMOVE num ADD c :n DELETE set1 :ss", "c"), R"({"N":"5"})");
}

TEST(UpdateExpression, IsRefusedAsDynamoDbRefusesIt) {
  const std::string start = "Invalid UpdateExpression: ";
  EXPECT_EQ(updated("SET"), start + "Syntax error; token: \"<EOF>\", near: \"SET\"");
  EXPECT_EQ(updated("a = :n"), start + "Syntax error; token: \"a\", near: \"a =\"");
  EXPECT_EQ(updated("SET a = :n SET b = :n"),
            start + "The \"SET\" section can only be used once in an update expression;");
  EXPECT_EQ(updated("SET a = :n, a.b = :n"),
            start +
                "Two document paths overlap with each other; must remove or rewrite one of these "
                "paths; path one: [a], path two: [a, b]");
  EXPECT_EQ(updated("SET a[0] = :n, a.b = :n"),
            start +
                "Two document paths conflict with each other; must remove or rewrite one of these "
                "paths; path one: [a, [0]], path two: [a, b]");
  EXPECT_EQ(updated("ADD a :s"), start +
                                     "Incorrect operand type for operator or function; operator: "
                                     "ADD, operand type: STRING, typeSet: "
                                     "ALLOWED_FOR_ADD_OPERAND");
  EXPECT_EQ(updated("SET a = :s + :n"), start +
                                            "Incorrect operand type for operator or function; "
                                            "operator or function: +, operand type: S");
  EXPECT_EQ(updated("SET a = size(num)"), start + "Invalid function name; function: size");
  EXPECT_EQ(updated("SET a = gone"),
            "The provided expression refers to an attribute that does not exist in the item");
  EXPECT_EQ(updated("SET a = s1 + :n"),
            "An operand in the update expression has an incorrect data type");
  EXPECT_EQ(updated("ADD s1 :n"), "An operand in the update expression has an incorrect data type");
  EXPECT_EQ(updated("SET gone.a = :n"),
            "The document path provided in the update expression is invalid for update");
}

TEST(ProjectionExpression, CutsTheNamedPartsOut) {
  EXPECT_EQ(projected_by("num, #l[2].k, #l[0], gone, map1.a.b"),
            R"({"list":{"L":[{"N":"9"},{"M":{"k":{"N":"1"}}}]},)"
            R"("map1":{"M":{"a":{"M":{"b":{"S":"deep"}}}}},"num":{"N":"5"}})");
  EXPECT_EQ(projected_by("gone.a, #l[9]"), "{}");
  EXPECT_EQ(projected_by("num,"),
            "Invalid ProjectionExpression: Syntax error; token: \"<EOF>\", "
            "near: \",\"");
  EXPECT_EQ(
      projected_by("num, num"),
      "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or "
      "rewrite one of these paths; path one: [num], path two: [num]");
}

std::string selected(const std::string& source) {
  const KeySchema schema{.hash = {"s1", Type::string}, .range = KeyAttribute{"num", Type::number}};
  Placeholders placeholders = *Placeholders::make(&kNames, &kValues);
  const Outcome<Condition> condition =
      parse_condition("KeyConditionExpression", source, placeholders);
  if (!condition) return condition.error().message;
  const Outcome<std::vector<KeyCondition>> conditions = key_conditions(*condition);
  if (!conditions) return conditions.error().message;
  const Outcome<KeySelection> selection = select_rows(schema, *conditions);
  if (!selection) return selection.error().message;
  const std::string key = row_key(schema, item());
  const bool inside = key >= selection->rows.low && key < *selection->rows.high;
  if (selection->range) {
    EXPECT_EQ(inside, selects(*selection->range, item().at("num"))) << source;
  }
  return inside ? "selected" : "not selected";
}

TEST(KeyConditionExpression, SelectsRowsOfOnePartition) {
  for (const char* source :
       {"s1 = :s", ":s = s1 AND num = :n", "s1 = :s AND num < :m", "s1 = :s AND num >= :n",
        "s1 = :s AND num BETWEEN :n AND :m", "(s1 = :s) AND (:m > num)"}) {
    EXPECT_EQ(selected(source), "selected") << source;
  }
  for (const char* source : {"s1 = :t", "s1 = :s AND num = :m", "s1 = :s AND num > :n",
                             "s1 = :s AND num < :n", "s1 = :s AND num BETWEEN :m AND :nine"}) {
    EXPECT_EQ(selected(source), "not selected") << source;
  }
}

TEST(KeyConditionExpression, IsRefusedAsDynamoDbRefusesIt) {
  EXPECT_EQ(selected("num = :n"), "Query condition missed key schema element: s1");
  EXPECT_EQ(selected("s1 > :s"), "Query key condition not supported");
  EXPECT_EQ(selected("s1 = :s AND pk = :s"), "Query condition missed key schema element: num");
  EXPECT_EQ(selected("s1 = :s OR num = :n"), "Invalid operator used in KeyConditionExpression: OR");
  EXPECT_EQ(selected("s1 = :s AND num <> :n"),
            "Invalid operator used in KeyConditionExpression: <>");
  EXPECT_EQ(selected("s1 = :s AND contains(num, :n)"),
            "Invalid operator used in KeyConditionExpression: contains");
  EXPECT_EQ(selected("s1 = :s AND size(num) = :n"),
            "KeyConditionExpressions cannot contain nested operations");
  EXPECT_EQ(selected("s1 = :s AND s1 = :t"),
            "KeyConditionExpressions must only contain one condition per key");
  EXPECT_EQ(selected("s1 = :s AND map1.a = :t"),
            "KeyConditionExpressions cannot have conditions on nested attributes");
  EXPECT_EQ(selected("s1 = :n"),
            "One or more parameter values were invalid: Condition parameter type does not match "
            "schema type");
}

}  // namespace
}  // namespace eventsd::data::dynamodb
