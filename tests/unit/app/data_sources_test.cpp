#include "app/data_sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "data/none_source.hpp"

namespace eventsd::app {
namespace {

using ::testing::HasSubstr;

// Awaits what completes at once.
DataSourceAnswer ask(DataSource& source, const std::string& request) {
  DataSourceAnswer answer;
  TaskGroup tasks([](std::exception_ptr) { FAIL(); });
  tasks.spawn([](DataSource& asked, std::string text, DataSourceAnswer& into) -> Task<void> {
    into = co_await asked.call({std::move(text), {}, {}, {}});
  }(source, request, answer));
  EXPECT_EQ(tasks.running(), 0u);
  return answer;
}

DataSourceConfig source_of(const std::string& name, DataSourceType type) {
  DataSourceConfig source;
  source.name = name;
  source.type = type;
  source.place = {"e.yaml", 7, 5};
  return source;
}

TEST(NoneSource, GivesThePayloadBack) {
  const auto source = data::make_none_source();
  EXPECT_EQ(ask(*source, R"({"payload":{"b":1,"a":[0.1,null,"é"]}})").result,
            R"({"b":1,"a":[0.1,null,"é"]})");
  EXPECT_EQ(ask(*source, R"({"version":"2018-05-29","payload":null})").result, "null");
  EXPECT_EQ(ask(*source, R"({"a":1})").result, "null");
}

TEST(NoneSource, RefusesWhatIsNoObject) {
  const auto source = data::make_none_source();
  for (const char* request : {"1", "[]", "\"text\"", "", "{"}) {
    EXPECT_THAT(ask(*source, request).invalid_request, HasSubstr("no object")) << request;
  }
}

TEST(DataSources, AreMadeByName) {
  DataThread thread;
  ApiConfig api;
  api.data_sources = {source_of("a", DataSourceType::none), source_of("b", DataSourceType::none)};
  const auto made = make_data_sources(api, {}, {thread});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->size(), 2u);
  EXPECT_EQ(ask(*made->at("b"), R"({"payload":1})").result, "1");
}

TEST(DataThread, IsWhereASourceEnds) {
  struct Watched final : DataSource {
    std::promise<std::thread::id> ended;
    ~Watched() override { ended.set_value(std::this_thread::get_id()); }
    Task<DataSourceAnswer> call(DataSourceCall) override { co_return DataSourceAnswer{}; }
  };
  DataThread thread;
  thread.start();
  auto watched = std::make_shared<Watched>();
  auto ended = watched->ended.get_future();
  std::shared_ptr<DataSource> owned = thread.own(std::move(watched));
  owned.reset();
  EXPECT_NE(ended.get(), std::this_thread::get_id());
}

TEST(DataThread, DropsASourceThatOutlivesIt) {
  std::weak_ptr<DataSource> gone;
  {
    DataThread thread;
    thread.start();
    auto source = data::make_none_source();
    gone = source;
    auto owned = thread.own(std::move(source));
    thread.stop();
    owned.reset();
  }
  EXPECT_TRUE(gone.expired());
}

TEST(DataThread, BoundsWhatNobodyWaitsFor) {
  DataThread thread;  // not started: nothing ends
  const auto nothing = []() -> Task<void> { co_return; };
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(thread.spawn(nothing, 1));
  EXPECT_FALSE(thread.spawn(nothing, 1));
  thread.start();
  std::promise<void> done;
  thread.executor()([&done] { done.set_value(); });
  done.get_future().get();
  EXPECT_TRUE(thread.spawn(nothing, 1));
}

TEST(DataThread, BoundsTheBytesOfWhatNobodyWaitsFor) {
  DataThread thread;  // not started: nothing ends
  const auto nothing = []() -> Task<void> { co_return; };
  constexpr std::size_t kLarge = 16u << 20;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(thread.spawn(nothing, kLarge));
  EXPECT_FALSE(thread.spawn(nothing, 1));
  thread.start();
  std::promise<void> done;
  thread.executor()([&done] { done.set_value(); });
  done.get_future().get();
  EXPECT_TRUE(thread.spawn(nothing, 4 * kLarge))
      << "what was refused and what has ended holds none";
}

}  // namespace
}  // namespace eventsd::app
