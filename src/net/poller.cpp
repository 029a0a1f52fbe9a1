#include "net/poller.hpp"

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace eventsd::net {

namespace {

std::uint64_t tag_of(int socket, std::uint32_t number) {
  return static_cast<std::uint64_t>(number) << 32 | static_cast<std::uint32_t>(socket);
}

}  // namespace

Poller::Watch::~Watch() {
  if (watched_ == 0) return;
  poller_.leave(socket_);
  ::epoll_ctl(poller_.set_.native_handle(), EPOLL_CTL_DEL, socket_, nullptr);
}

void Poller::Watch::closes() {
  if (std::exchange(watched_, 0) != 0) poller_.leave(socket_);
}

void Poller::Watch::want(std::uint32_t what) {
  wanted_ |= what;
  if ((watched_ & what) != 0) return;
  const bool enters = watched_ == 0;
  const auto index = static_cast<std::size_t>(socket_);
  if (enters && index >= poller_.places_.size()) poller_.places_.resize(index + 1);
  if (enters) number_ = ++poller_.places_[index].number;
  epoll_event event{};
  event.events = watched_ | what;
  event.data.u64 = tag_of(socket_, number_);
  const int how = enters ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(poller_.set_.native_handle(), how, socket_, &event) != 0) {
    wanted_ &= ~what;
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
  if (enters) poller_.places_[index].watch = this;
  watched_ |= what;
}

void Poller::Watch::await_readable(Ready ready, void* owner) {
  on_readable_ = ready;
  reader_ = owner;
  want(EPOLLIN);
}

void Poller::Watch::await_writable(Ready ready, void* owner) {
  on_writable_ = ready;
  writer_ = owner;
  want(EPOLLOUT);
}

// A failure is told whatever the mask says; so a socket nobody waits for leaves.
void Poller::Watch::unwatch(std::uint32_t what) {
  if ((watched_ & what) == 0) return;
  watched_ &= ~what;
  epoll_event event{};
  event.events = watched_;
  event.data.u64 = tag_of(socket_, number_);
  if (watched_ == 0) poller_.leave(socket_);
  // Cannot fail: the socket is in the set.
  ::epoll_ctl(poller_.set_.native_handle(), watched_ == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, socket_,
              &event);
}

// A callback may destroy the watch.
void Poller::Watch::fire(std::uint32_t events) {
  const bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (failed) events |= EPOLLIN | EPOLLOUT;
  const std::uint32_t due = events & wanted_;
  if (failed && due == 0) return unwatch(EPOLLIN | EPOLLOUT);
  // What nobody waits for is not told again.
  unwatch(events & watched_ & ~wanted_);
  const Poller& poller = poller_;
  const std::uint64_t tag = tag_of(socket_, number_);
  if ((due & EPOLLIN) != 0) {
    wanted_ &= ~EPOLLIN;
    on_readable_(reader_);
    if (poller.find(tag) != this) return;
  }
  if ((due & wanted_ & EPOLLOUT) == 0) return;
  wanted_ &= ~EPOLLOUT;
  on_writable_(writer_);
  // A socket is nearly always writable, while more to read is waited for nearly always.
  if (poller.find(tag) == this) unwatch(EPOLLOUT & ~wanted_);
}

Poller::Poller(boost::asio::io_context& io, Turn* turn) : turn_(turn), set_(io.get_executor()) {
  const int native = ::epoll_create1(EPOLL_CLOEXEC);
  if (native < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  set_.assign(native);
  arm();
}

void Poller::arm() {
  set_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                  [this](boost::system::error_code error) {
                    if (!error) tell();
                  });
}

void Poller::tell() {
  const int count =
      ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
  // Also when a callback throws: what has not been told is told again.
  struct Rearm {
    Poller& poller;
    ~Rearm() { poller.arm(); }
  };
  const Rearm rearm{*this};
  if (turn_) turn_->begin();
  std::exception_ptr failure;
  try {
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events_[static_cast<std::size_t>(i)];
      Watch* const watch = find(event.data.u64);
      if (watch) watch->fire(event.events);
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (turn_) turn_->end();
  if (failure) std::rethrow_exception(failure);
}

Poller::Watch* Poller::find(std::uint64_t tag) const {
  const Place& place = places_[static_cast<std::size_t>(tag & 0xffffffffu)];
  return place.number == tag >> 32 ? place.watch : nullptr;
}

}  // namespace eventsd::net
