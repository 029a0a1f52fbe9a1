#include "auth/token_cache.hpp"

#include <openssl/sha.h>

#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>

namespace eventsd::auth {
namespace {

constexpr std::size_t kStripes = 16;
// What an entry takes besides its texts: list and hash nodes, control blocks. An estimate.
constexpr std::size_t kEntryOverhead = 400;

struct DigestHash {
  std::size_t operator()(const TokenDigest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

// A map that forgets what was not asked for longest, once its entries' cost is over the limit.
// Striped: threads meet only when they ask for digests of the same sixteenth at the same time.
template <typename T>
class LeastRecentlyUsed {
 public:
  explicit LeastRecentlyUsed(std::size_t max_cost) : max_stripe_cost_(max_cost / kStripes) {}

  std::optional<T> find(const TokenDigest& digest) {
    Stripe& stripe = stripe_of(digest);
    const std::lock_guard lock(stripe.mutex);
    const auto found = stripe.index.find(digest);
    if (found == stripe.index.end()) return std::nullopt;
    stripe.entries.splice(stripe.entries.begin(), stripe.entries, found->second);
    return found->second->value;
  }

  void put(const TokenDigest& digest, T value, std::size_t cost) {
    if (cost > max_stripe_cost_) return;
    Stripe& stripe = stripe_of(digest);
    const std::lock_guard lock(stripe.mutex);
    if (const auto old = stripe.index.find(digest); old != stripe.index.end()) {
      stripe.remove(old->second);
    }
    stripe.entries.push_front({digest, std::move(value), cost});
    stripe.index.emplace(digest, stripe.entries.begin());
    stripe.cost += cost;
    while (stripe.cost > max_stripe_cost_) stripe.remove(std::prev(stripe.entries.end()));
  }

  void erase(const TokenDigest& digest) {
    Stripe& stripe = stripe_of(digest);
    const std::lock_guard lock(stripe.mutex);
    const auto found = stripe.index.find(digest);
    if (found != stripe.index.end()) stripe.remove(found->second);
  }

 private:
  struct Entry {
    TokenDigest digest;
    T value;
    std::size_t cost;
  };
  struct Stripe {
    using Iterator = typename std::list<Entry>::iterator;

    void remove(Iterator entry) {
      cost -= entry->cost;
      index.erase(entry->digest);
      entries.erase(entry);
    }

    // Guards the rest. A hit takes less than a post to another thread would, and a copy of the
    // cache in each thread would have each token verified once a thread.
    std::mutex mutex;
    std::list<Entry> entries;  // the most recently used first
    std::unordered_map<TokenDigest, Iterator, DigestHash> index;
    std::size_t cost = 0;
  };
  Stripe& stripe_of(const TokenDigest& digest) { return stripes_[digest.back() % kStripes]; }

  const std::size_t max_stripe_cost_;
  std::array<Stripe, kStripes> stripes_;
};

struct Refusal {
  std::chrono::system_clock::time_point until;
  Error error;
};

}  // namespace

struct TokenCache::Tables {
  explicit Tables(const TokenCacheLimits& limits)
      : verified(limits.verified_bytes), refused(limits.refused_bytes) {}
  LeastRecentlyUsed<VerifiedTokenPtr> verified;
  LeastRecentlyUsed<Refusal> refused;
};

TokenDigest digest_of(std::string_view token) {
  thread_local std::string last;
  thread_local TokenDigest digest{};
  thread_local bool has_last = false;
  if (has_last && last == token) return digest;
  has_last = false;  // in case there is no memory for the text
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  last = token;
  has_last = true;
  return digest;
}

TokenCache::TokenCache(const TokenCacheLimits& limits)
    : limits_(limits), tables_(std::make_unique<Tables>(limits)) {}
TokenCache::~TokenCache() = default;

VerifiedTokenPtr TokenCache::find(const TokenDigest& token,
                                  std::chrono::system_clock::time_point now) {
  auto found = tables_->verified.find(token);
  if (!found) return nullptr;
  if ((*found)->holds(now)) return *std::move(found);
  tables_->verified.erase(token);
  return nullptr;
}

void TokenCache::keep(const TokenDigest& token, VerifiedTokenPtr verified) {
  const std::size_t cost = kEntryOverhead + verified->head.size() + verified->tail.size() +
                           (verified->document ? verified->document->size() : 0);
  tables_->verified.put(token, std::move(verified), cost);
}

std::optional<Error> TokenCache::refusal(const TokenDigest& token,
                                         std::chrono::system_clock::time_point now) {
  auto found = tables_->refused.find(token);
  if (!found || now >= found->until) return std::nullopt;
  return std::move(found->error);
}

void TokenCache::refuse(const TokenDigest& token, const Error& error,
                        std::chrono::system_clock::time_point now) {
  tables_->refused.put(token, Refusal{now + limits_.refused_for, error},
                       kEntryOverhead + error.reason.size());
}

}  // namespace eventsd::auth
