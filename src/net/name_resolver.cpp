#include "net/name_resolver.hpp"

#include <netdb.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace eventsd::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

error_code error_of(int code) {
  switch (code) {
    case 0:
      return {};
    case EAI_AGAIN:
      return asio::error::host_not_found_try_again;
    case EAI_MEMORY:
      return asio::error::no_memory;
    case EAI_FAIL:
      return asio::error::no_recovery;
    default:
      return asio::error::host_not_found;
  }
}

asio::ip::address address_of(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    sockaddr_in plain;
    std::memcpy(&plain, info.ai_addr, sizeof plain);
    return asio::ip::address_v4(ntohl(plain.sin_addr.s_addr));
  }
  sockaddr_in6 plain;
  std::memcpy(&plain, info.ai_addr, sizeof plain);
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &plain.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, plain.sin6_scope_id);
}

}  // namespace

Addresses look_up(const std::string& host, error_code& error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  error = error_of(::getaddrinfo(host.c_str(), nullptr, &hints, &found));
  Addresses addresses;
  if (error) return addresses;
  for (const addrinfo* one = found; one; one = one->ai_next) {
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6) {
      addresses.push_back(address_of(*one));
    }
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) error = asio::error::host_not_found;
  return addresses;
}

// Shared with the threads, which may outlive the service.
struct NameResolver::State {
  explicit State(asio::io_context& io) : context(io) {}

  asio::io_context& context;  // not to be touched once `stopping`
  // A blocking call cannot be posted to a loop; this guards all that follows, and is never held
  // during one.
  std::mutex mutex;
  std::condition_variable wake;
  Lookup lookup = &look_up;
  std::deque<std::string> queue;                        // names that nobody looks up yet
  std::map<std::string, std::vector<Handler>> waiting;  // by name
  std::map<std::thread::id, std::thread> idle, looking_up;
  bool stopping = false;
};

asio::execution_context::id NameResolver::id;

NameResolver::NameResolver(asio::io_context& context)
    : asio::execution_context::service(context), state_(std::make_shared<State>(context)) {}

NameResolver::~NameResolver() = default;

void NameResolver::set_lookup(Lookup lookup) {
  const std::lock_guard lock(state_->mutex);
  state_->lookup = std::move(lookup);
}

void NameResolver::resolve(const std::string& host, Handler handler) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  if (const auto known = state.waiting.find(host); known != state.waiting.end()) {
    known->second.push_back(std::move(handler));
    return;
  }
  if (state.queue.size() >= state.idle.size() &&
      state.idle.size() + state.looking_up.size() < kMaxThreads) {
    std::thread thread([shared = state_] { work(shared); });
    const std::thread::id number = thread.get_id();
    state.idle.emplace(number, std::move(thread));  // it waits for the lock
  }
  state.waiting[host].push_back(std::move(handler));
  state.queue.push_back(host);
  state.wake.notify_one();
}

void NameResolver::work(const std::shared_ptr<State>& shared) {
  State& state = *shared;
  std::unique_lock lock(state.mutex);
  for (;;) {
    state.wake.wait(lock, [&] { return state.stopping || !state.queue.empty(); });
    if (state.stopping) return;
    const std::string host = std::move(state.queue.front());
    state.queue.pop_front();
    state.looking_up.insert(state.idle.extract(std::this_thread::get_id()));
    const Lookup lookup = state.lookup;
    lock.unlock();
    error_code error;
    Addresses addresses = lookup(host, error);
    lock.lock();
    if (state.stopping) return;
    state.idle.insert(state.looking_up.extract(std::this_thread::get_id()));
    auto waiting = state.waiting.extract(host);
    asio::post(state.context,
               [handlers = std::move(waiting.mapped()), error, addresses = std::move(addresses)] {
                 for (const Handler& handler : handlers) handler(error, addresses);
               });
  }
}

void NameResolver::shutdown() noexcept {
  std::map<std::thread::id, std::thread> idle;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->waiting.clear();
    idle.swap(state_->idle);
    for (auto& entry : state_->looking_up) entry.second.detach();
    state_->looking_up.clear();
  }
  state_->wake.notify_all();
  for (auto& entry : idle) entry.second.join();
}

}  // namespace eventsd::net
