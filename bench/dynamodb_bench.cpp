// The embedded DynamoDB beside raw SQLite: puts, gets and queries per second. The raw side is one
// thread with prepared statements on rows of the same size, committing as many puts at once as are
// in flight on the other side: what is between the two is JSON, expressions, threads and indexes.
//
// Usage: eventsd_dynamodb_bench DIRECTORY [--items N] [--item-size BYTES]; prints JSON lines.
#include <sqlite3.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "data/dynamodb/dynamodb.hpp"
#include "data/dynamodb_source/source.hpp"
#include "data/outbound_calls.hpp"
#include "eventsd/executor.hpp"

namespace {

using namespace eventsd::data::dynamodb;
namespace dynamodb_source = eventsd::data::dynamodb_source;
using Clock = std::chrono::steady_clock;

constexpr int kPartitions = 100;
constexpr int kPage = 50;

struct Settings {
  std::string directory;
  int items = 20'000;
  std::size_t item_size = 200;
};

std::string partition(int i) { return "channel-" + std::to_string(i % kPartitions); }

std::string item_json(const Settings& settings, int i) {
  return R"({"channel":{"S":")" + partition(i) + R"("},"timestamp":{"N":")" +
         std::to_string(1'700'000'000 + i) + R"("},"body":{"S":")" +
         std::string(settings.item_size, 'x') + R"("}})";
}

void print(const char* what, const char* side, int in_flight, int count, Clock::duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  std::printf("{\"what\":\"%s\",\"side\":\"%s\",\"in_flight\":%d,\"per_second\":%.0f}\n", what,
              side, in_flight, count / seconds);
  std::fflush(stdout);
}

// Keeps `in_flight` requests under way until `count` are answered.
class Driver {
 public:
  Driver(DynamoDb& store, std::string operation, std::function<std::string(int)> request)
      : store_(store), operation_(std::move(operation)), request_(std::move(request)) {}

  Clock::duration run(int count, int in_flight) {
    count_ = count;
    const auto start = Clock::now();
    for (int i = 0; i < in_flight; ++i) next();
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return answered_ == count_; });
    return Clock::now() - start;
  }

 private:
  void next() {
    const int i = sent_.fetch_add(1);
    if (i >= count_) return;
    store_.execute(operation_, request_(i), [this](Reply reply) {
      if (!reply) {
        std::fprintf(stderr, "%s: %s\n", operation_.c_str(), reply.error().message.c_str());
        std::exit(1);
      }
      next();
      const std::lock_guard lock(mutex_);
      if (++answered_ == count_) wake_.notify_one();
    });
  }

  DynamoDb& store_;
  const std::string operation_;
  const std::function<std::string(int)> request_;
  int count_ = 0;
  std::atomic<int> sent_{0};
  std::mutex mutex_;  // guards answered_, which the store's threads count up
  std::condition_variable wake_;
  int answered_ = 0;
};

void run_engine(const Settings& settings) {
  Options options;
  options.path = settings.directory + "/bench-dynamodb.db";
  options.tables = {{.name = "messages",
                     .partition_key = "channel:S",
                     .sort_key = "timestamp:N",
                     .ttl_attribute = "",
                     .indexes = {}}};
  auto store = make_dynamodb(std::move(options));
  if (!store) throw std::runtime_error(store.error().message);
  int next_item = 0;
  const auto run = [&](const char* what, const char* operation, int count, int in_flight,
                       const std::function<std::string(int)>& request) {
    print(what, "eventsd", in_flight, count,
          Driver(**store, operation, request).run(count, in_flight));
  };
  for (const int in_flight : {1, 64}) {
    const int count = in_flight == 1 ? settings.items / 20 : settings.items;
    run("put", "PutItem", count, in_flight, [&, first = next_item](int i) {
      return R"({"TableName":"messages","Item":)" + item_json(settings, first + i) + "}";
    });
    next_item += count;
  }
  const int first = next_item - settings.items;
  for (const int in_flight : {1, 8}) {
    run("get", "GetItem", settings.items, in_flight, [&](int i) {
      return R"({"TableName":"messages","Key":{"channel":{"S":")" + partition(first + i) +
             R"("},"timestamp":{"N":")" + std::to_string(1'700'000'000 + first + i) + R"("}}})";
    });
    run("query 50", "Query", settings.items / 10, in_flight, [](int i) {
      return R"({"TableName":"messages","KeyConditionExpression":"channel = :c","Limit":50,)"
             R"("ScanIndexForward":false,"ExpressionAttributeValues":{":c":{"S":")" +
             partition(i) + R"("}}})";
    });
    run("query 50 filtered", "Query", settings.items / 10, in_flight, [](int i) {
      return R"({"TableName":"messages","KeyConditionExpression":"channel = :c","Limit":50,)"
             R"-("FilterExpression":"attribute_exists(body)",)-"
             R"("ExpressionAttributeValues":{":c":{"S":")" +
             partition(i) + R"("}}})";
    });
  }
}

