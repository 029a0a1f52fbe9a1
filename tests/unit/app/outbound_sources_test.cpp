#include "app/outbound_sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace eventsd::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class OutboundSourcesTest : public ::testing::Test {
 protected:
  DataSourceConfig of(DataSourceType type) {
    DataSourceConfig from;
    from.name = "one";
    from.type = type;
    return from;
  }
  // Empty: it can be made.
  std::string fault(const DataSourceConfig& from) {
    const auto made = OutboundSources(config_, calls_).make(from);
    if (made) EXPECT_NE(*made, nullptr);
    return made ? "" : made.error().message;
  }

  boost::asio::io_context io_{1};
  data::OutboundCalls calls_{io_};
  Config config_;
};

TEST_F(OutboundSourcesTest, NeedAnAddressForAFunction) {
  DataSourceConfig from = of(DataSourceType::lambda);
  from.lambda.function_arn = "arn:aws:lambda:us-east-1:000000000000:function:fn";
  EXPECT_THAT(fault(from),
              AllOf(HasSubstr("lambda.functions has no address"), HasSubstr("add it")));
  config_.lambda_functions = {{"fn", "http://127.0.0.1:9001", {}}};
  EXPECT_EQ(fault(from), "");
}

TEST_F(OutboundSourcesTest, NeedAnHttpEndpoint) {
  DataSourceConfig from = of(DataSourceType::http);
  from.http.endpoint = "ws://127.0.0.1/";
  EXPECT_THAT(fault(from), HasSubstr("neither http nor https"));
  from.http.endpoint = "https://127.0.0.1/";
  EXPECT_EQ(fault(from), "");
}

TEST_F(OutboundSourcesTest, TakeTheConnectionStringOfTheirCluster) {
  DataSourceConfig from = of(DataSourceType::relational_database);
  from.relational.db_cluster_identifier = "arn:aws:rds:us-east-1:000000000000:cluster:chat";
  EXPECT_THAT(fault(from), AllOf(HasSubstr("rds has no connection string"), HasSubstr("add it")));
  config_.rds = {{from.relational.db_cluster_identifier, "password=hunter2 nonsense", {}}};
  EXPECT_THAT(fault(from), AllOf(HasSubstr("connectionString: "), Not(HasSubstr("hunter2"))));
  config_.rds[0].address = "postgresql://postgres@127.0.0.1/chat";
  EXPECT_EQ(fault(from), "");
}

TEST_F(OutboundSourcesTest, ReadTheAddressesOfBusesDomainsAndModels) {
  DataSourceConfig bus = of(DataSourceType::event_bridge);
  bus.event_bridge.event_bus_arn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
  EXPECT_EQ(fault(bus), "") << "calls fail";
  config_.event_bridge = {{bus.event_bridge.event_bus_arn, "webhook+http://127.0.0.1/", {}}};
  EXPECT_EQ(fault(bus), "");
  config_.event_bridge[0].address = "webhook+ftp://127.0.0.1/";
  EXPECT_THAT(fault(bus), HasSubstr("eventBridge: "));

  DataSourceConfig domain = of(DataSourceType::open_search);
  domain.open_search.endpoint = "https://search-chat.us-east-1.es.amazonaws.com";
  config_.open_search = {{domain.open_search.endpoint, "ws://127.0.0.1:9200", {}}};
  EXPECT_THAT(fault(domain), HasSubstr("ws://127.0.0.1:9200"));

  config_.bedrock = {{"*", "http://127.0.0.1:1", {}}, {"m", "mailto:m", {}}};
  EXPECT_THAT(fault(of(DataSourceType::bedrock_runtime)), HasSubstr("bedrock: "));
}

TEST_F(OutboundSourcesTest, AreCheckedWithoutBeingUsed) {
  DataSourceConfig good = of(DataSourceType::http);
  good.http.endpoint = "http://127.0.0.1/";
  DataSourceConfig bad = of(DataSourceType::relational_database);
  bad.name = "pg";
  bad.relational.connection_string = "password=hunter2 nonsense";
  bad.place = {"e.yaml", 7, 5};
  config_.apis.emplace_back();
  config_.apis[0].data_sources = {good, of(DataSourceType::none), bad,
                                  of(DataSourceType::dynamodb)};
  const auto faults = find_outbound_faults(config_);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].place.line, 7);
  EXPECT_THAT(faults[0].message, AllOf(HasSubstr("data source \"pg\": connectionString: "),
                                       Not(HasSubstr("hunter2"))));
}

TEST_F(OutboundSourcesTest, ReadTheTrustedCertificatesOnce) {
  config_.outbound.ca_file = "/nowhere/ca.pem";
  DataSourceConfig from = of(DataSourceType::http);
  from.http.endpoint = "https://127.0.0.1/";
  EXPECT_THAT(fault(from), HasSubstr("outbound.caFile: "));
}

}  // namespace
}  // namespace eventsd::app
