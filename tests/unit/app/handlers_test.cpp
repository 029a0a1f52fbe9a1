// From files to handlers: what is loaded, what is refused, and what a change does.
#include "app/handlers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <list>

#include "eventsd/executor.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HandlersTest : public ::testing::Test {
 protected:
  HandlersTest() { data_.start(); }

  // Starts workers that hang as long as there is a file named "hang".
  std::string program() {
    const std::string path = dir_.path("program");
    std::ofstream(path) << "#!/bin/sh\n[ -e " << dir_.path("hang") << " ] && exec sleep 600\nexec "
                        << EVENTSD_PROGRAM << " \"$@\"\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  void let_starts_hang(bool on) {
    if (on) {
      std::ofstream(dir_.path("hang"));
    } else {
      std::filesystem::remove(dir_.path("hang"));
    }
  }
  static void kill_workers() {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream list(thread.path() / "children");
      for (pid_t pid = 0; list >> pid;) ::kill(pid, SIGKILL);
    }
  }

  std::string write(const std::string& name, const std::string& text) {
    // A new file each time: its stamp differs however fast tests are.
    const std::string path = dir_.path(name);
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }
  static std::string answering(const std::string& payload) {
    return "export const onPublish = (ctx) => [{id: ctx.events[0].id, payload: " + payload + "}];";
  }

  ConfigPtr config_for(const std::string& file) {
    auto config = std::make_shared<Config>();
    ApiConfig& api = config->apis.emplace_back();
    api.id = "api";
    ChannelNamespace& one = api.channel_namespaces.emplace_back();
    one.name = "default";
    one.key = 1;
    one.handlers.code_file = file;
    one.handlers.code_place = {"e.yaml", 3, 5};
    return config;
  }
  Result<core::ApiPtr> equip(const ConfigPtr& config) {
    auto api = std::make_shared<core::Api>();
    const auto done = handlers_.equip(*api, config->apis[0], config);
    if (!done) return done.error();
    return core::ApiPtr(std::move(api));
  }

  // Runs a task on a loop of its own, which is kept until nobody posts to it any more.
  template <typename T>
  T wait_for(Task<T> task) {
    boost::asio::io_context& io = loops_.emplace_back(1);
    auto work = boost::asio::make_work_guard(io);
    const ExecutorScope scope(
        [&io](std::function<void()> f) { boost::asio::post(io, std::move(f)); });
    std::optional<T> value;
    TaskGroup group([](std::exception_ptr) { ADD_FAILURE(); });
    group.on_idle([&work] { work.reset(); });
    group.spawn([](Task<T> inner, std::optional<T>& out) -> Task<void> {
      T result = co_await inner;
      out.emplace(std::move(result));
    }(std::move(task), value));
    io.run();
    return std::move(*value);
  }
  // The payload that the namespace's handler makes of an event.
  std::string publish(const core::ApiPtr& api) {
    HandlerRequest request;
    request.namespace_name = "default";
    request.channel = "/default/a";
    request.events = {{"id", "1"}};
    const auto events = wait_for(api->handlers.at("default")->handle(std::move(request)));
    return events && !events->empty() ? events->front().payload : "";
  }

  test::TempDir dir_;
  std::list<boost::asio::io_context> loops_;
  DataThread data_;
  Handlers handlers_{data_, program()};
};

TEST_F(HandlersTest, RunTheCodeOfTheirFile) {
  const auto api = equip(config_for(write("a.js", answering("'one'"))));
  ASSERT_TRUE(api) << api.error().message;
  EXPECT_EQ(publish(*api), "\"one\"");
  EXPECT_FALSE((*api)->find_handler("default", Operation::subscribe));
  EXPECT_FALSE((*api)->find_handler("other", Operation::publish));
  EXPECT_THAT(handlers_.metrics(),
              HasSubstr("eventsd_handler_invocations_total{operation=\"publish\"} 1\n"));
}

