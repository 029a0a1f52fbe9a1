#include "admin/api_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using admin_test::ask;
using admin_test::header;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

// One API, "api1". Keys whose id begins with "file" are the configuration's.
class Directory final : public ApiKeyDirectory {
 public:
  Result<std::vector<ApiKeyRecord>> list(const std::string& api_id) const override {
    if (api_id != "api1") return fail(ErrorKind::not_found, "API does not exist");
    return keys;
  }
  Result<ApiKeyRecord> create(const std::string&, std::string description,
                              std::int64_t expires) override {
    keys.push_back({"da2-" + std::to_string(keys.size()), std::move(description), expires});
    return keys.back();
  }
  Result<ApiKeyRecord> update(const std::string&, const std::string& id,
                              std::optional<std::string> description,
                              std::optional<std::int64_t> expires) override {
    const auto found = find(id);
    if (!found) return found.error();
    if (description) (*found)->description = *description;
    if (expires) (*found)->expires = expires;
    return **found;
  }
  Result<void> remove(const std::string&, const std::string& id) override {
    const auto found = find(id);
    if (!found) return found.error();
    keys.erase(*found);
    return {};
  }
  std::vector<ApiKeyRecord> keys;

 private:
  Result<std::vector<ApiKeyRecord>::iterator> find(const std::string& id) {
    if (id.starts_with("file")) return fail(ErrorKind::conflict, "defined in eventsd.yaml:12");
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [&](const ApiKeyRecord& key) { return key.id == id; });
    if (found == keys.end()) return fail(ErrorKind::not_found, "No such API key");
    return found;
  }
};

class ApiKeys : public ::testing::Test {
 protected:
  server::HttpResponse create(const json& body) {
    return ask(router_, "POST", "/v1/apis/api1/apikeys", body.dump());
  }
  // The expiry that a key gets which asks for `expires`; 0: refused as out of bounds.
  std::int64_t expiry_for(std::int64_t expires) {
    const server::HttpResponse response = create({{"expires", expires}});
    if (response.status == 200) return json::parse(response.body)["apiKey"]["expires"];
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "ApiKeyValidityOutOfBoundsException");
    return 0;
  }
  Directory directory_;
  server::HttpRouter router_{api_key_routes(
      directory_, [](std::string_view, server::HttpFunction function) { return function; },
      [] { return kNow; })};
};

TEST_F(ApiKeys, EveryOperationStandsBehindTheGuardUnderItsOwnName) {
  std::vector<std::string> guarded;
  const auto routes = api_key_routes(
      directory_,
      [&](std::string_view operation, server::HttpFunction function) {
        guarded.emplace_back(operation);
        return function;
      },
      [] { return kNow; });
  EXPECT_EQ(guarded, (std::vector<std::string>{"ListApiKeys", "CreateApiKey", "UpdateApiKey",
                                               "DeleteApiKey"}));
  EXPECT_EQ(guarded.size(), routes.size());
}

TEST_F(ApiKeys, AreListedWithTheirExpiry) {
  directory_.keys = {{"file-key", "web", std::nullopt}, {"da2-x", "", kNow}};
  const json keys = json::parse(ask(router_, "GET", "/v1/apis/api1/apikeys").body)["apiKeys"];
  EXPECT_EQ(keys[0], (json{{"id", "file-key"}, {"description", "web"}}));
  EXPECT_EQ(keys[1]["expires"], kNow);
  EXPECT_EQ(keys[1]["deletes"], kNow + 60 * kDay);
}

TEST_F(ApiKeys, AreMadeForSevenDaysWhenNothingIsSaid) {
  const server::HttpResponse response = ask(router_, "POST", "/v1/apis/api1/apikeys");
  EXPECT_EQ(response.status, 200);
  const std::int64_t expires = json::parse(response.body)["apiKey"]["expires"];
  EXPECT_EQ(expires, (kNow + 7 * kDay) / kHour * kHour);
}

TEST_F(ApiKeys, ExpireOnTheHour) { EXPECT_EQ(expiry_for(kNow + 2 * kDay) % kHour, 0); }

