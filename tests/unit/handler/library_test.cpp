// The library that customers' code runs on; texts from docs/HANDLERS.md's sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handler/engine.hpp"
#include "handler/zone_table.hpp"

namespace eventsd::handler {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class LibraryTest : public ::testing::Test {
 protected:
  std::string value(const std::string& expression, const std::string& context = "{}") {
    CodeExports exports;
    const auto fault = engine_->load(1, "code.js",
                                     "import * as ddb from '@aws-appsync/utils/dynamodb';"
                                     "import * as rds from '@aws-appsync/utils/rds';"
                                     "import * as ai from '@aws-appsync/utils/ai';"
                                     "export function onPublish(ctx) { return " +
                                         expression + "}",
                                     exports);
    if (fault) return "! " + fault->message;
    const CodeOutcome outcome = engine_->run(1, "onPublish", context);
    return outcome.end == CodeOutcome::End::value ? outcome.value : "! " + outcome.message;
  }
  std::unique_ptr<Engine> engine_ = make_engine({}, ZoneTable::read());
};

TEST_F(LibraryTest, MakesIdentifiers) {
  EXPECT_THAT(
      value("util.autoId()"),
      MatchesRegex("\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\""));
  EXPECT_THAT(value("util.autoUlid()"), MatchesRegex("\"[0-9A-HJKMNP-TV-Z]{26}\""));
  EXPECT_THAT(value("util.autoKsuid()"), MatchesRegex("\"[0-9A-Za-z]{27}\""));
}

TEST_F(LibraryTest, EncodesText) {
  EXPECT_EQ(value("util.urlEncode('a b&é😀*~')"), R"("a+b%26%C3%A9%F0%9F%98%80*%7E")");
  EXPECT_EQ(value("util.urlDecode('a+b%26%C3%A9%F0%9F%98%80%zz')"), "\"a b&é😀%zz\"");
  EXPECT_EQ(value("util.base64Encode('héllo?>')"), R"("aMOpbGxvPz4=")");
  EXPECT_EQ(value("util.base64Decode('aMOpbGxvPz4=')"), "\"héllo?>\"");
  EXPECT_EQ(value("util.escapeJavaScript('a\"/\\u00e9\\n')"), R"("a\\\"\\/\\u00E9\\n")");
  EXPECT_EQ(value("util.str.normalize('e\\u0301', 'nfc') === '\\u00e9'"), "true");
}

TEST_F(LibraryTest, KnowsJavasPatterns) {
  EXPECT_EQ(value("util.matches('a.c', 'xabcx')"), "true");
  EXPECT_EQ(value("'a.b.c'.replace('.', '-')"), R"("-.b.c")");
  EXPECT_EQ(value("'a.b.c'.replaceAll('\\\\.', '-')"), R"("a-b-c")");
  EXPECT_EQ(value("'john smith'.replace('(\\\\w+) (\\\\w+)', '$2 $1')"), R"("smith john")");
  EXPECT_EQ(value("'a(b'.replace('(', '-')"), R"("a-b")");
}

TEST_F(LibraryTest, CountsTimeAsTheDocumentsSay) {
  EXPECT_EQ(value("util.time.epochMilliSecondsToISO8601(1517943695758)"),
            "\"2018-02-06T19:01:35.758Z\"");
  EXPECT_EQ(value("util.time.epochMilliSecondsToSeconds(1517943695758)"), "1517943695");
  const std::string format = "util.time.epochMilliSecondsToFormatted(1517943695758, ";
  EXPECT_EQ(value(format + "'yyyy-MM-dd HH:mm:ssZ')"), "\"2018-02-06 19:01:35+0000\"");
  EXPECT_EQ(value(format + "'yyyy-MM-dd HH:mm:ssZ', '+08:00')"), "\"2018-02-07 03:01:35+0800\"");
  EXPECT_EQ(value(format + "'yyyy-MM-dd HH:mm:ssZ', 'Australia/Perth')"),
            "\"2018-02-07 03:01:35+0800\"");
  EXPECT_EQ(value(format + "\"EEEE, d MMM uu h:mm a 'o''clock' XXX\", 'Europe/Berlin')"),
            "\"Tuesday, 6 Feb 18 8:01 PM o'clock +01:00\"");
  EXPECT_EQ(value("util.time.parseISO8601ToEpochMilliSeconds('2018-02-01T17:21:05.180+08:00')"),
            "1517476865180");
  const std::string parse = "util.time.parseFormattedToEpochMilliSeconds(";
  EXPECT_EQ(value(parse + "'2018-02-02 01:19:22+0800', 'yyyy-MM-dd HH:mm:ssZ')"), "1517505562000");
  EXPECT_EQ(value(parse + "'2018-02-02 01:19:22', 'yyyy-MM-dd HH:mm:ss', '+08:00')"),
            "1517505562000");
  EXPECT_EQ(value(parse + "'2018-02-02', 'yyyy-MM-dd[XXX]')"), "1517529600000");
  EXPECT_EQ(value(parse + "'20180202011922', 'yyyyMMddHHmmss')"), "1517534362000");
  EXPECT_THAT(value(parse + "'2018-02-31', 'yyyy-MM-dd')"), HasSubstr("no date or time"));
  EXPECT_THAT(value("util.time.nowFormatted('yyyy', 'Nowhere/City')"),
              HasSubstr("unknown time zone"));
}

TEST_F(LibraryTest, TypesValuesForDynamoDb) {
  EXPECT_EQ(value("util.dynamodb.toDynamoDB({a: 'x', b: 12345, c: [true, null], d: {}})"),
            R"({"M":{"a":{"S":"x"},"b":{"N":12345},"c":{"L":[{"BOOL":true},{"NULL":null}]},)"
            R"("d":{"M":{}}}})");
  EXPECT_EQ(value("util.dynamodb.toMapValues({a: 1})"), R"({"a":{"N":1}})");
  EXPECT_EQ(value("util.dynamodb.toNumberSet([1, 23, 4.56])"), R"({"NS":[1,23,4.56]})");
  EXPECT_EQ(value("util.dynamodb.toString(null)"), "null");
  EXPECT_EQ(value("util.dynamodb.toS3Object('k', 'b', 'r')"),
            R"({"S":"{\"s3\":{\"key\":\"k\",\"bucket\":\"b\",\"region\":\"r\"}}"})");
}

TEST_F(LibraryTest, WritesConditionsAsTheRealRuntimeDoes) {
  EXPECT_EQ(value("util.transform.toDynamoDBFilterExpression({title: {contains: 'Hello World'}})"),
            R"("{\"expression\":\"(contains(#title,:title_contains))\",)"
            R"(\"expressionNames\":{\"#title\":\"title\"},)"
            R"(\"expressionValues\":{\":title_contains\":{\"S\":\"Hello World\"}}}")");
  EXPECT_THAT(value("util.transform.toDynamoDBConditionExpression("
                    "{id: {attributeExists: true}, version: {eq: 10}})"),
              HasSubstr("(attribute_exists(#id)) AND (#version = :version_eq)"));
}

TEST_F(LibraryTest, MakesDynamoDbRequests) {
  EXPECT_EQ(value("ddb.get({key: {id: '1'}})"),
            R"({"operation":"GetItem","key":{"id":{"S":"1"}}})");
  EXPECT_EQ(value("ddb.put({key: {id: '1'}, item: {a: 1}})"),
            R"({"operation":"PutItem","key":{"id":{"S":"1"}},"attributeValues":{"a":{"N":1}}})");
  EXPECT_EQ(value("ddb.batchPut({tables: {t: [{id: '1'}]}})"),
            R"({"operation":"BatchPutItem","tables":{"t":[{"id":{"S":"1"}}]}})");
  EXPECT_EQ(value("ddb.update({key: {id: '1'}, update: {a: 1, b: ddb.operations.increment(2), "
                  "c: ddb.operations.append(['x']), d: ddb.operations.remove(), e: null}})"),
            R"({"operation":"UpdateItem","key":{"id":{"S":"1"}},"update":{"expression":)"
            R"("SET #expName_1 = :expValue_1, #expName_2 = #expName_2 + :expValue_2, )"
            R"(#expName_3 = list_append(#expName_3, :expValue_3), #expName_5 = :expValue_5 )"
            R"(REMOVE #expName_4","expressionNames":{"#expName_1":"a","#expName_2":"b",)"
            R"("#expName_3":"c","#expName_4":"d","#expName_5":"e"},"expressionValues":)"
            R"({":expValue_1":{"N":1},":expValue_2":{"N":2},":expValue_3":{"L":[{"S":"x"}]},)"
            R"(":expValue_5":{"NULL":null}}}})");
  EXPECT_EQ(value("ddb.query({query: {pk: {eq: 'a'}, sk: {beginsWith: 'b'}}, limit: 5, index: null})"),
            R"({"operation":"Query","query":{"expression":"#pk = :pk_eq AND )"
            R"x(begins_with(#sk,:sk_beginsWith)","expressionNames":{"#pk":"pk","#sk":"sk"},)x"
            R"("expressionValues":{":pk_eq":{"S":"a"},":sk_beginsWith":{"S":"b"}}},"limit":5})");
  EXPECT_EQ(value("ddb.operations.increment(1)"), R"({"type":"OPERATION_INCREMENT","by":1})");
}

TEST_F(LibraryTest, MakesSqlStatements) {
  EXPECT_EQ(
      value("rds.createPgStatement(rds.select({table: 'UserGroup', columns: ['id', 'name'], "
            "where: {or: [{name: {eq: 'a'}}, {id: {gt: 1}}]}, orderBy: [{column: 'name'}, "
            "{column: 'id', dir: 'DESC'}], limit: 5, offset: 10}))"),
      R"({"statements":["SELECT \"id\", \"name\" FROM \"UserGroup\" WHERE (\"name\" = :P0) OR )"
      R"((\"id\" > :P1) ORDER BY \"name\" ASC, \"id\" DESC LIMIT :P2 OFFSET :P3"],"variableMap":)"
      R"({":P0":"a",":P1":1,":P2":5,":P3":10},"variableTypeHintMap":{}})");
  EXPECT_EQ(value("rds.createPgStatement(rds.insert({table: 'persons', values: {name: 'x', "
                  "country: null}, returning: '*'})).statements[0]"),
            R"("INSERT INTO \"persons\" (\"name\", \"country\") VALUES (:P0, NULL) RETURNING *")");
  EXPECT_EQ(value("rds.createPgStatement(rds.remove({table: 'persons', where: {id: {eq: 1}}, "
                  "returning: ['id', 'name']}), rds.sql`SELECT ${rds.typeHint.UUID('u')}`)"),
            R"({"statements":["DELETE FROM \"persons\" WHERE \"id\" = :P0 RETURNING \"id\", )"
            R"(\"name\"","SELECT :P1"],"variableMap":{":P0":1,":P1":"u"},)"
            R"("variableTypeHintMap":{":P1":"UUID"}})");
  EXPECT_THAT(value("rds.createMySQLStatement(rds.update({table: 't', values: {a: 1}, "
                    "returning: '*'}))"),
              HasSubstr("returning is not supported in MySQL."));
  EXPECT_THAT(value("rds.createPgStatement(rds.select({table: 't', where: {id: {near: 1}}}))"),
              HasSubstr("Unsupported condition id.near."));
}

