#include "core/snapshot.hpp"

#include <gtest/gtest.h>

#include "unit/core/support/api_fixture.hpp"

namespace eventsd::core {
namespace {

Snapshot two_apis() {
  Snapshot snapshot;
  for (const char* domain : {"one.example.com", "two.example.com"}) {
    auto api = std::make_shared<Api>();
    api->id = domain;
    api->domains = {domain, "[::1]"};
    snapshot.apis.push_back(std::move(api));
  }
  return snapshot;
}

TEST(Snapshot, FindsTheApiOfADomain) {
  const Snapshot snapshot = two_apis();
  EXPECT_EQ(snapshot.api_for_host("two.example.com")->id, "two.example.com");
}

TEST(Snapshot, IgnoresPortAndCaseOfTheHost) {
  const Snapshot snapshot = two_apis();
  EXPECT_EQ(snapshot.api_for_host("TWO.Example.com:8080")->id, "two.example.com");
}

TEST(Snapshot, KeepsTheColonsOfAnIpv6Literal) {
  Snapshot snapshot = two_apis();
  auto literal = std::make_shared<Api>();
  literal->id = "literal";
  literal->domains = {"[2001:db8::1]"};
  snapshot.apis.push_back(literal);
  EXPECT_EQ(snapshot.api_for_host("[2001:DB8::1]:8080")->id, "literal");
  EXPECT_EQ(snapshot.api_for_host("[2001:db8::1]")->id, "literal");
}

TEST(Snapshot, AnswersUnknownHostsWithTheFirstApi) {
  const Snapshot snapshot = two_apis();
  for (const char* host : {"", ":", "example.com", "two.example.com.evil.org"}) {
    EXPECT_EQ(snapshot.api_for_host(host)->id, "one.example.com") << host;
  }
}

TEST(Snapshot, AsksNoDomainOfAnOnlyApi) {
  Snapshot snapshot = two_apis();
  snapshot.apis.pop_back();
  EXPECT_EQ(snapshot.api_for_host("two.example.com")->id, "one.example.com");
}

TEST(Api, FindsANamespaceByItsWholeName) {
  const auto api = test::make_api();
  EXPECT_EQ(api->find_namespace("default")->name, "default");
  EXPECT_EQ(api->find_namespace("defaul"), nullptr);
  EXPECT_EQ(api->find_namespace(""), nullptr);
}

}  // namespace
}  // namespace eventsd::core
