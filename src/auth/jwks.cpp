#include "auth/jwks.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <vector>

#include "auth/jwks_fetch.hpp"
#include "auth/jwt_json.hpp"

namespace eventsd::auth {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

// Operations that wait for a fetch; more than these are refused instead. Once there are keys, who
// waits has made up a kid, or is among the first after a rotation.
constexpr std::size_t kMaxWaitingForFirst = 10'000;
constexpr std::size_t kMaxWaitingForMore = 100;

std::string seconds_text(std::chrono::steady_clock::duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

class FetchedKeySource final : public KeySource,
                               public std::enable_shared_from_this<FetchedKeySource> {
 public:
  FetchedKeySource(asio::io_context& io, std::string issuer, KeyLookup lookup,
                   std::shared_ptr<const net::ConnectOptions> connect, const KeyTimes& times,
                   KeyDirectory::Now now)
      : io_(io),
        issuer_(std::move(issuer)),
        lookup_(lookup),
        connect_(std::move(connect)),
        times_(times),
        now_(now),
        timer_(io) {}

  ~FetchedKeySource() override { retire_all(); }

  void find(const std::string& kid, JwtAlgorithm algorithm, Done done) override {
    end_stale_keys();
    auto known = look_up(kid, algorithm);
    const bool worth_a_fetch = !known && !has_key(kid) && !closed_ && (fetching_ || may_fetch());
    const std::size_t room = read_at_ ? kMaxWaitingForMore : kMaxWaitingForFirst;
    if (!worth_a_fetch || waiting_.size() >= room) return done(std::move(known));
    waiting_.push_back({kid, algorithm, std::move(done)});
    if (fetching_) return;
    if (read_at_) fetched_for_kid_ = now_();
    fetch();
  }

  void close() override {
    closed_ = true;
    timer_.cancel();
    answer_waiting();
  }

  void start() {
    if (!last_attempt_) fetch();
  }

  void fetch() {
    fetching_ = true;
    last_attempt_ = now_();
    timer_.cancel();
    fetch_keys(io_, issuer_, lookup_, *connect_, times_.request_timeout,
               [weak = weak_from_this()](Result<FetchedKeys> keys) {
                 if (const auto self = weak.lock()) self->on_fetched(std::move(keys));
               });
  }

 private:
  struct Waiting {
    std::string kid;
    JwtAlgorithm algorithm;
    Done done;
  };

  bool has_key(const std::string& kid) const {
    return std::any_of(keys_.begin(), keys_.end(), [&](auto& key) { return key->kid == kid; });
  }

  // Before the first success: whenever the time of the next try has come. Later once a minute,
  // which refreshes do not count towards: a key may be new since the last of them.
  bool may_fetch() const {
    const std::optional<Time>& last = read_at_ ? fetched_for_kid_ : last_attempt_;
    return !last || now_() - *last >= (read_at_ ? times_.unknown_kid : retry_delay());
  }

  Result<PublicKeyPtr> look_up(const std::string& kid, JwtAlgorithm algorithm) const {
    for (const PublicKeyPtr& key : keys_) {
      if (key->kid == kid && key->fits(algorithm)) return key;
    }
    if (has_key(kid)) {
      return deny(ErrorKind::unauthorized, "the key " + quoted(kid) + " of " + quoted(issuer_) +
                                               " is not for " + std::string(name_of(algorithm)));
    }
    if (!read_at_) {
      return deny(ErrorKind::internal,
                  "the keys of " + quoted(issuer_) + " are not known: " + quoted(last_fault_));
    }
    return deny(ErrorKind::unauthorized, "the kid " + quoted(kid) + " is not among the keys of " +
                                             quoted(issuer_) + ", read " +
                                             seconds_text(now_() - *read_at_) + " ago");
  }

  void on_fetched(Result<FetchedKeys> fetched) {
    fetching_ = false;
    if (fetched) {
      failures_ = 0;
      replace(std::move(fetched->set));
      schedule(refresh_delay(fetched->max_age));
    } else {
      ++failures_;
      last_fault_ = fetched.error().message;
      // Once a failure lasts, the log need not hear of it every minute.
      const auto level =
          failures_ <= 3 || failures_ % 60 == 0 ? spdlog::level::warn : spdlog::level::debug;
      spdlog::log(level, "keys cannot be fetched issuer={} failures={} keys={} err={}",
                  quoted(issuer_), failures_, keys_.size(), quoted(last_fault_));
      end_stale_keys();
      schedule(retry_delay());
    }
    answer_waiting();
  }

  void answer_waiting() {
    for (Waiting& waiting : std::exchange(waiting_, {})) {
      waiting.done(look_up(waiting.kid, waiting.algorithm));
    }
  }

  // Keys that stay keep their object, so that what was verified with them stays cached.
  void replace(JwkSet set) {
    std::vector<PublicKeyPtr> keys;
    std::size_t added = 0;
    for (PublicKeyPtr& key : set.keys) {
      const auto same = std::find_if(keys_.begin(), keys_.end(),
                                     [&](auto& old) { return old->source == key->source; });
      if (same == keys_.end()) ++added;
      keys.push_back(same == keys_.end() ? std::move(key) : *same);
    }
    std::size_t removed = 0;
    for (const PublicKeyPtr& old : keys_) {
      if (std::find(keys.begin(), keys.end(), old) != keys.end()) continue;
      old->retired.store(true, std::memory_order_relaxed);
      ++removed;
    }
    if (added + removed > 0 || !read_at_) {
      spdlog::info("keys fetched issuer={} keys={} new={} removed={}", quoted(issuer_), keys.size(),
                   added, removed);
      for (const std::string& why : set.ignored) {
        spdlog::warn("a key is not used issuer={} {}", quoted(issuer_), why);
      }
    }
    keys_ = std::move(keys);
    read_at_ = now_();
  }

  void retire_all() {
    for (const PublicKeyPtr& key : keys_) key->retired.store(true, std::memory_order_relaxed);
    keys_.clear();
  }

  void end_stale_keys() {
    if (!read_at_ || now_() - *read_at_ < times_.max_stale) return;
    spdlog::error("keys are too old and are not used any more issuer={} err={}", quoted(issuer_),
                  quoted(last_fault_));
    retire_all();
    read_at_.reset();
  }

  milliseconds refresh_delay(std::optional<std::chrono::seconds> max_age) const {
    const milliseconds wanted = max_age ? milliseconds(*max_age) : times_.refresh;
    return std::clamp(wanted, std::min(times_.min_refresh, times_.refresh), times_.refresh);
  }
  milliseconds retry_delay() const {
    const int doublings = std::clamp(failures_ - 1, 0, 16);
    return std::min(times_.first_retry * (1 << doublings), times_.max_retry);
  }

  void schedule(milliseconds delay) {
    if (closed_) return;
    timer_.expires_after(delay);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
      if (cancelled) return;
      const auto self = weak.lock();
      if (self && !self->fetching_) self->fetch();
    });
  }