TEST_F(LibraryTest, ReadsRowsOfSql) {
  EXPECT_EQ(value("rds.toJsonObject(ctx.text)",
                  R"({"text":"{\"sqlStatementResults\":[{\"records\":[[{\"longValue\":1},)"
                  R"({\"isNull\":true},{\"stringValue\":\"x\"}]],\"columnMetadata\":[{\"name\":)"
                  R"(\"id\"},{\"name\":\"a\"},{\"name\":\"b\",\"label\":\"c\"}]},{}]}"})"),
            R"([[{"id":1,"c":"x"}],[{}]])");
  EXPECT_EQ(value("rds.toJsonObject('nonsense')"), "null");
}

TEST_F(LibraryTest, ReadsXml) {
  EXPECT_EQ(value("util.xml.toMap('<?xml version=\"1.0\"?><posts><post id=\"7\"><id>1</id>"
                  "<title>a &amp; b</title></post><x/><x>2</x></posts>')"),
            R"({"posts":{"post":{"id":[7,1],"title":"a & b"},"x":["",2]}})");
  EXPECT_EQ(value("util.xml.toMap('<a><b></a>')"), "null");
  EXPECT_EQ(value("util.xml.toJsonString('<a>1</a>', true)"), R"("\"{\\\"a\\\":1}\"")");
}

