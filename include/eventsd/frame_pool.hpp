// Where the frames of coroutines live.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace eventsd::detail {

// Frames come and go several times an operation, and the larger ones are beyond what malloc keeps
// at hand (1 KiB), where each allocation tidies up first. So each thread keeps a few of every size
// for the next ones.
//   thread   any; a frame may be given back on another thread than it was taken on
class FramePool {
 public:
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EVENTSD_PLAIN_FRAMES  // or a frame that is used too long would go unnoticed
#endif
#endif
#ifdef EVENTSD_PLAIN_FRAMES
  static constexpr bool kKeeps = false;
#else
  static constexpr bool kKeeps = true;
#endif

  static void* take(std::size_t size) {
    const std::size_t place = place_of(size);
    if (!kKeeps || place >= kSizes) return ::operator new(size);
    Free*& head = cache_.free[place];
    if (!head) return ::operator new((place + 1) * kStep);
    Free* const frame = head;
    head = frame->next;
    cache_.bytes -= (place + 1) * kStep;
    return frame;
  }

  static void give_back(void* frame, std::size_t size) noexcept {
    const std::size_t place = place_of(size);
    if (place >= kSizes || cache_.bytes + (place + 1) * kStep > cache_.most) {
      if (place < kSizes && !cache_.guarded) return open(frame, place);
      return ::operator delete(frame);
    }
    keep(frame, place);
  }

 private:
  static constexpr std::size_t kStep = 256;  // bytes
  static constexpr std::size_t kSizes = 16;
  static constexpr std::size_t kMost = 512 * 1024;  // bytes kept by a thread

  struct Free {
    Free* next;
  };
  // Nothing in it is constructed or destroyed, so that it may be used while a thread ends.
  struct Cache {
    std::array<Free*, kSizes> free;
    std::size_t bytes;
    std::size_t most;  // 0: nothing is kept (yet, or any more)
    bool guarded;
  };
  // Empties the cache when its thread ends.
  struct Guard {
    Guard() { cache_.most = kMost; }
    ~Guard() {
      cache_.most = 0;
      for (Free*& head : cache_.free) {
        while (head) {
          Free* const frame = head;
          head = frame->next;
          ::operator delete(frame);
        }
      }
      cache_.bytes = 0;
    }
  };

  static std::size_t place_of(std::size_t size) { return (size - 1) / kStep; }

  static void keep(void* frame, std::size_t place) noexcept {
    cache_.free[place] = new (frame) Free{cache_.free[place]};
    cache_.bytes += (place + 1) * kStep;
  }

  // The first of its thread that is given back.
  static void open(void* frame, std::size_t place) noexcept {
    cache_.guarded = true;
    if constexpr (kKeeps) {
      static thread_local const Guard guard;
      keep(frame, place);
    } else {
      ::operator delete(frame);
    }
  }

  inline static thread_local constinit Cache cache_{};
};

// What promises derive from.
struct PooledFrame {
  static void* operator new(std::size_t size) { return FramePool::take(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    FramePool::give_back(frame, size);
  }
};

}  // namespace eventsd::detail
