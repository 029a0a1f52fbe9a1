#include "store/health_board.hpp"

#include "store/log.hpp"

namespace eventsd::store {

StoreHealth HealthBoard::read() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

void HealthBoard::fail(std::string detail) {
  const std::lock_guard lock(mutex_);
  if (health_.state == StoreHealth::State::failed) return;
  logger()->error("history refuses service until restart err=\"{}\"", detail);
  health_ = {StoreHealth::State::failed, std::move(detail)};
  failed_.store(true, std::memory_order_release);
}

void HealthBoard::set_full(std::string detail) {
  const std::lock_guard lock(mutex_);
  if (health_.state == StoreHealth::State::failed) return;
  if (health_.state == StoreHealth::State::ok) {
    logger()->warn("history refuses publishes err=\"{}\"", detail);
  }
  health_ = {StoreHealth::State::full, std::move(detail)};
}

void HealthBoard::clear_full() {
  const std::lock_guard lock(mutex_);
  if (health_.state != StoreHealth::State::full) return;
  logger()->info("history accepts publishes again");
  health_ = {};
}

std::string describe(const std::string& what, const SqlError& error) {
  if (error.code == 0) return what + ": " + error.message;
  std::string text = what + ": " + error.message + " (code " + std::to_string(error.code);
  if (error.system_errno != 0) text += ", errno " + std::to_string(error.system_errno);
  return text + ")";
}

}  // namespace eventsd::store
