#include "net/poller.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace eventsd::net {

Poller::Watch::~Watch() {
  if (place_ >= 0) poller_.events_[static_cast<std::size_t>(place_)].data.ptr = nullptr;
  if (watched_ != 0) ::epoll_ctl(poller_.set_.native_handle(), EPOLL_CTL_DEL, socket_, nullptr);
}

void Poller::Watch::want(std::uint32_t what) {
  wanted_ |= what;
  if ((watched_ & what) != 0) return;
  epoll_event event{};
  event.events = watched_ | what;
  event.data.ptr = this;
  const int how = watched_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(poller_.set_.native_handle(), how, socket_, &event) != 0) {
    wanted_ &= ~what;
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
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
  event.data.ptr = this;
  // Cannot fail: the socket is in the set.
  ::epoll_ctl(poller_.set_.native_handle(), watched_ == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, socket_,
              &event);
}

// REQUIRES: place_ is set. A callback may destroy the watch, which takes its place away.
void Poller::Watch::fire(std::uint32_t events) {
  const bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (failed) events |= EPOLLIN | EPOLLOUT;
  const std::uint32_t due = events & wanted_;
  if (failed && due == 0) return unwatch(EPOLLIN | EPOLLOUT);
  // What nobody waits for is not told again.
  unwatch(events & watched_ & ~wanted_);
  wanted_ &= ~due;
  const epoll_event& slot = poller_.events_[static_cast<std::size_t>(place_)];
  if ((due & EPOLLIN) != 0) on_readable_(reader_);
  if ((due & EPOLLOUT) == 0 || slot.data.ptr != this) return;
  on_writable_(writer_);
  // A socket is nearly always writable, while more to read is waited for nearly always.
  if (slot.data.ptr == this) unwatch(EPOLLOUT & ~wanted_);
}

Poller::Poller(boost::asio::io_context& io) : set_(io.get_executor()) {
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
  struct Rest {
    Poller& poller;
    int at = 0;
    int count;
    ~Rest() {
      for (; at < count; ++at) poller.release(at);
      poller.arm();
    }
  };
  Rest rest{*this, 0, count};
  for (int i = 0; i < count; ++i) {
    static_cast<Watch*>(events_[static_cast<std::size_t>(i)].data.ptr)->place_ = i;
  }
  for (; rest.at < count; ++rest.at) {
    epoll_event& event = events_[static_cast<std::size_t>(rest.at)];
    if (event.data.ptr) static_cast<Watch*>(event.data.ptr)->fire(event.events);
    release(rest.at);
  }
}

void Poller::release(int place) {
  epoll_event& event = events_[static_cast<std::size_t>(place)];
  if (event.data.ptr) static_cast<Watch*>(event.data.ptr)->place_ = -1;
  event.data.ptr = nullptr;
}

}  // namespace eventsd::net
