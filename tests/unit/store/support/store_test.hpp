// The fixture of most store tests: one store in a temporary folder, one namespace "default".
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/store/support/crash_vfs.hpp"
#include "unit/store/support/store_fixture.hpp"

namespace eventsd::store_test {

class StoreTest : public testing::Test {
 protected:
  using Direction = ReadRequest::Direction;

  StoreOptions options() {
    StoreOptions options;
    options.path = folder_.database();
    options.reserve_bytes = 0;
    options.vfs = vfs_.name();
    options.now = [this] { return clock_.now(); };
    return options;
  }

  // Opens (again) with the options, lists `default_` and `other_`.
  StoreUnderTest& open(StoreOptions with) {
    store_.reset();
    store_ = std::make_unique<StoreUnderTest>(std::move(with));
    store_->store().set_namespaces({default_, other_});
    return *store_;
  }
  StoreUnderTest& open() { return open(options()); }

  // Lists the namespace "default" with another policy from now on.
  void keep(std::optional<HistoryPolicy> policy) {
    default_ = make_namespace("default", policy);
    store_->store().set_namespaces({default_, other_});
  }

  EventBatchPtr batch(std::string channel, const std::vector<std::string>& payloads) {
    return make_batch(default_, std::move(channel), payloads, clock_.now());
  }
  Position publish(std::string channel, const std::vector<std::string>& payloads) {
    const Result<Position> first = store_->append(batch(std::move(channel), payloads));
    EXPECT_TRUE(first.has_value());
    return first ? *first : 0;
  }
  // Publishes `count` events with the payloads "1" to "<count>", one a batch.
  void publish_many(const std::string& channel, int count) {
    for (int i = 1; i <= count; ++i) publish(channel, {std::to_string(i)});
  }
  ErrorKind refusal_of(EventBatchPtr refused) {
    const Result<Position> first = store_->append(std::move(refused));
    EXPECT_TRUE(first.has_error());
    return first ? ErrorKind::internal : first.error().kind;
  }

  ReadRequest request(std::string channel, Direction direction,
                      std::optional<Position> from = std::nullopt, std::uint32_t limit = 100) {
    ReadRequest made;
    made.channel_namespace = default_;
    made.channel = std::move(channel);
    made.direction = direction;
    made.from = from;
    made.limit = limit;
    return made;
  }
  Page read(ReadRequest wanted) {
    Result<Page> page = store_->read(std::move(wanted));
    EXPECT_TRUE(page.has_value()) << store_->store().health().detail;
    return page ? *page : Page{};
  }
  Page newer(std::string channel, std::optional<Position> from = std::nullopt,
             std::uint32_t limit = 100) {
    return read(request(std::move(channel), Direction::newer, from, limit));
  }
  Page older(std::string channel, std::optional<Position> from = std::nullopt,
             std::uint32_t limit = 100) {
    return read(request(std::move(channel), Direction::older, from, limit));
  }
  StoreHealth::State health() { return store_->store().health().state; }

  TempFolder folder_;
  CrashVfs vfs_;
  ManualClock clock_;
  ChannelNamespacePtr default_ = make_namespace("default", keep_everything());
  ChannelNamespacePtr other_ = make_namespace("other", keep_everything());
  std::unique_ptr<StoreUnderTest> store_;
};

}  // namespace eventsd::store_test