TEST_F(ApiKeys, LiveFromOneTo365Days) {
  EXPECT_NE(expiry_for(kNow + kDay), 0);
  EXPECT_NE(expiry_for(kNow + 365 * kDay), 0);
  EXPECT_EQ(expiry_for(kNow + 365 * kDay + 1), 0);
  EXPECT_EQ(expiry_for(kNow + kDay - 2 * kHour), 0);
  EXPECT_EQ(expiry_for(kNow), 0);
  EXPECT_EQ(expiry_for(-1), 0);
  EXPECT_EQ(expiry_for(INT64_MAX), 0);
  EXPECT_EQ(expiry_for(INT64_MIN), 0);
}

TEST_F(ApiKeys, AreFiftyAtTheMostTheFilesIncluded) {
  for (int i = 0; i < 49; ++i) directory_.keys.push_back({"file" + std::to_string(i), "", {}});
  EXPECT_EQ(create(json::object()).status, 200);
  const server::HttpResponse response = create(json::object());
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(header(response, "x-amzn-ErrorType"), "ApiKeyLimitExceededException");
  EXPECT_EQ(directory_.keys.size(), 50u);
}

TEST_F(ApiKeys, OfTheFileAreRefusedWithTheirPlace) {
  for (const char* method : {"POST", "DELETE"}) {
    const server::HttpResponse response = ask(router_, method, "/v1/apis/api1/apikeys/file-key");
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "ConflictException");
    EXPECT_THAT(response.body, HasSubstr("eventsd.yaml:12"));
  }
}

TEST_F(ApiKeys, KeepWhatAnUpdateDoesNotName) {
  directory_.keys = {{"da2-x", "before", kNow + 9 * kDay}};
  EXPECT_EQ(
      ask(router_, "POST", "/v1/apis/api1/apikeys/da2-x", R"({"description":"after"})").status,
      200);
  EXPECT_EQ(directory_.keys[0].description, "after");
  EXPECT_EQ(directory_.keys[0].expires, kNow + 9 * kDay);
}

TEST_F(ApiKeys, AreNotUpdatedToAnExpiryOutOfBounds) {
  directory_.keys = {{"da2-x", "", kNow + 9 * kDay}};
  EXPECT_EQ(ask(router_, "POST", "/v1/apis/api1/apikeys/da2-x", R"({"expires":1})").status, 400);
  EXPECT_EQ(directory_.keys[0].expires, kNow + 9 * kDay);
}

TEST_F(ApiKeys, AreDeletedWithAnEmptyObject) {
  directory_.keys = {{"da2-x", "", kNow}};
  EXPECT_EQ(ask(router_, "DELETE", "/v1/apis/api1/apikeys/da2-x").body, "{}");
  EXPECT_TRUE(directory_.keys.empty());
}

TEST_F(ApiKeys, ThatDoNotExistAre404) {
  EXPECT_EQ(ask(router_, "DELETE", "/v1/apis/api1/apikeys/da2-x").status, 404);
  EXPECT_EQ(ask(router_, "GET", "/v1/apis/api2/apikeys").status, 404);
  EXPECT_EQ(ask(router_, "POST", "/v1/apis/api2/apikeys").status, 404);
}

TEST_F(ApiKeys, RefuseABodyThatIsNotWhatItShouldBe) {
  for (const std::string& body :
       {std::string("["), std::string("[]"), std::string("1"), std::string(R"({"expires":"1"})"),
        std::string(R"({"expires":1.5})"), std::string(R"({"description":1})"),
        std::string("{\"description\":\"\xff\"}"), std::string(100'000, '['),
        json{{"description", std::string(301, 'x')}}.dump()}) {
    const server::HttpResponse response = ask(router_, "POST", "/v1/apis/api1/apikeys", body);
    EXPECT_EQ(response.status, 400) << body.substr(0, 60);
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "BadRequestException");
  }
  EXPECT_TRUE(directory_.keys.empty());
}

}  // namespace
}  // namespace eventsd::admin
