#include "handler/worker_link.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <utility>

namespace eventsd::handler {

using boost::asio::local::stream_protocol;
using std::chrono::steady_clock;

WorkerLink::WorkerLink(boost::asio::io_context& io, WorkerProcess process, const Events& events)
    : socket_(io, stream_protocol(), process.socket),
      pid_(process.pid),
      events_(events),
      started_(steady_clock::now()) {
  socket_.native_non_blocking(true);
}

WorkerLink::~WorkerLink() { end(); }

void WorkerLink::start_reading() { read(); }

void WorkerLink::read() {
  socket_.async_read_some(
      boost::asio::buffer(read_buffer_),
      [this, self = shared_from_this()](boost::system::error_code error, std::size_t size) {
        if (ended_) return;
        if (error) return lose("");
        decoder_.feed({read_buffer_.data(), size});
        for (Frame frame; !ended_;) {
          const auto status = decoder_.next(frame);
          if (status == FrameDecoder::Status::need_more) break;
          if (status == FrameDecoder::Status::broken) return lose("it sent a broken frame");
          if (!handle(frame)) return lose("it sent a frame out of turn");
        }
        if (ended_) return;
        events_.idle_bytes(*this);
        if (!ended_) read();
      });
}

// False: the worker is not to be believed.
bool WorkerLink::handle(Frame& frame) {
  if (auto* ready = std::get_if<ReadyFrame>(&frame)) {
    if (ready_) return false;
    if (!ready->refusal.empty()) {
      lose("it cannot close its sandbox: " + ready->refusal);
      return true;
    }
    ready_ = true;
    events_.ready(*this);
    return true;
  }
  if (items_.empty()) return false;
  if (auto* loaded = std::get_if<LoadedFrame>(&frame)) {
    if (!items_.front().is_load || items_.front().job->call.module->number != loaded->number) {
      return false;
    }
    Item item = std::move(items_.front());
    next_front();
    if (item.job->checked) {
      append_frame(out_, ForgetFrame{loaded->number});
      if (!item.abandoned) serves_less(item.job->key());
    }
    events_.loaded(*this, std::move(item), std::move(*loaded));
    return true;
  }
  if (auto* result = std::get_if<ResultFrame>(&frame)) {
    if (items_.front().is_load || items_.front().id != result->id) return false;
    const auto took = steady_clock::now() - front_since_;
    Item item = std::move(items_.front());
    next_front();
    item.took = took;
    bytes_in_flight_ -= item.job->bytes;
    if (!item.abandoned) serves_less(item.job->key());
    events_.result(*this, std::move(item), std::move(*result));
    return true;
  }
  return false;
}

void WorkerLink::next_front() {
  items_.pop_front();
  front_since_ = steady_clock::now();
  cpu_at_front_.reset();
}

void WorkerLink::add(Item item) {
  if (items_.empty()) {
    front_since_ = steady_clock::now();
    cpu_at_front_.reset();
  }
  items_.push_back(std::move(item));
}

void WorkerLink::send(JobPtr job) {
  const CodeModulePtr& module = job->call.module;
  if (!modules_.contains(module->number)) {
    forget_old_modules();
    modules_[module->number] = module;
    append_frame(out_, LoadFrame{module->number, module->name, module->source});
    add({0, job, true, false});
  }
  const std::uint64_t id = next_id_++;
  append_call(out_, id, module->number, job->call.function, job->call.context);
  ++served_[job->key()];
  bytes_in_flight_ += job->bytes;
  ++calls_;
  add({id, std::move(job), false, false});
}

void WorkerLink::send_check(JobPtr job) {
  const CodeModulePtr& module = job->call.module;
  append_frame(out_, LoadFrame{module->number, module->name, module->source});
  ++served_[job->key()];
  add({0, std::move(job), true, false});
}

void WorkerLink::forget_old_modules() {
  std::erase_if(modules_, [this](const auto& known) {
    if (!known.second.expired()) return false;
    append_frame(out_, ForgetFrame{known.first});
    return true;
  });
}

bool WorkerLink::serves(std::uint32_t key) const { return served_.contains(key); }

void WorkerLink::serves_less(std::uint32_t key) {
  const auto found = served_.find(key);
  if (--found->second == 0) served_.erase(found);
}

void WorkerLink::abandon(Item& item) {
  item.abandoned = true;
  if (!item.is_load || item.job->checked) serves_less(item.job->key());
}

void WorkerLink::flush() {
  if (writing_ || ended_) return;
  while (sent_ < out_.size()) {
    const ssize_t size = ::send(socket_.native_handle(), out_.data() + sent_, out_.size() - sent_,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait_writable();
    if (size < 0) break;  // reading finds out what has become of it
    sent_ += static_cast<std::size_t>(size);
  }
  out_.clear();
  sent_ = 0;
  if (out_.capacity() > (1u << 20)) out_.shrink_to_fit();
}

void WorkerLink::wait_writable() {
  out_.erase(0, sent_);
  sent_ = 0;
  writing_ = true;
  socket_.async_wait(stream_protocol::socket::wait_write,
                     [this, self = shared_from_this()](boost::system::error_code error) {
                       writing_ = false;
                       if (!error) flush();
                     });
}

void WorkerLink::lose(std::string why) {
  const auto self = shared_from_this();
  events_.lost(*this, std::move(why));
}

std::string WorkerLink::end() {
  if (std::exchange(ended_, true)) return {};
  boost::system::error_code ignored;
  socket_.close(ignored);
  return end_worker(pid_);
}

std::chrono::nanoseconds WorkerLink::cpu_time_of_front() {
  const auto used = cpu_time_of(pid_);
  if (!used) return {};
  if (!cpu_at_front_) cpu_at_front_ = used;
  return *used - *cpu_at_front_;
}

}  // namespace eventsd::handler
