// Readiness of many sockets, without a system call per wait.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <vector>

namespace eventsd::net {

// One epoll set that hangs in the io_context's own. A socket enters it once and stays as long as
// somebody waits for it again and again; the io_context itself would be told anew at every wait
// (measured: 7.4 epoll_ctl a connection from accept to close, 1 here).
//   thread   the io_context's
class Poller {
 public:
  // Called once, when what was waited for has come, or the socket has failed. May wait again, and
  // may end any watch.
  using Ready = void (*)(void* owner);

  // One socket in the set. Leaves it when destroyed; does not close the socket.
  class Watch {
   public:
    Watch(Poller& poller, int native_socket) : poller_(poller), socket_(native_socket) {}
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();

    // REQUIRES: no wait of the same kind.
    void await_readable(Ready ready, void* owner);
    void await_writable(Ready ready, void* owner);
    // Forgets what is waited for; nobody is called.
    void forget() { wanted_ = 0; }
    // The socket is about to be closed, which takes it out of the set without a system call more.
    void closes();
    int socket() const { return socket_; }

   private:
    friend class Poller;
    void want(std::uint32_t what);
    void unwatch(std::uint32_t what);
    void fire(std::uint32_t events);

    Poller& poller_;
    int socket_;
    std::uint32_t number_ = 0;  // of its entry in the set
    std::uint32_t watched_ = 0;
    std::uint32_t wanted_ = 0;
    Ready on_readable_ = nullptr;
    Ready on_writable_ = nullptr;
    void* reader_ = nullptr;
    void* writer_ = nullptr;
  };

  // Somebody who gathers what the callbacks of one batch of events bring about.
  struct Turn {
    virtual ~Turn() = default;
    virtual void begin() noexcept = 0;
    // Also when a callback has thrown.
    virtual void end() = 0;
  };

  //   turn  called before and behind each batch; null: nobody
  explicit Poller(boost::asio::io_context& io, Turn* turn = nullptr);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  // REQUIRES: every watch has gone.
  ~Poller() = default;

 private:
  static constexpr std::size_t kBatch = 256;
  // Who has entered by which socket. A number is given once, so that an event for one that has
  // left is told from one for its successor, which may have the same socket. Such events come: from
  // the batch that is being told, and while a child process between fork and exec has the socket.
  struct Place {
    Watch* watch = nullptr;
    std::uint32_t number = 0;
  };
  void arm();
  void tell();
  Watch* find(std::uint64_t tag) const;
  void leave(int socket) { places_[static_cast<std::size_t>(socket)].watch = nullptr; }

  Turn* const turn_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> set_;
  std::array<epoll_event, kBatch> events_;
  std::vector<Place> places_;  // by socket
};

}  // namespace eventsd::net
