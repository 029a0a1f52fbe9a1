// One worker process as the daemon sees it: its socket, what it was sent, what it is at.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "handler/call_queue.hpp"
#include "handler/spawn.hpp"

namespace eventsd::handler {

//   thread   the io_context's
class WorkerLink : public std::enable_shared_from_this<WorkerLink> {
 public:
  // What it was sent and has not answered. The first is what it runs.
  struct Item {
    std::uint64_t id = 0;  // of a call's frame
    JobPtr job;            // of a load: the call, or the check, that it is for
    bool is_load = false;
    bool abandoned = false;  // runs elsewhere too: its answer is ignored
    std::chrono::nanoseconds took{};  // of one that has been answered: since it was the first
  };
  struct Events {
    std::function<void(WorkerLink&)> ready;
    // The answer of the item, which is no longer in items().
    std::function<void(WorkerLink&, Item, LoadedFrame)> loaded;
    std::function<void(WorkerLink&, Item, ResultFrame)> result;
    std::function<void(WorkerLink&)> idle_bytes;  // everything that had come is handled
    // It has ended, or broken the protocol; `why` for the log. Never called after end().
    std::function<void(WorkerLink&, std::string why)> lost;
  };

  // Takes over the process.
  WorkerLink(boost::asio::io_context& io, WorkerProcess process, const Events& events);
  ~WorkerLink();

  void start_reading();
  // The module's source goes first where the worker does not have it.
  void send(JobPtr job);
  void send_check(JobPtr job);
  // Sends what send() has gathered.
  void flush();
  // Kills the process, waits for it and closes the socket; says how it ended.
  std::string end();

  bool is_ready() const { return ready_; }
  std::deque<Item>& items() { return items_; }
  std::uint64_t bytes_in_flight() const { return bytes_in_flight_; }
  std::uint64_t calls() const { return calls_; }
  // Whether calls of the namespace wait or run here.
  bool serves(std::uint32_t key) const;
  // Says that the item, one of items(), runs elsewhere too.
  void abandon(Item& item);

  SteadyTime started() const { return started_; }
  // Since when the first of items() is the first.
  SteadyTime front_since() const { return front_since_; }
  // CPU time since this was first asked about the first of items().
  std::chrono::nanoseconds cpu_time_of_front();

 private:
  void read();
  bool handle(Frame& frame);
  void next_front();
  void wait_writable();
  void add(Item item);
  void serves_less(std::uint32_t key);
  void lose(std::string why);
  void forget_old_modules();

  boost::asio::local::stream_protocol::socket socket_;
  const pid_t pid_;
  const Events& events_;
  const SteadyTime started_;
  std::array<char, 64 << 10> read_buffer_;
  FrameDecoder decoder_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  bool writing_ = false;
  bool ended_ = false;
  bool ready_ = false;
  std::deque<Item> items_;
  std::map<std::uint32_t, unsigned> served_;  // items that are not abandoned, by namespace
  std::map<std::uint64_t, std::weak_ptr<const CodeModule>> modules_;
  std::uint64_t next_id_ = 1;
  std::uint64_t calls_ = 0;
  std::uint64_t bytes_in_flight_ = 0;
  SteadyTime front_since_;
  std::optional<std::chrono::nanoseconds> cpu_at_front_;
};

}  // namespace eventsd::handler
