#include "handler/worker.hpp"

#include <openssl/rand.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>
#include <new>
#include <optional>
#include <string_view>

#include "handler/frame.hpp"
#include "handler/sandbox.hpp"
#include "handler/zone_table.hpp"

namespace eventsd::handler {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;
// Beside the heap: program, libraries, zones, the longest frames in and out and their texts.
constexpr std::uint64_t kAddressSpaceBesideHeap = 384ull << 20;

bool send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(kWorkerSocket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

class Worker {
 public:
  Worker(const EngineLimits& limits, std::shared_ptr<const ZoneTable> zones)
      : engine_(make_engine(limits, std::move(zones),
                            [this](CodeOutcome outcome) { answer_and_end(std::move(outcome)); })) {}

  int serve() {
    std::array<char, kReadBytes> bytes;
    for (;;) {
      const ssize_t got = ::recv(kWorkerSocket, bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return 0;
      decoder_.feed({bytes.data(), static_cast<std::size_t>(got)});
      for (Frame frame;;) {
        const auto status = decoder_.next(frame);
        if (status == FrameDecoder::Status::need_more) break;
        if (status == FrameDecoder::Status::broken || !handle(frame)) return 1;
        // Each answer goes at once: the daemon takes what it waits for to be what is running.
        if (!out_.empty() && !send_all(out_)) return 0;
        out_.clear();
        if (engine_->is_spent()) return 0;
      }
    }
  }

 private:
  bool handle(const Frame& frame) {
    if (const auto* call = std::get_if<CallFrame>(&frame)) {
      run(*call);
    } else if (const auto* load = std::get_if<LoadFrame>(&frame)) {
      LoadedFrame answer{load->number, {}, {}};
      loading_ = load->number;
      answer.fault = engine_->load(load->number, load->name, load->source, answer.exports);
      loading_.reset();
      answer.spent = engine_->is_spent();
      faults_.erase(load->number);
      if (answer.fault) faults_[load->number] = answer.fault->message;
      append_frame(out_, answer);
    } else if (const auto* forget = std::get_if<ForgetFrame>(&frame)) {
      engine_->forget(forget->number);
      faults_.erase(forget->number);
    } else {
      return false;
    }
    return true;
  }

  void run(const CallFrame& call) {
    ResultFrame answer{call.id, false, {}};
    if (engine_->knows(call.module)) {
      running_ = call.id;
      answer.outcome = engine_->run(call.module, call.function, call.context);
      running_.reset();
    } else {
      const auto fault = faults_.find(call.module);
      answer.outcome.end = CodeOutcome::End::crashed;
      answer.outcome.message = "the module cannot be used: " +
                               (fault == faults_.end() ? "it is not loaded" : fault->second);
    }
    answer.spent = engine_->is_spent();
    append_frame(out_, answer);
  }

  // From deep within the engine, to which there is no way back.
  [[noreturn]] void answer_and_end(CodeOutcome outcome) {
    if (loading_) {
      append_frame(out_, LoadedFrame{*loading_, CodeFault{1, 1, kTooMuchMemory}, {}, true});
    } else if (running_) {
      append_frame(out_, ResultFrame{*running_, true, std::move(outcome)});
    }
    (void)send_all(out_);
    ::_exit(0);
  }

  std::optional<std::uint64_t> loading_;         // number of the module that is being loaded
  std::optional<std::uint64_t> running_;         // id of the call that runs
  std::map<std::uint64_t, std::string> faults_;  // of modules that could not be loaded
  FrameDecoder decoder_;
  std::string out_;
  std::unique_ptr<Engine> engine_;  // made last: it may be exhausted at once
};

bool read_limits(std::span<const char* const> arguments, EngineLimits& limits) {
  std::array<std::uint64_t, 5> numbers{};
  if (arguments.size() != numbers.size()) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string_view text = arguments[i];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
    if (error != std::errc() || end != text.data() + text.size()) return false;
  }
  limits.cpu_time = std::chrono::milliseconds(numbers[0]);
  limits.heap_bytes = numbers[1];
  limits.stack_bytes = numbers[2];
  limits.max_result_bytes = numbers[3];
  limits.max_log_bytes = numbers[4];
  return true;
}

bool is_socket(int descriptor) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

int serve_in_sandbox(const EngineLimits& limits) {
  detach_worker();
  // What reads files or the system's configuration does it now.
  auto zones = ZoneTable::read();
  unsigned char seed = 0;
  ::RAND_bytes(&seed, 1);
  const std::string refusal = close_sandbox({limits.heap_bytes + kAddressSpaceBesideHeap});
  std::optional<Worker> worker;
  if (refusal.empty()) worker.emplace(limits, std::move(zones));
  std::string ready;
  append_frame(ready, ReadyFrame{refusal});
  if (!send_all(ready) || !worker) return 1;
  return worker->serve();
}

}  // namespace

std::vector<std::string> worker_arguments(const EngineLimits& limits) {
  return {std::to_string(limits.cpu_time.count()), std::to_string(limits.heap_bytes),
          std::to_string(limits.stack_bytes), std::to_string(limits.max_result_bytes),
          std::to_string(limits.max_log_bytes)};
}

int run_worker(std::span<const char* const> arguments) {
  EngineLimits limits;
  if (!is_socket(kWorkerSocket) || !read_limits(arguments, limits)) {
    std::fprintf(stderr, "eventsd %s: is started by `eventsd serve` alone; see `eventsd --help`\n",
                 kWorkerVerb);
    return 2;
  }
  int code = 1;
  try {
    code = serve_in_sandbox(limits);
  } catch (const std::bad_alloc&) {
    // The daemon sees the process end and reports the call that ran.
  }
  ::_exit(code);  // without destructors: the process's memory goes as a whole
}

}  // namespace eventsd::handler
