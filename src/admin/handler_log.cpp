#include "admin/handler_log.hpp"

namespace eventsd::admin {

void HandlerLog::add(HandlerLine line) {
  if (posted_.fetch_add(1, std::memory_order_relaxed) >= kMaxPosted) {
    posted_.fetch_sub(1, std::memory_order_relaxed);
    not_kept_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (line.text.size() > kMaxText) line.text.resize(kMaxText);
  post_([this, line = std::move(line)]() mutable {
    posted_.fetch_sub(1, std::memory_order_relaxed);
    lines_.push_front(std::move(line));
    if (lines_.size() > kKept) lines_.pop_back();
  });
}

}  // namespace eventsd::admin
