#include "auth/throttle.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "auth/lambda_event.hpp"

namespace eventsd::auth {
namespace {

namespace ip = boost::asio::ip;
using Clock = FailureThrottle::Clock;

ip::address parse(const std::string& text) {
  boost::system::error_code error;
  ip::address address = ip::make_address(text, error);
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return error ? ip::address() : address;
}

bool is_exhausted(const Clock::time_point* debt, std::uint32_t burst,
                  std::chrono::milliseconds interval, Clock::time_point now) {
  return debt && *debt - now > interval * (burst - 1);
}

template <typename Map, typename Key>
void add_failure(Map& map, const Key& key, std::uint32_t burst, std::chrono::milliseconds interval,
                 Clock::time_point now) {
  const Clock::time_point* debt = map.find(key);
  const Clock::time_point next = std::max(debt ? *debt : now, now) + interval;
  map.put(key, std::min(next, now + interval * burst));
}

// One client's failures are not another's, even where both have the same token.
Digest asked_from(const Digest& question, const std::string& source_ip) {
  std::string text(question.begin(), question.end());
  return digest_of_text(text + throttled_address(source_ip));
}

}  // namespace

std::string throttled_address(const std::string& text) {
  const ip::address address = parse(text);
  if (!address.is_v6()) return address.to_string();
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return ip::address_v6(bytes).to_string();
}

bool is_loopback_address(const std::string& text) { return parse(text).is_loopback(); }

bool FailureThrottle::is_free(const std::string& source_ip) const {
  return is_loopback_address(source_ip) || (is_exempt_ && is_exempt_(source_ip));
}

FailureThrottle::Leave FailureThrottle::may_ask(const Digest& question, const Digest& credential,
                                                const std::string& source_ip,
                                                Clock::time_point now) {
  if (is_free(source_ip)) return Leave::ask;
  if (is_exhausted(questions_.find(asked_from(question, source_ip)), limits_.question_burst,
                   limits_.question_interval, now)) {
    return Leave::repeated_question;
  }
  if (accepted_.find(credential)) return Leave::ask;
  if (is_exhausted(addresses_.find(throttled_address(source_ip)), limits_.address_burst,
                   limits_.address_interval, now)) {
    return Leave::address;
  }
  return Leave::ask;
}

void FailureThrottle::failed(const Digest& question, const std::string& source_ip,
                             Clock::time_point now) {
  if (is_free(source_ip)) return;
  add_failure(questions_, asked_from(question, source_ip), limits_.question_burst,
              limits_.question_interval, now);
  add_failure(addresses_, throttled_address(source_ip), limits_.address_burst,
              limits_.address_interval, now);
}

void FailureThrottle::forget(const Digest& credential) { accepted_.erase(credential); }

void FailureThrottle::succeeded(const Digest& credential) { accepted_.put(credential, true); }

}  // namespace eventsd::auth
