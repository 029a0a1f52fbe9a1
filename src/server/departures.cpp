#include "server/departures.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>

#include "server/connection.hpp"

namespace eventsd::server {

bool Departures::put_off(const std::shared_ptr<Connection>& connection) noexcept {
  if (++ended_ <= kPerTurn) return false;
  try {
    waiting_.push_back(connection);
    go_on();
  } catch (const std::exception&) {
    return false;  // if it waits all the same, it will have ended by then
  }
  return true;
}

void Departures::go_on() {
  if (scheduled_) return;
  boost::asio::post(io_, [this] {
    scheduled_ = false;
    end_some();
  });
  scheduled_ = true;
}

void Departures::end_some() {
  for (std::size_t ended = 0; ended < kPerTurn && !waiting_.empty(); ++ended) {
    const std::shared_ptr<Connection> connection = std::move(waiting_.back());
    waiting_.pop_back();
    connection->abort();
  }
  if (!waiting_.empty()) return go_on();
  waiting_.shrink_to_fit();
}

}  // namespace eventsd::server
