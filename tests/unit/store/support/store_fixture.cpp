#include "unit/store/support/store_fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <future>
#include <stdexcept>

namespace eventsd::store_test {

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "eventsd-store-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;  // a leftover folder fails no test
  std::filesystem::remove_all(path_, ignored);
}

HistoryPolicy keep_everything() {
  return {std::chrono::hours(24 * 365 * 100), UINT64_MAX, UINT64_MAX, HistoryRead::subscribe};
}

ChannelNamespacePtr make_namespace(std::string name, std::optional<HistoryPolicy> history,
                                   std::string api_id) {
  auto made = std::make_shared<ChannelNamespace>();
  made->api_id = std::move(api_id);
  made->name = std::move(name);
  made->history = history;
  return made;
}

EventBatchPtr make_batch(const ChannelNamespacePtr& channel_namespace, std::string channel,
                         const std::vector<std::string>& payloads,
                         std::chrono::system_clock::time_point accepted_at) {
  auto batch = std::make_shared<EventBatch>();
  batch->channel_namespace = channel_namespace;
  batch->channel = std::move(channel);
  batch->accepted_at = accepted_at;
  for (const std::string& payload : payloads) {
    batch->events.push_back({batch->channel + "#" + payload.substr(0, 20), payload, {}});
    batch->bytes += payload.size();
  }
  return batch;
}

StoreUnderTest::StoreUnderTest(StoreOptions options)
    : store_(make_sqlite_event_store(std::move(options))) {
  store_->set_commit_sink([this](std::vector<AppendOutcome> outcomes) {
    const std::lock_guard lock(mutex_);
    groups_.push_back(outcomes.size());
    for (AppendOutcome& outcome : outcomes) outcomes_.emplace(outcome.origin, std::move(outcome));
    arrived_.notify_all();
  });
}

StoreUnderTest::~StoreUnderTest() { store_->stop(); }

std::size_t StoreUnderTest::start_append(EventBatchPtr batch) {
  const std::size_t append = appends_++;
  store_->append(std::move(batch), this, static_cast<std::uint32_t>(append));
  return append;
}

AppendOutcome StoreUnderTest::wait_for(std::size_t append) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return outcomes_.contains(append); });
  return outcomes_.at(append);
}

Result<Position> StoreUnderTest::append(EventBatchPtr batch) {
  return wait_for(start_append(std::move(batch))).first_position;
}

Result<Page> StoreUnderTest::read(ReadRequest request) {
  std::promise<Result<Page>> answer;
  store_->read(std::move(request), [&](Result<Page> page) { answer.set_value(std::move(page)); });
  return answer.get_future().get();
}

void StoreUnderTest::run_retention() {
  std::promise<void> done;
  store_->run_retention([&] { done.set_value(); });
  done.get_future().get();
}

std::vector<std::size_t> StoreUnderTest::groups() {
  const std::lock_guard lock(mutex_);
  return groups_;
}

std::vector<std::string> payloads(const Page& page) {
  std::vector<std::string> found;
  for (const StoredEvent& event : page.events) found.push_back(event.payload);
  return found;
}

std::vector<Position> positions(const Page& page) {
  std::vector<Position> found;
  for (const StoredEvent& event : page.events) found.push_back(event.position);
  return found;
}

}  // namespace eventsd::store_test