TEST_F(HandlersTest, CostNothingWhereNoNamespaceHasAny) {
  const auto api =
      equip(std::make_shared<const Config>(*std::make_unique<Config>(*config_for(""))));
  ASSERT_TRUE(api);
  EXPECT_THAT((*api)->handlers, IsEmpty());
  EXPECT_THAT(handlers_.metrics(), HasSubstr("eventsd_handler_workers_started_total 0\n"));
}

TEST_F(HandlersTest, AFaultHasFileLineAndColumn) {
  const std::string path = write("a.js", "export function onPublish(ctx) {\n  return (;\n}\n");
  const auto api = equip(config_for(path));
  ASSERT_FALSE(api);
  EXPECT_THAT(api.error().message, HasSubstr(path + ":2:"));
}

TEST_F(HandlersTest, AModuleWithoutAHandlerIsAFault) {
  const std::string path = write("a.js", "export const other = 1;");
  const auto api = equip(config_for(path));
  ASSERT_FALSE(api);
  EXPECT_EQ(api.error().message, path + ":1:1: exports neither onPublish nor onSubscribe");
}

TEST_F(HandlersTest, ATooLongOrMissingFileIsAFault) {
  const std::string head = answering("1") + "//";
  std::string text = head;
  while (text.size() < kMaxCodeCharacters - head.size()) text += "é";
  std::string characters(kMaxCodeCharacters - head.size(), 'x');
  EXPECT_TRUE(read_code(write("b.js", head + characters)));
  const auto too_long = read_code(write("c.js", head + characters + "x"));
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().message, HasSubstr("32769 characters; AppSync takes at most 32768"));
  EXPECT_THAT(read_code(dir_.path("none.js")).error().message, HasSubstr("no such file"));
  EXPECT_THAT(read_code(write("d.js", "\xff")).error().message, HasSubstr("not UTF-8"));
  EXPECT_TRUE(read_code(write("e.js", text)));
}

TEST_F(HandlersTest, AChangedFileIsReread) {
  const std::string path = write("a.js", answering("'one'"));
  const ConfigPtr config = config_for(path);
  ASSERT_TRUE(equip(config));
  EXPECT_FALSE(wait_for(handlers_.refresh()));
  write("a.js", answering("'two'"));
  EXPECT_TRUE(wait_for(handlers_.refresh()));
  EXPECT_EQ(publish(*equip(config)), "\"two\"");
  EXPECT_FALSE(wait_for(handlers_.refresh()));
}

TEST_F(HandlersTest, AFaultyVersionLeavesTheOneThatRan) {
  const std::string path = write("a.js", answering("'one'"));
  const ConfigPtr config = config_for(path);
  ASSERT_TRUE(equip(config));
  write("a.js", "export const onPublish = (");
  EXPECT_FALSE(wait_for(handlers_.refresh()));
  EXPECT_EQ(publish(*equip(config)), "\"one\"");
  std::filesystem::remove(path);
  EXPECT_FALSE(wait_for(handlers_.refresh()));
  EXPECT_EQ(publish(*equip(config)), "\"one\"");
  write("a.js", answering("'three'"));
  EXPECT_TRUE(wait_for(handlers_.prepare(config)));
  EXPECT_EQ(publish(*equip(config)), "\"three\"") << "a reload rereads as well";
}

TEST_F(HandlersTest, AReloadIsRefusedForAFileOfWhichNoVersionCanBeUsed) {
  const ConfigPtr runs = config_for(write("a.js", answering("'one'")));
  ASSERT_TRUE(equip(runs));
  const ConfigPtr broken = config_for(write("b.js", "export const onPublish = ("));
  const auto prepared = wait_for(handlers_.prepare(broken));
  ASSERT_FALSE(prepared);
  EXPECT_THAT(prepared.error().message, HasSubstr("b.js:1:"));
  write("b.js", answering("'two'"));
  EXPECT_TRUE(wait_for(handlers_.prepare(broken)));
  EXPECT_EQ(publish(*equip(broken)), "\"two\"");
}