TEST_F(LibraryTest, NamesTheModeOfTheCaller) {
  EXPECT_EQ(value("util.authType()"), "\"API Key Authorization\"");
  EXPECT_EQ(value("util.authType()", R"({"identity":{"userArn":"a"}})"), "\"IAM Authorization\"");
  EXPECT_EQ(value("util.authType()", R"({"identity":{"defaultAuthStrategy":"ALLOW"}})"),
            "\"User Pool Authorization\"");
}

TEST_F(LibraryTest, ForwardsToModels) {
  EXPECT_EQ(value("ai.invokeModel({modelId: 'm'})"),
            R"({"operation":"InvokeModel","modelId":"m"})");
}

TEST_F(LibraryTest, HasExtensionsThatDoNothing) {
  EXPECT_EQ(value("[extensions.setSubscriptionFilter({}), util.http.addResponseHeader('a', 'b')]"),
            "[null,null]");
}

TEST(ZoneTable, KnowsOffsetsOfThePast) {
  const auto zones = ZoneTable::read();
  ASSERT_GT(zones->size(), 300u);
  EXPECT_EQ(zones->offset("Europe/Berlin", 1517943695), 3600);
  EXPECT_EQ(zones->offset("Europe/Berlin", 1530000000), 7200);
  EXPECT_EQ(zones->offset("America/New_York", 1530000000), -14400);
  EXPECT_EQ(zones->offset("Nowhere", 0), std::nullopt);
}

TEST(ZoneTable, IsEmptyWithoutItsFolder) { EXPECT_EQ(ZoneTable::read("/nonexistent")->size(), 0u); }

}  // namespace
}  // namespace eventsd::handler