  asio::io_context& io_;
  const std::string issuer_;
  const KeyLookup lookup_;
  const std::shared_ptr<const net::ConnectOptions> connect_;  // the directory's
  const KeyTimes times_;
  const KeyDirectory::Now now_;
  asio::steady_timer timer_;
  std::vector<PublicKeyPtr> keys_;
  std::vector<Waiting> waiting_;  // for the fetch that is under way
  bool fetching_ = false;
  int failures_ = 0;  // since the last success
  std::string last_fault_ = "nobody has answered yet";
  std::optional<Time> read_at_;  // empty: no keys
  std::optional<Time> last_attempt_;
  std::optional<Time> fetched_for_kid_;  // the last time that an unknown kid led to a fetch
  bool closed_ = false;
};

}  // namespace

KeyDirectory::KeyDirectory(asio::io_context& io, net::ConnectOptions connect, KeyTimes times,
                           Now now)
    : io_(io),
      connect_(std::make_shared<net::ConnectOptions>(std::move(connect))),
      times_(times),
      now_(now),
      executor_([&io](std::function<void()> work) { asio::post(io, std::move(work)); }) {}

void KeyDirectory::set_connect(net::ConnectOptions connect) {
  asio::post(io_, [shared = connect_, connect = std::move(connect)]() mutable {
    *shared = std::move(connect);
  });
}

void KeyDirectory::close() {
  for (const auto& [name, source] : sources_) {
    asio::post(io_, [weak = source] {
      if (const auto self = weak.lock()) self->close();
    });
  }
}

Result<std::shared_ptr<KeySource>> KeyDirectory::source(const std::string& issuer,
                                                        KeyLookup lookup) {
  const auto url = trusted_url(issuer);
  if (!url) return fail(ErrorKind::bad_request, "issuer: " + url.error().message);
  std::erase_if(sources_, [](auto& entry) { return entry.second.expired(); });
  std::weak_ptr<KeySource>& known = sources_[{issuer, lookup}];
  if (auto source = known.lock()) return source;
  const auto made = std::make_shared<FetchedKeySource>(io_, issuer, lookup, connect_, times_, now_);
  known = made;
  asio::post(io_, [weak = std::weak_ptr(made)] {
    if (const auto self = weak.lock()) self->start();
  });
  return std::shared_ptr<KeySource>(made);
}

}  // namespace eventsd::auth
