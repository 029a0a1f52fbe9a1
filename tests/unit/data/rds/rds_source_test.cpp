// The data source beside a real PostgreSQL.
#include "data/rds/rds_source.hpp"

#include <gmock/gmock.h>

#include <iostream>

#include "unit/data/rds/postgres_server.hpp"
#include "unit/data/rds/tcp_front.hpp"
#include "unit/data/support/source_world.hpp"

namespace eventsd::data::rds {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<test::PostgresServer> server;

class RdsSourceTest : public test::SourceWorld {
 protected:
  DataSource& make(RdsSourceOptions options) {
    options.name = "pg";
    if (options.connection_string.empty()) {
      options.connection_string = server->connection_string();
    }
    auto made = make_rds_source(std::move(options), calls);
    EXPECT_TRUE(made) << made.error().message;
    return *(source_ = *made);
  }
  DataSource& source() { return source_ ? *source_ : make({}); }

  // A request of these statements, with variables and hints as JSON objects.
  static std::string request(std::initializer_list<std::string> statements,
                             const std::string& variables = "{}", const std::string& hints = "{}") {
    return Json({{"statements", statements},
                 {"variableMap", Json::parse(variables)},
                 {"variableTypeHintMap", Json::parse(hints)}})
        .dump();
  }
  // The statements' results of a call that must succeed.
  Json results(const std::string& request) {
    const Json text = result(source(), request);
    EXPECT_TRUE(text.is_string()) << "ctx.result is a JSON string";
    return Json::parse(text.get<std::string>())["sqlStatementResults"];
  }
  // The first field of the first row.
  Json field(const std::string& sql, const std::string& variables = "{}",
             const std::string& hints = "{}") {
    return results(request({sql}, variables, hints))[0]["records"][0][0];
  }
  std::string error(const std::string& sql, const std::string& variables = "{}") {
    const DataSourceAnswer answer = call(source(), request({sql}, variables));
    EXPECT_EQ(answer.invalid_request, "");
    return answer.error_type + " " + answer.error_message;
  }

