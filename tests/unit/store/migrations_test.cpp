#include "store/migrations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/store/support/store_fixture.hpp"

namespace eventsd::store_test {
namespace {

using store::Connection;
using testing::HasSubstr;

class MigrationsTest : public testing::Test {
 protected:
  Connection open() {
    auto opened = Connection::open(folder_.database(), "", store::OpenMode::read_write);
    EXPECT_TRUE(opened.has_value());
    return std::move(*opened);
  }
  static std::int64_t number(Connection& connection, const char* sql) {
    const auto found = connection.query_integer(sql);
    EXPECT_TRUE(found.has_value()) << sql;
    return found ? *found : -1;
  }

  TempFolder folder_;
};

TEST_F(MigrationsTest, VersionsCountFromOneWithoutGaps) {
  int version = 0;
  for (const store::Migration& step : store::migrations()) EXPECT_EQ(step.version, ++version);
}

TEST_F(MigrationsTest, VersionOneMakesTheTablesOfNamespacesChannelsAndEvents) {
  Connection connection = open();
  ASSERT_TRUE(store::migrate(connection, store::migrations().first(1)));
  EXPECT_EQ(number(connection, "PRAGMA user_version"), 1);
  EXPECT_EQ(number(connection, "PRAGMA application_id"), store::kApplicationId);
  EXPECT_EQ(number(connection,
                   "SELECT count(*) FROM sqlite_schema WHERE name IN"
                   " ('namespace', 'channel', 'event', 'event_by_channel')"),
            4);
}

TEST_F(MigrationsTest, ASecondRunChangesNothing) {
  Connection connection = open();
  ASSERT_TRUE(store::migrate(connection, store::migrations()));
  const std::int64_t before = number(connection, "PRAGMA schema_version");
  ASSERT_TRUE(store::migrate(connection, store::migrations()));
  EXPECT_EQ(number(connection, "PRAGMA schema_version"), before);
}

TEST_F(MigrationsTest, AStepThatFailsLeavesTheVersionBeforeIt) {
  Connection connection = open();
  const store::Migration steps[] = {store::migrations()[0],
                                    {2, "CREATE TABLE more (x); CREATE TABLE more (x);"}};
  EXPECT_FALSE(store::migrate(connection, steps));
  EXPECT_EQ(number(connection, "PRAGMA user_version"), 1);
  EXPECT_EQ(number(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'more'"), 0);
}

TEST_F(MigrationsTest, AFileOfANewerVersionIsRefusedWithAClearText) {
  {
    Connection connection = open();
    ASSERT_TRUE(store::migrate(connection, store::migrations()));
    ASSERT_TRUE(connection.execute("PRAGMA user_version=99"));
  }
  StoreOptions options;
  options.path = folder_.database();
  options.reserve_bytes = 0;
  StoreUnderTest store(options);
  EXPECT_EQ(store.store().health().state, StoreHealth::State::failed);
  EXPECT_THAT(store.store().health().detail, HasSubstr("format 99"));
  Connection connection = open();
  EXPECT_EQ(number(connection, "PRAGMA user_version"), 99);
}

TEST_F(MigrationsTest, AnotherProgramsFileIsRefusedAndNotTouched) {
  {
    Connection connection = open();
    ASSERT_TRUE(connection.execute("CREATE TABLE theirs (x)"));
  }
  Connection connection = open();
  const auto done = store::migrate(connection, store::migrations());
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("not an eventsd event history"));
  EXPECT_EQ(number(connection, "SELECT count(*) FROM sqlite_schema"), 1);
}

}  // namespace
}  // namespace eventsd::store_test