// The same requests as handlers make them, through the data source: a thread asks, as a shard does,
// and another translates.
class SourceDriver {
 public:
  SourceDriver(DynamoDb& store, boost::asio::io_context& work)
      : calls_(work),
        source_(dynamodb_source::make_dynamodb_source(
            {"bench", "messages", dynamodb_source::make_embedded_backend(store),
             std::make_shared<const dynamodb_source::PageTokens>(
                 dynamodb_source::PageTokens::from_secret("bench"))},
            calls_)) {}

  Clock::duration run(int count, int in_flight, const std::function<std::string(int)>& request) {
    const eventsd::ExecutorScope scope(
        [this](std::function<void()> job) { boost::asio::post(io_, std::move(job)); });
    eventsd::TaskGroup tasks([](std::exception_ptr failure) { std::rethrow_exception(failure); });
    sent_ = 0;
    const auto start = Clock::now();
    for (int i = 0; i < in_flight; ++i) tasks.spawn(ask(count, request));
    io_.restart();
    const auto work = boost::asio::make_work_guard(io_);
    while (tasks.running() > 0) io_.run_one();
    return Clock::now() - start;
  }

 private:
  eventsd::Task<void> ask(int count, const std::function<std::string(int)>& request) {
    while (sent_ < count) {
      const int i = sent_++;
      const eventsd::DataSourceAnswer answer =
          co_await source_->call({request(i), "id", "api", "bench"});
      if (answer.error_type.empty() && answer.invalid_request.empty()) continue;
      throw std::runtime_error(answer.error_message + answer.invalid_request);
    }
  }

  eventsd::data::OutboundCalls calls_;
  std::shared_ptr<eventsd::DataSource> source_;
  boost::asio::io_context io_;
  int sent_ = 0;
};

void run_source(const Settings& settings) {
  Options options;
  options.path = settings.directory + "/bench-source.db";
  options.tables = {{"messages", "channel:S", "timestamp:N", {}, {}, {}}};
  auto store = make_dynamodb(std::move(options));
  if (!store) throw std::runtime_error(store.error().message);
  boost::asio::io_context work;
  std::thread thread([&work] {
    const auto guard = boost::asio::make_work_guard(work);
    work.run();
  });
  SourceDriver driver(**store, work);
  int next_item = 0;
  for (const int in_flight : {1, 64}) {
    const int count = in_flight == 1 ? settings.items / 20 : settings.items;
    print("put", "data source", in_flight, count, driver.run(count, in_flight, [&](int i) {
      const std::string key = R"({"channel":{"S":")" + partition(next_item + i) +
                              R"("},"timestamp":{"N":)" +
                              std::to_string(1'700'000'000 + next_item + i) + "}}";
      return R"({"operation":"PutItem","key":)" + key + R"(,"attributeValues":{"body":{"S":")" +
             std::string(settings.item_size, 'x') + R"("}}})";
    }));
    next_item += count;
  }
  for (const int in_flight : {1, 8}) {
    print("query 50", "data source", in_flight, settings.items / 10,
          driver.run(settings.items / 10, in_flight, [](int i) {
            return R"({"operation":"Query","query":{"expression":"channel = :c",)"
                   R"("expressionValues":{":c":{"S":")" +
                   partition(i) + R"("}}},"limit":50,"scanIndexForward":false})";
          }));
  }
  (*store)->stop();
  work.stop();
  thread.join();
}