TEST_F(HandlersTest, OtherLimitsHoldForWhatFollows) {
  auto config = std::make_shared<Config>(*config_for(
      write("a.js",
            "export const onPublish = () => { for (let i = 0; i < 3e7; i += 1) {} return []; };")));
  config->limits.handler.cpu_time = std::chrono::seconds(30);
  const auto api = equip(config);
  ASSERT_TRUE(api);
  publish(*api);
  EXPECT_THAT(handlers_.metrics(), HasSubstr("{operation=\"publish\",error=\"failed\"} 0\n"));
  config->limits.handler.cpu_time = std::chrono::milliseconds(10);
  handlers_.accept(*config);
  for (int i = 0;
       i < 1000 && handlers_.metrics().find("error=\"failed\"} 1\n") == std::string::npos; ++i) {
    publish(*api);
  }
  EXPECT_THAT(handlers_.metrics(), HasSubstr("{operation=\"publish\",error=\"failed\"} 1\n"));
}

// Each of these waits for handler::kStartTime.
TEST_F(HandlersTest, AWorkerThatHangsAtItsStartLeavesWhatRan) {
  const std::string path = write("a.js", answering("'one'"));
  const ConfigPtr config = config_for(path);
  ASSERT_TRUE(equip(config));
  let_starts_hang(true);
  // New limits want new workers, which do not come: those of the old ones serve, and check.
  auto other = std::make_shared<Config>(*config);
  other->limits.handler.memory = 32 << 20;
  handlers_.accept(*other);
  write("a.js", answering("'two'"));
  ASSERT_TRUE(wait_for(handlers_.prepare(other)));
  EXPECT_EQ(publish(*equip(other)), "\"two\"");
  // Without any worker a changed file waits for one, and its old version stays.
  kill_workers();
  write("a.js", answering("'three'"));
  ASSERT_TRUE(wait_for(handlers_.prepare(other)));
  const auto unknown = wait_for(handlers_.prepare(config_for(write("b.js", answering("'new'")))));
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("b.js"));
  EXPECT_THAT(unknown.error().message, HasSubstr("no handler worker"));
  let_starts_hang(false);
  bool changed = false;
  for (int i = 0; i < 10 && !changed; ++i) changed = wait_for(handlers_.refresh());
  EXPECT_TRUE(changed);
  EXPECT_EQ(publish(*equip(other)), "\"three\"");
}

TEST_F(HandlersTest, AStartEndsSoonWhenWorkersHang) {
  let_starts_hang(true);
  const auto api = equip(config_for(write("a.js", answering("'one'"))));
  ASSERT_FALSE(api);
  EXPECT_THAT(
      api.error().message,
      HasSubstr("no handler worker starts that could check it: it was not ready within 5 s"));
}

TEST_F(HandlersTest, ATypeOfDataSourceThatCannotBeMadeIsAFaultWithItsPlace) {
  auto config = std::make_shared<Config>(*config_for(""));
  DataSourceConfig& source = config->apis[0].data_sources.emplace_back();
  source.name = "fn";
  source.type = DataSourceType::lambda;  // of a function that nobody knows
  source.lambda.function_arn = "unknown";
  source.place = {"e.yaml", 9, 7};
  const auto api = equip(config);
  ASSERT_FALSE(api);
  EXPECT_THAT(api.error().message, HasSubstr("e.yaml:9:7: data source \"fn\": "));
}

TEST_F(HandlersTest, EndAsOverloadedWhenTheServerStops) {
  const auto api = equip(config_for(write("a.js", answering("'one'"))));
  ASSERT_TRUE(api);
  handlers_.release_waiters();
  EXPECT_EQ(publish(*api), "");
  handlers_.stop();
}

}  // namespace
}  // namespace eventsd::app
