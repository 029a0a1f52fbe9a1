// The event store on SQLite: one writer thread, a few reader threads (docs/STORE.md).
#include "eventsd/event_store.hpp"
#include "store/reader_pool.hpp"
#include "store/writer_thread.hpp"

namespace eventsd {

namespace {

StoreOptions with_defaults(StoreOptions options) {
  if (!options.now) options.now = [] { return std::chrono::system_clock::now(); };
  return options;
}

class SqliteEventStore final : public EventStore {
 public:
  explicit SqliteEventStore(const StoreOptions& options)
      : database_(std::make_unique<store::WriterDatabase>(options, health_, epochs_)),
        writer_(options, *database_, health_),
        readers_(options, health_, epochs_) {}
  ~SqliteEventStore() override { stop(); }

  void set_commit_sink(CommitSink sink) override { writer_.set_commit_sink(std::move(sink)); }

  void append(EventBatchPtr batch, void* waiter, std::uint32_t origin) override {
    Append one{std::move(batch), waiter, origin};
    writer_.append_all({&one, 1});
  }

  void append_all(std::span<Append> appends) override { writer_.append_all(appends); }

  std::uint64_t queued_bytes() const override { return writer_.queued_bytes(); }
  std::uint64_t max_queue_bytes() const override { return writer_.max_queue_bytes(); }

  void read(ReadRequest request, std::function<void(Result<Page>)> done) override {
    readers_.read(std::move(request), std::move(done));
  }

  void set_namespaces(std::vector<ChannelNamespacePtr> namespaces) override {
    writer_.set_namespaces(std::move(namespaces));
  }

  void set_limits(std::uint64_t max_queue_bytes, std::uint64_t max_store_bytes) override {
    writer_.set_limits(max_queue_bytes, max_store_bytes);
  }

  void run_retention(std::function<void()> done) override {
    writer_.run_retention(std::move(done));
  }

  StoreHealth health() const override { return health_.read(); }
  StoreStats stats() const override { return writer_.stats(); }

  void stop() override {
    writer_.stop();
    readers_.stop();
    // The last connection to close moves the log into the file: the writer's, since it may write.
    database_.reset();
  }

 private:
  store::HealthBoard health_;
  store::EpochBook epochs_;
  std::unique_ptr<store::WriterDatabase> database_;
  store::WriterThread writer_;
  store::ReaderPool readers_;
};

}  // namespace

std::unique_ptr<EventStore> make_sqlite_event_store(StoreOptions options) {
  return std::make_unique<SqliteEventStore>(with_defaults(std::move(options)));
}

}  // namespace eventsd