class Raw {
 public:
  explicit Raw(const std::string& path) {
    check(sqlite3_open(path.c_str(), &database_));
    execute("PRAGMA page_size=8192");
    execute("PRAGMA journal_mode=WAL");
    execute("PRAGMA synchronous=FULL");
    execute("PRAGMA wal_autocheckpoint=2000");
    execute("CREATE TABLE item (key BLOB PRIMARY KEY, item TEXT NOT NULL) WITHOUT ROWID");
    insert_ = prepare("INSERT INTO item (key, item) VALUES (?1, ?2)");
    get_ = prepare("SELECT item FROM item WHERE key = ?1");
    range_ = prepare("SELECT item FROM item WHERE key >= ?1 AND key < ?2 ORDER BY key DESC");
  }
  ~Raw() {
    for (sqlite3_stmt* statement : {insert_, get_, range_}) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  static std::string key(int i) { return partition(i) + "/" + std::to_string(1'700'000'000 + i); }

  void put(const std::string& key, const std::string& item) {
    bind(insert_, 1, key);
    bind(insert_, 2, item);
    check(sqlite3_step(insert_));
    sqlite3_reset(insert_);
  }
  std::size_t get(const std::string& key) {
    bind(get_, 1, key);
    check(sqlite3_step(get_));
    const int bytes = sqlite3_column_bytes(get_, 0);
    sqlite3_reset(get_);
    return static_cast<std::size_t>(bytes);
  }
  std::string range(const std::string& prefix) {
    std::string text;
    const std::string end = prefix + "0";  // the character after '/'
    const std::string start = prefix + "/";
    bind(range_, 1, start);
    bind(range_, 2, end);
    for (int i = 0; i < kPage && sqlite3_step(range_) == SQLITE_ROW; ++i) {
      text.append(reinterpret_cast<const char*>(sqlite3_column_text(range_, 0)),
                  static_cast<std::size_t>(sqlite3_column_bytes(range_, 0)));
    }
    sqlite3_reset(range_);
    return text;
  }
  void execute(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }

 private:
  void check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
      throw std::runtime_error(sqlite3_errmsg(database_));
    }
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr));
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int index, const std::string& bytes) {
    sqlite3_bind_blob(statement, index, bytes.data(), static_cast<int>(bytes.size()),
                      SQLITE_STATIC);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* get_ = nullptr;
  sqlite3_stmt* range_ = nullptr;
};

void run_raw(const Settings& settings) {
  Raw raw(settings.directory + "/bench-raw.db");
  int next_item = 0;
  for (const int group : {1, 64}) {
    const int count = group == 1 ? settings.items / 20 : settings.items;
    const auto start = Clock::now();
    for (int i = 0; i < count; ++i) {
      if (i % group == 0) raw.execute("BEGIN");
      raw.put(Raw::key(next_item + i), item_json(settings, next_item + i));
      if (i % group == group - 1 || i == count - 1) raw.execute("COMMIT");
    }
    print("put", "sqlite", group, count, Clock::now() - start);
    next_item += count;
  }
  std::size_t bytes = 0;
  auto start = Clock::now();
  for (int i = 0; i < settings.items; ++i) {
    bytes += raw.get(Raw::key(next_item - settings.items + i));
  }
  print("get", "sqlite", 1, settings.items, Clock::now() - start);
  start = Clock::now();
  for (int i = 0; i < settings.items / 10; ++i) bytes += raw.range(partition(i)).size();
  print("query 50", "sqlite", 1, settings.items / 10, Clock::now() - start);
  if (bytes == 0) throw std::runtime_error("nothing was read");
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--items" && i + 1 < argc) {
      settings.items = std::atoi(argv[++i]);
    } else if (argument == "--item-size" && i + 1 < argc) {
      settings.item_size = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else {
      settings.directory = argument;
    }
  }
  if (settings.directory.empty() || settings.items < 100) {
    std::fprintf(stderr, "usage: %s DIRECTORY [--items N] [--item-size BYTES]\n", argv[0]);
    return 2;
  }
  try {
    run_raw(settings);
    run_engine(settings);
    run_source(settings);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s\n", exception.what());
    return 1;
  }
  return 0;
}
