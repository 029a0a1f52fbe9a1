#include "auth/jwks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "net/self_signed.hpp"
#include "net/tls_context.hpp"
#include "unit/auth/support/token_world.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::auth {
namespace {

using auth_test::key_set;
using auth_test::TestKey;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kKeys = "/.well-known/jwks.json";

class Keys : public auth_test::TokenWorld {
 protected:
  Keys() { server_.publish(key_set({one_.jwk("one")})); }

  KeyDirectory& directory() {
    if (!directory_) directory_.emplace(io_, connect_, times_, &steady_clock);
    return *directory_;
  }
  std::shared_ptr<KeySource> source(KeyLookup lookup = KeyLookup::cognito) {
    auto made = directory().source(server_.url(), lookup);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  Result<PublicKeyPtr> find(KeySource& source, const std::string& kid,
                            JwtAlgorithm algorithm = JwtAlgorithm::es256) {
    std::optional<Result<PublicKeyPtr>> answer;
    source.find(kid, algorithm, [&](Result<PublicKeyPtr> key) { answer.emplace(std::move(key)); });
    EXPECT_TRUE(run_until([&] { return answer.has_value(); }));
    return *answer;
  }
  std::string reason(KeySource& source, const std::string& kid) {
    const auto found = find(source, kid);
    return found ? "" : found.error().reason;
  }
  std::size_t fetches() const {
    return static_cast<std::size_t>(
        std::count(server_.requests().begin(), server_.requests().end(), kKeys));
  }

  const TestKey one_ = TestKey::make_ec("P-256");
  const TestKey two_ = TestKey::make_ec("P-256");
  auth_test::IssuerServer server_{io_};
  std::optional<KeyDirectory> directory_;
};

TEST_F(Keys, AreFetchedBeforeAnybodyAsks) {
  const auto keys = source();
  EXPECT_TRUE(run_until([&] { return fetches() == 1; }));
  EXPECT_TRUE(find(*keys, "one"));
  EXPECT_EQ(fetches(), 1u);
}

TEST_F(Keys, AreFoundByDiscovery) {
  const auto keys = source(KeyLookup::open_id_connect);
  EXPECT_TRUE(find(*keys, "one"));
  EXPECT_THAT(server_.requests(), ElementsAre("/.well-known/openid-configuration", kKeys));
}

TEST_F(Keys, AreFetchedOnceForAllWhoWait) {
  const auto keys = source();
  server_.set_silent(true);
  int answered = 0;
  for (int i = 0; i < 50; ++i) {
    keys->find("one", JwtAlgorithm::es256, [&](auto key) { answered += key.has_value(); });
  }
  EXPECT_TRUE(run_until([&] { return fetches() == 1; }));
  server_.set_silent(false);
  EXPECT_TRUE(run_until([&] { return answered == 50; }));
  EXPECT_EQ(fetches(), 1u);
}

TEST_F(Keys, AreWaitedForByFewWhoseIdsAreUnknown) {
  const auto keys = source();
  ASSERT_TRUE(find(*keys, "one"));
  server_.set_silent(true);
  steady_now += seconds(60);
  int refused = 0;
  for (int i = 0; i < 500; ++i) {
    keys->find(std::to_string(i), JwtAlgorithm::es256, [&](auto key) { refused += !key; });
  }
  EXPECT_EQ(refused, 400);
  EXPECT_TRUE(find(*keys, "one"));  // nobody is in the way of keys that are known
  server_.set_silent(false);
  EXPECT_TRUE(run_until([&] { return refused == 500; }));
}

TEST_F(Keys, OfAnUnknownIdAreFetchedAtMostOnceAMinute) {
  const auto keys = source();
  ASSERT_TRUE(find(*keys, "one"));
  EXPECT_NE(reason(*keys, "made-up"), "");
  EXPECT_EQ(fetches(), 2u);
  server_.publish(key_set({one_.jwk("one"), two_.jwk("two")}));
  EXPECT_THAT(reason(*keys, "two"), HasSubstr("kid \"two\" is not among the keys"));
  EXPECT_EQ(fetches(), 2u);
  steady_now += seconds(60);
  EXPECT_TRUE(find(*keys, "two"));
  EXPECT_EQ(fetches(), 3u);
  for (int i = 0; i < 20; ++i) EXPECT_NE(reason(*keys, "made-up-" + std::to_string(i)), "");
  EXPECT_EQ(fetches(), 3u);
}

// The issuer may have rotated its keys a moment after they were read.
TEST_F(Keys, OfAnUnknownIdAreFetchedAlsoRightAfterARefresh) {
  const auto keys = source();
  ASSERT_TRUE(find(*keys, "one"));
  server_.publish(key_set({two_.jwk("two")}));
  EXPECT_TRUE(find(*keys, "two"));
  EXPECT_EQ(fetches(), 2u);
}

TEST_F(Keys, AreNotWaitedForWhenTheDaemonStops) {
  const auto keys = source();
  server_.set_silent(true);
  int refused = 0;
  const auto count = [&](auto key) { refused += !key; };
  keys->find("one", JwtAlgorithm::es256, count);
  EXPECT_TRUE(run_until([&] { return fetches() == 1; }));
  EXPECT_EQ(refused, 0);
  directory().close();
  EXPECT_TRUE(run_until([&] { return refused == 1; }));
  keys->find("one", JwtAlgorithm::es256, count);
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(fetches(), 1u);
}

TEST_F(Keys, ThatTheIssuerHasRemovedAreRetired) {
  const auto keys = source();
  const PublicKeyPtr before = *find(*keys, "one");
  server_.publish(key_set({two_.jwk("two")}));
  steady_now += seconds(60);
  const PublicKeyPtr after = *find(*keys, "two");
  EXPECT_TRUE(before->retired);
  EXPECT_FALSE(after->retired);
  EXPECT_THAT(reason(*keys, "one"), HasSubstr("not among the keys"));
}

TEST_F(Keys, ThatStayKeepTheirObject) {
  const auto keys = source();
  const PublicKeyPtr before = *find(*keys, "one");
  server_.publish(key_set({two_.jwk("two"), one_.jwk("one")}));
  steady_now += seconds(60);
  ASSERT_TRUE(find(*keys, "two"));
  EXPECT_EQ(*find(*keys, "one"), before);
  EXPECT_FALSE(before->retired);
}

TEST_F(Keys, OfTheSameIdWithOtherMaterialReplaceTheOld) {
  const auto keys = source();
  const PublicKeyPtr before = *find(*keys, "one");
  server_.publish(key_set({two_.jwk("one")}));
  steady_now += seconds(60);
  EXPECT_NE(reason(*keys, "unknown"), "");
  EXPECT_TRUE(before->retired);
  EXPECT_NE(*find(*keys, "one"), before);
}

TEST_F(Keys, AreRefreshedInTheBackground) {
  times_.refresh = milliseconds(5);
  const auto keys = source();
  ASSERT_TRUE(find(*keys, "one"));
  server_.publish(key_set({two_.jwk("two")}));
  EXPECT_TRUE(run_until([&] { return find(*keys, "two").has_value(); }));
}

TEST_F(Keys, AreRefreshedAsCacheControlSaysWithinBounds) {
  times_.min_refresh = milliseconds(5);
  server_.publish(key_set({one_.jwk("one")}), "Cache-Control: public, max-age=0\r\n");
  const auto keys = source();
  EXPECT_TRUE(run_until([&] { return fetches() >= 3; }));
}

TEST_F(Keys, AreNotKeptLongerThanAnHourWhateverCacheControlSays) {
  times_.refresh = milliseconds(5);  // the hour
  server_.publish(key_set({one_.jwk("one")}), "Cache-Control: max-age=86400\r\n");
  const auto keys = source();
  EXPECT_TRUE(run_until([&] { return fetches() >= 3; }));
}

TEST_F(Keys, AreKeptWhenTheIssuerIsDown) {
  const auto keys = source();
  ASSERT_TRUE(find(*keys, "one"));
  server_.set_down(true);
  steady_now += hours(23);
  EXPECT_THAT(reason(*keys, "two"), HasSubstr("read 82800 s ago"));
  EXPECT_TRUE(find(*keys, "one"));
}

TEST_F(Keys, EndWhenTheyCouldNotBeRefreshedForADay) {
  const auto keys = source();
  const PublicKeyPtr key = *find(*keys, "one");
  server_.set_down(true);
  steady_now += hours(24);
  EXPECT_THAT(reason(*keys, "one"), HasSubstr("are not known"));
  EXPECT_TRUE(key->retired);
  server_.set_down(false);
  steady_now += seconds(60);
  EXPECT_TRUE(find(*keys, "one"));
}

TEST_F(Keys, AreAskedForWithPausesWhileTheIssuerIsDown) {
  server_.set_down(true);
  times_.first_retry = hours(1);  // the background's retry stays out of the way
  times_.max_retry = hours(1);
  const auto keys = source();
  const auto refusal = find(*keys, "one");
  ASSERT_FALSE(refusal);
  EXPECT_EQ(refusal.error().kind, ErrorKind::internal);
  EXPECT_THAT(refusal.error().reason, HasSubstr("broke off"));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(find(*keys, "one"));
  EXPECT_EQ(fetches(), 1u);
  server_.set_down(false);
  steady_now += hours(1);
  EXPECT_TRUE(find(*keys, "one"));
}

TEST_F(Keys, AreRetriedInTheBackground) {
  server_.set_down(true);
  times_.first_retry = milliseconds(5);
  const auto keys = source();
  EXPECT_TRUE(run_until([&] { return fetches() >= 2; }));
  server_.set_down(false);
  EXPECT_TRUE(run_until([&] { return find(*keys, "one").has_value(); }));
}

TEST_F(Keys, WaitNoLongerThanTheirTime) {
  times_.request_timeout = milliseconds(20);
  server_.set_silent(true);
  const auto keys = source();
  EXPECT_THAT(reason(*keys, "one"), HasSubstr("did not answer within 20 ms"));
}

TEST_F(Keys, AreNotTakenFromAnswersThatAreUnusable) {
  for (const char* page : {"", "<html>", "[]", R"({"keys":7})"}) {
    server_.set_page(kKeys, page);
    directory_.reset();
    EXPECT_THAT(reason(*source(), "one"), HasSubstr("are not known")) << page;
  }
  server_.set_page(kKeys, key_set({one_.jwk("one")}) + std::string(600'000, ' '));
  directory_.reset();
  EXPECT_THAT(reason(*source(), "one"), HasSubstr("larger than 524288 bytes"));
}

TEST_F(Keys, NeedADiscoveryDocumentOfTheSameIssuer) {
  for (const std::string& named :
       {server_.url() + "/", std::string("https://other.example"), std::string()}) {
    server_.set_page(
        "/.well-known/openid-configuration",
        R"({"issuer":")" + named + R"(","jwks_uri":")" + server_.url() + kKeys + "\"}");
    directory_.reset();
    EXPECT_THAT(reason(*source(KeyLookup::open_id_connect), "one"),
                HasSubstr("it is the document of the issuer"));
  }
  EXPECT_EQ(fetches(), 0u);
}

TEST_F(Keys, AreNotFetchedFromWhereAnybodyMayAnswer) {
  for (const char* uri : {"http://192.0.2.1/keys", "http://localhost.example/keys", "ftp://x/", "",
                          "file:///etc/passwd", "//127.0.0.1/keys"}) {
    server_.set_page("/.well-known/openid-configuration",
                     R"({"issuer":")" + server_.url() + R"(","jwks_uri":")" + uri + "\"}");
    directory_.reset();
    EXPECT_THAT(reason(*source(KeyLookup::open_id_connect), "one"), HasSubstr("jwks_uri")) << uri;
  }
  for (const char* issuer : {"http://issuer.example", "http://10.0.0.1:8080/pool", "issuer", ""}) {
    const auto refused = directory().source(issuer, KeyLookup::cognito);
    ASSERT_FALSE(refused) << issuer;
    EXPECT_EQ(refused.error().kind, ErrorKind::bad_request);
  }
  EXPECT_TRUE(directory().source("http://localhost:1/pool", KeyLookup::cognito));
  EXPECT_TRUE(directory().source("http://[::1]:1", KeyLookup::cognito));
}

TEST_F(Keys, OfTwoIssuersAreApart) {
  auth_test::IssuerServer other(io_);
  other.publish(key_set({two_.jwk("two")}));
  const auto keys = source();
  const auto others = *directory().source(other.url(), KeyLookup::cognito);
  EXPECT_TRUE(find(*keys, "one"));
  EXPECT_TRUE(find(*others, "two"));
  EXPECT_NE(reason(*keys, "two"), "");
  EXPECT_NE(reason(*others, "one"), "");
}

TEST_F(Keys, AreSharedByAllWhoAskForTheIssuer) {
  const auto keys = source();
  EXPECT_EQ(source(), keys);
  EXPECT_NE(source(KeyLookup::open_id_connect), keys);
}

TEST_F(Keys, OfAnotherTypeAreNamedAsTheReason) {
  const auto keys = source();
  const auto found = find(*keys, "one", JwtAlgorithm::rs256);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().reason, HasSubstr("is not for RS256"));
}

TEST_F(Keys, ComeOverTlsFromAnIssuerThatIsTrusted) {
  const test::TempDir dir;
  auth_test::IssuerServer server(io_,
                                 *net::load_tls_context(*net::prepare_self_signed({}, dir.path())));
  server.publish(key_set({one_.jwk("one")}));
  const auto strangers = *directory().source(server.url(), KeyLookup::open_id_connect);
  EXPECT_THAT(reason(*strangers, "one"), HasSubstr("certificate"));

  connect_.ca_file = net::self_signed_ca_file(dir.path());
  directory_.reset();
  const auto trusted = *directory().source(server.url(), KeyLookup::open_id_connect);
  EXPECT_TRUE(find(*trusted, "one"));
}

TEST_F(Keys, FollowAChangeOfTheTrustedCa) {
  const test::TempDir dir;
  auth_test::IssuerServer server(io_,
                                 *net::load_tls_context(*net::prepare_self_signed({}, dir.path())));
  server.publish(key_set({one_.jwk("one")}));
  const auto keys = *directory().source(server.url(), KeyLookup::cognito);
  EXPECT_FALSE(find(*keys, "one"));
  connect_.ca_file = net::self_signed_ca_file(dir.path());
  directory().set_connect(connect_);
  EXPECT_TRUE(run_until([&] {
    steady_now += seconds(60);
    return find(*keys, "one").has_value();
  }));
}

}  // namespace
}  // namespace eventsd::auth
