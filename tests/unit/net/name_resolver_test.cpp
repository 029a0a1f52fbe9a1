#include "net/name_resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <optional>

namespace eventsd::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

const asio::ip::address kAddress = asio::ip::make_address("192.0.2.1");

// A system whose answers for names that begin with "slow" wait until the test has ended.
class NameResolverTest : public ::testing::Test {
 protected:
  NameResolverTest() {
    resolver().set_lookup([system = system_](const std::string& host, error_code& error) {
      ++system->asked;
      if (host.starts_with("slow")) system->answer_slow_ones.wait();
      if (host == "unknown") error = asio::error::host_not_found;
      return Addresses{kAddress};
    });
  }
  ~NameResolverTest() override { release_.set_value(); }

  NameResolver& resolver() { return asio::use_service<NameResolver>(*io_); }
  void ask(const std::string& host) {
    resolver().resolve(host, [this](error_code error, const Addresses& addresses) {
      ++answers_;
      error_ = error;
      addresses_ = addresses;
    });
  }
  bool run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto work = asio::make_work_guard(*io_);
    while (!done() && std::chrono::steady_clock::now() < end) {
      io_->restart();
      io_->run_one_for(std::chrono::milliseconds(20));
    }
    return done();
  }

  struct System {
    explicit System(std::shared_future<void> when) : answer_slow_ones(std::move(when)) {}
    const std::shared_future<void> answer_slow_ones;
    std::atomic<int> asked{0};
  };
  std::promise<void> release_;
  const std::shared_ptr<System> system_ = std::make_shared<System>(release_.get_future().share());
  std::optional<asio::io_context> io_{std::in_place};
  int answers_ = 0;
  error_code error_;
  Addresses addresses_;
};

TEST_F(NameResolverTest, AnswersOnTheContextsThreadAndNeverFromWithinTheCall) {
  ask("name");
  EXPECT_EQ(answers_, 0);
  EXPECT_TRUE(run_until([&] { return answers_ == 1; }));
  EXPECT_FALSE(error_);
  EXPECT_EQ(addresses_, Addresses{kAddress});
}

TEST_F(NameResolverTest, TellsWhyThereIsNoAddress) {
  ask("unknown");
  EXPECT_TRUE(run_until([&] { return answers_ == 1; }));
  EXPECT_EQ(error_, asio::error::host_not_found);
}

TEST_F(NameResolverTest, ANameThatIsSlowHoldsUpNoOther) {
  for (int i = 0; i < 20; ++i) ask("slow");
  EXPECT_TRUE(run_until([&] { return system_->asked == 1; }));
  ask("name");
  EXPECT_TRUE(run_until([&] { return answers_ == 1; }));
  EXPECT_EQ(system_->asked, 2);  // those who want the same name share one thread
}

TEST_F(NameResolverTest, SevenSlowNamesHoldUpNoOther) {
  for (int i = 0; i < 7; ++i) ask("slow" + std::to_string(i));
  for (int i = 0; i < 50; ++i) ask("name" + std::to_string(i));
  EXPECT_TRUE(run_until([&] { return answers_ == 50; }));
}

TEST_F(NameResolverTest, TheContextEndsWithoutWaitingForASlowName) {
  ask("slow");
  EXPECT_TRUE(run_until([&] { return system_->asked == 1; }));
  io_.reset();  // would wait for ever
  EXPECT_EQ(answers_, 0);
}

TEST(LookUp, FindsThisMachine) {
  error_code error;
  const Addresses found = look_up("localhost", error);
  ASSERT_FALSE(error) << error.message();
  for (const auto& address : found) EXPECT_TRUE(address.is_loopback()) << address.to_string();
}

TEST(LookUp, KnowsThatSomeNamesCannotBe) {
  error_code error;
  EXPECT_TRUE(look_up("no..such..name", error).empty());
  EXPECT_TRUE(error);
}

}  // namespace
}  // namespace eventsd::net