  std::shared_ptr<DataSource> source_;
};

TEST_F(RdsSourceTest, GivesEachTypeItsKind) {
  const Json row = results(request({R"(SELECT 1::int2, 2::int4, 3::int8, 4::oid, 0.5::float4,
    1e20::float8, 12.50::numeric(10,2), true, 'a"ü', 'b'::varchar(5), '\x00ff'::bytea, NULL::int,
    '2026-01-31'::date, '2026-01-31 12:00:00.5'::timestamp, '2026-01-31 12:00:00+09'::timestamptz,
    '{"a":1}'::jsonb, ARRAY[1,NULL], ARRAY['x','y "z"'], '{{1,2},{3,4}}'::int8[],
    '0b2f4c1e-0000-4000-8000-000000000000'::uuid, 'NaN'::float8)"}))[0]["records"][0];
  EXPECT_EQ(row, Json::parse(R"([{"longValue":1},{"longValue":2},{"longValue":3},{"longValue":4},
    {"doubleValue":0.5},{"doubleValue":1e20},{"stringValue":"12.50"},{"booleanValue":true},
    {"stringValue":"a\"ü"},{"stringValue":"b"},{"blobValue":"AP8="},{"isNull":true},
    {"stringValue":"2026-01-31"},{"stringValue":"2026-01-31 12:00:00.5"},
    {"stringValue":"2026-01-31 03:00:00+00"},{"stringValue":"{\"a\": 1}"},
    {"arrayValue":{"longValues":[1,null]}},{"arrayValue":{"stringValues":["x","y \"z\""]}},
    {"arrayValue":{"arrayValues":[{"longValues":[1,2]},{"longValues":[3,4]}]}},
    {"stringValue":"0b2f4c1e-0000-4000-8000-000000000000"},{"stringValue":"NaN"}])"));
}

TEST_F(RdsSourceTest, DescribesColumns) {
  const Json columns =
      results(request({"SELECT 1 AS id, 'a'::varchar(20) AS \"Name\""}))[0]["columnMetadata"];
  EXPECT_EQ(columns[0]["label"], "id");
  EXPECT_EQ(columns[0]["typeName"], "int4");
  EXPECT_EQ(columns[1]["name"], "Name");
  EXPECT_EQ(columns[1]["precision"], 20);
}

TEST_F(RdsSourceTest, BindsVariablesInstead0fWritingThemIntoTheStatement) {
  EXPECT_EQ(field("SELECT :P0::text", R"({":P0":"'; DROP TABLE x; --"})"),
            Json({{"stringValue", "'; DROP TABLE x; --"}}));
  EXPECT_EQ(field("SELECT :P0", R"({":P0":5})"), Json({{"longValue", 5}}));
  EXPECT_EQ(field("SELECT :P0", R"({":P0":0.25})"), Json({{"doubleValue", 0.25}}));
  EXPECT_EQ(field("SELECT :P0", R"({":P0":true})"), Json({{"booleanValue", true}}));
  EXPECT_EQ(field("SELECT :P0::int", R"({":P0":null})"), Json({{"isNull", true}}));
  EXPECT_EQ(field("SELECT ':P0' || :P0 || $$:P0$$ -- :P1", R"({":P0":"-"})"),
            Json({{"stringValue", ":P0-:P0"}}));
  EXPECT_EQ(field("SELECT count(*) FROM generate_series(1,9) n WHERE n > :P0 AND n <= :P0 + :P1",
                  R"({":P0":3,":P1":2})"),
            Json({{"longValue", 2}}));
}

TEST_F(RdsSourceTest, CastsByHints) {
  EXPECT_EQ(field("SELECT pg_typeof(:P0)::text",
                  R"({":P0":"0b2f4c1e-0000-4000-8000-000000000000"})", R"({":P0":"UUID"})"),
            Json({{"stringValue", "uuid"}}));
  EXPECT_EQ(field("SELECT pg_typeof(:P0)::text", R"({":P0":"1.5"})", R"({":P0":"DECIMAL"})"),
            Json({{"stringValue", "numeric"}}));
  EXPECT_EQ(field("SELECT :P0 ->> 'a'", R"({":P0":{"a":"b"}})", R"({":P0":"JSON"})"),
            Json({{"stringValue", "b"}}));
  EXPECT_EQ(field("SELECT pg_typeof(:P0)::text", R"({":P0":"2026-01-31T12:00:00.000Z"})",
                  R"({":P0":"TIMESTAMP"})"),
            Json({{"stringValue", "timestamp without time zone"}}));
  EXPECT_EQ(field("SELECT '2026-01-31 21:00+09'::timestamptz = :P0",
                  R"({":P0":"2026-01-31T12:00:00.000Z"})", R"({":P0":"TIMESTAMP"})"),
            Json({{"booleanValue", true}}));
}

// Text takes the type of its place; where there is none, or two, the Data API's.
TEST_F(RdsSourceTest, FindsTypesForTextOneWayOrTheOther) {
  EXPECT_EQ(field("SELECT 5 = :P0", R"({":P0":"5"})"), Json({{"booleanValue", true}}));
  EXPECT_EQ(field("SELECT :P0 IS NULL", R"({":P0":"x"})"), Json({{"booleanValue", false}}));
  EXPECT_EQ(field("SELECT to_jsonb(:P0)::text", R"({":P0":"x"})"),
            Json({{"stringValue", "\"x\""}}));
  EXPECT_EQ(field("SELECT jsonb_build_object('a', :P0)::text", R"({":P0":"x"})"),
            Json({{"stringValue", R"({"a": "x"})"}}));
}

TEST_F(RdsSourceTest, RunsTwoStatementsInOneTransaction) {
  results(request({"CREATE TABLE pair (id int PRIMARY KEY, name text)"}));
  Json both = results(request(
      {"INSERT INTO pair VALUES (:P0, :P1), (2, 'b')", "SELECT id, name FROM pair WHERE id = :P0"},
      R"({":P0":1,":P1":"a"})"));
  EXPECT_EQ(both[0], Json::parse(R"({"numberOfRecordsUpdated":2,"generatedFields":[]})"));
  EXPECT_EQ(both[1]["records"], Json::parse(R"([[{"longValue":1},{"stringValue":"a"}]])"));
  both = results(request({"UPDATE pair SET name = 'c' WHERE id = 1 RETURNING id, name"}));
  EXPECT_EQ(both[0]["numberOfRecordsUpdated"], 1);
  EXPECT_EQ(both[0]["records"], Json::parse(R"([[{"longValue":1},{"stringValue":"c"}]])"));

  const DataSourceAnswer failed = call(
      source(), request({"INSERT INTO pair VALUES (3, 'c')", "INSERT INTO pair VALUES (1, 'd')"}));
  EXPECT_EQ(failed.error_type, "RDS:DatabaseErrorException");
  EXPECT_EQ(failed.error_message,
            "ERROR: duplicate key value violates unique constraint \"pair_pkey\"; SQLState: 23505");
  EXPECT_EQ(failed.result, "null");
  EXPECT_EQ(field("SELECT count(*) FROM pair"), Json({{"longValue", 2}})) << "rolled back";
  EXPECT_EQ(results(request({"SELECT id FROM pair WHERE id = 9"}))[0]["records"], Json::array());
  results(request({"DROP TABLE pair"}));
}

TEST_F(RdsSourceTest, TellsWhatTheServerSays) {
  EXPECT_EQ(
      error("SELECT * FROM absent"),
      "RDS:DatabaseErrorException ERROR: relation \"absent\" does not exist; SQLState: 42P01");
  EXPECT_THAT(error("SELEC 1"), HasSubstr("syntax error at or near \"SELEC\""));
  EXPECT_THAT(error("SELECT 1; SELECT 2"), HasSubstr("multiple commands"));
  EXPECT_THAT(error(""), HasSubstr("the statement is empty"));
  EXPECT_THAT(error("COPY pg_class TO STDOUT"), EndsWith("not supported; SQLState: 0A000"));
  EXPECT_EQ(field("SELECT 1"), Json({{"longValue", 1}})) << "the next call is not touched";
}

TEST_F(RdsSourceTest, LeavesNothingOfOneCallToTheNext) {
  RdsSourceOptions options;
  options.max_connections = 1;
  make(options);
  const Json backend = field("SELECT pg_backend_pid()");
  results(request({"SET search_path = nowhere", "CREATE TEMPORARY TABLE mine (a int)"}));
  results(request({"COMMIT", "BEGIN"}));
  EXPECT_EQ(field("SHOW search_path"), Json({{"stringValue", "\"$user\", public"}}));
  EXPECT_THAT(error("SELECT * FROM mine"), HasSubstr("42P01"));
  EXPECT_EQ(field("SELECT pg_backend_pid()"), backend) << "it is the same connection";
  EXPECT_EQ(field("SHOW timezone"), Json({{"stringValue", "UTC"}}));
}

TEST_F(RdsSourceTest, UsesTheDatabaseAndTheSchemaOfItsOptions) {
  results(request({"CREATE SCHEMA \"my \"\"schema\""}));
  RdsSourceOptions options;
  options.database = "template1";
  options.schema = "my \"schema";
  make(options);
  EXPECT_EQ(field("SELECT current_database()::text"), Json({{"stringValue", "template1"}}));
  EXPECT_EQ(field("SHOW search_path"), Json({{"stringValue", "\"my \"\"schema\""}}));
}

TEST_F(RdsSourceTest, ServesManyCallsOverFewConnections) {
  test::TcpFront front(io, server->socket_path());
  RdsSourceOptions options;
  options.connection_string = "postgresql://postgres@127.0.0.1:" + std::to_string(front.port()) +
                              "/postgres?sslmode=disable";
  options.max_connections = 3;
  make(options);
  int answered = 0;
  TaskGroup group([](std::exception_ptr failure) { std::rethrow_exception(failure); });
  const auto ask = [](DataSource& source, std::string text, int& count) -> Task<void> {
    const DataSourceAnswer answer = co_await source.call({std::move(text), "", "", ""});
    count += answer.error_type.empty() ? 1 : 0;
  };
  for (int i = 0; i < 40; ++i) group.spawn(ask(source(), request({"SELECT 1"}), answered));
  while (group.running() > 0 && io.run_one_for(std::chrono::seconds(20)) > 0) {
  }
  EXPECT_EQ(answered, 40);
  EXPECT_LE(front.connections(), 3U);
}

TEST_F(RdsSourceTest, ConnectsAgainWhenAKeptConnectionHasBroken) {
  test::TcpFront front(io, server->socket_path());
  RdsSourceOptions options;  // a name, to be resolved
  options.connection_string = "host=localhost user=postgres dbname=postgres sslmode=disable port=" +
                              std::to_string(front.port());
  make(options);
  EXPECT_EQ(field("SELECT 1"), Json({{"longValue", 1}}));
  front.break_all();
  EXPECT_EQ(field("SELECT 2"), Json({{"longValue", 2}}));
  EXPECT_THAT(error("SELECT pg_terminate_backend(pg_backend_pid())"), HasSubstr("57P01"));
  EXPECT_EQ(field("SELECT 3"), Json({{"longValue", 3}}));
}

TEST_F(RdsSourceTest, GivesUpAConnectionThatFallsSilentBetweenCalls) {
  test::TcpFront front(io, server->socket_path());
  RdsSourceOptions options;
  options.connection_string = "postgresql://postgres@127.0.0.1:" + std::to_string(front.port()) +
                              "/postgres?sslmode=disable";
  options.max_connections = 1;
  options.wall_time = std::chrono::seconds(1);
  make(options);
  EXPECT_EQ(field("SELECT 1"), Json({{"longValue", 1}}));
  front.swallow();    // while its state is being discarded
  error("SELECT 2");  // waits for the only connection, and may do so in vain
  EXPECT_EQ(field("SELECT 3"), Json({{"longValue", 3}}));
}

TEST_F(RdsSourceTest, StopsStatementsThatTakeTooLong) {
  RdsSourceOptions options;
  options.wall_time = std::chrono::milliseconds(400);
  make(options);
  EXPECT_EQ(error("SELECT pg_sleep(20)"),
            "RDS:StatementTimeoutException ERROR: canceling statement due to statement timeout");
}

TEST_F(RdsSourceTest, GivesUpWhenADatabaseIsSilentOrAbsent) {
  test::TcpFront front(io, server->socket_path());
  front.fall_silent();
  RdsSourceOptions options;
  options.connection_string =
      "postgresql://postgres:hunter2@127.0.0.1:" + std::to_string(front.port()) + "/postgres";
  options.wall_time = std::chrono::milliseconds(50);
  make(options);
  EXPECT_THAT(error("SELECT 1"), HasSubstr("Execution timed out."));
  options.wall_time = std::chrono::seconds(10);
  options.connection_string = "host=/nowhere user=postgres";
  make(options);
  EXPECT_EQ(error("SELECT 1"), "RDS:DatabaseUnavailableException The database cannot be reached.");
  options.connection_string = "host=169.254.169.254 user=postgres";
  make(options);
  EXPECT_THAT(error("SELECT 1"), HasSubstr("cannot be reached"));
}

TEST_F(RdsSourceTest, BoundsWhatAResultTakes) {
  EXPECT_EQ(error("SELECT repeat('a', 1000) FROM generate_series(1, 10000)"),
            "RDS:ResultTooLargeException The result is larger than 5 MiB.");
  EXPECT_EQ(field("SELECT length(repeat('a', 1000000))"), Json({{"longValue", 1000000}}));
  const std::string long_text(3'000'000, 'x');
  EXPECT_EQ(field("SELECT length(:P0)", Json({{":P0", long_text}}).dump()),
            Json({{"longValue", 3000000}}))
      << "a statement larger than the socket's buffer";
}

TEST_F(RdsSourceTest, RefusesConnectionStringsWithoutShowingThem) {
  for (const char* text : {"", "postgresql://user:hunter2@[::1/db", "user=a hunter2",
                           "service=hunter2", "password='hunter2"}) {
    RdsSourceOptions options;
    options.connection_string = text;
    const auto made = make_rds_source(options, calls);
    ASSERT_FALSE(made) << text;
    EXPECT_THAT(made.error().message, Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace eventsd::data::rds

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  if (eventsd::test::PostgresServer::program_folder().empty()) {
    std::cout << "skipped: PostgreSQL's programs are not installed (scripts/setup test)\n";
    return 77;
  }
  eventsd::data::rds::server = std::make_unique<eventsd::test::PostgresServer>();
  const int code = RUN_ALL_TESTS();
  eventsd::data::rds::server.reset();
  return code;
}
