#include "unit/server/support/fake_store.hpp"

#include <algorithm>

namespace eventsd::server_test {
namespace {

bool covers(const std::string& channel, const std::string& path) {
  if (!channel.ends_with("/*")) return channel == path;
  return path.starts_with(std::string_view(channel).substr(0, channel.size() - 1));
}

}  // namespace

void FakeStore::append(EventBatchPtr batch, void* waiter, std::uint32_t origin) {
  ++appended_;
  waiting_.push_back({std::move(batch), waiter, origin});
}

void FakeStore::commit(std::size_t count) {
  std::vector<AppendOutcome> outcomes;
  while (!waiting_.empty() && outcomes.size() < count) {
    const Append next = waiting_.front();
    waiting_.pop_front();
    const Position first = head_ + 1;
    for (const Event& event : next.batch->events) {
      events_.push_back({++head_, std::string(event.id), next.batch->channel, event.payload, 0});
    }
    outcomes.push_back({next.batch, first, next.waiter, next.origin});
  }
  if (!outcomes.empty()) sink_(std::move(outcomes));
}

void FakeStore::refuse(ErrorKind kind) {
  std::vector<AppendOutcome> outcomes;
  for (const Append& next : waiting_) {
    outcomes.push_back({next.batch, fail(kind), next.waiter, next.origin});
  }
  waiting_.clear();
  if (!outcomes.empty()) sink_(std::move(outcomes));
}

Position FakeStore::remember(std::string channel, std::string payload) {
  events_.push_back({++head_, "stored", std::move(channel), std::move(payload), 0});
  return head_;
}

void FakeStore::forget_through(Position position) {
  std::erase_if(events_, [&](const StoredEvent& event) { return event.position <= position; });
  removed_through_ = std::max(removed_through_, position);
}

void FakeStore::set_queue(std::uint64_t bytes, std::uint64_t cap) {
  queued_ = bytes;
  cap_ = cap;
}

Page FakeStore::page(const ReadRequest& request) const {
  Page page;
  page.epoch = epoch_;
  page.head = head_;
  page.removed_through = removed_through_;
  const bool newer = request.direction == ReadRequest::Direction::newer;
  std::vector<StoredEvent> matching;
  for (const StoredEvent& event : events_) {
    if (!covers(request.channel, event.channel)) continue;
    if (request.from && newer && event.position <= *request.from) continue;
    if (request.from && !newer && event.position >= *request.from) continue;
    matching.push_back(event);
  }
  if (!newer) std::reverse(matching.begin(), matching.end());
  std::uint64_t bytes = 0;
  for (const StoredEvent& event : matching) {
    bytes += event.payload.size();
    const bool full = page.events.size() >= request.limit || bytes > request.max_bytes;
    if (full && (!page.events.empty() || request.limit == 0)) {
      page.next = page.events.empty() ? request.from.value_or(0) : page.events.back().position;
      break;
    }
    page.events.push_back(event);
  }
  if (!newer) std::reverse(page.events.begin(), page.events.end());
  return page;
}

Result<Page> FakeHistory::look_up(const ReadRequest& request) const {
  if (broken_) return fail(ErrorKind::store_unavailable);
  return store_.page(request);
}

void FakeHistory::read(ReadRequest request, Completion<Result<Page>>& done) {
  ++count_;
  if (!held_) return done.complete(look_up(request));
  reads_.push_back({std::move(request), &done, std::nullopt});
}

bool FakeHistory::look() {
  const auto next =
      std::find_if(reads_.begin(), reads_.end(), [](const Read& read) { return !read.page; });
  if (next == reads_.end()) return false;
  next->page.emplace(look_up(next->request));
  return true;
}

bool FakeHistory::answer() {
  if (reads_.empty() || !reads_.front().page) return false;
  Read read = std::move(reads_.front());
  reads_.pop_front();
  read.done->complete(std::move(*read.page));
  return true;
}

void FakeHistory::release() {
  held_ = false;
  while (look() || answer()) continue;
}

}  // namespace eventsd::server_test
