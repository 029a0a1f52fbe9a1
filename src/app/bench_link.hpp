// How a publisher's publishes travel: over a WebSocket, many at a time, or over HTTP, one at a
// time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/bench_options.hpp"
#include "app/bench_socket.hpp"

namespace eventsd::app::bench {

// What became of a publish.
struct Outcome {
  std::string error;  // empty: answered, with every event in neither or one of the two lists
  struct Refused {
    std::size_t index;
    std::string error;
  };
  std::vector<Refused> refused;  // events of the publish that were not accepted
};

//   thread   the loop's
class Link {
 public:
  struct Listener {
    virtual ~Listener() = default;
    virtual void on_ready() = 0;
    virtual void on_outcome(std::uint64_t id, const Outcome& outcome) = 0;
    // Publishes that are under way will have no outcome. `reason` is for a person.
    virtual void on_link_lost(const std::string& reason) = 0;
  };

  virtual ~Link() = default;
  // Connects, unless it is connected or connecting.
  virtual void prepare() = 0;
  virtual bool is_ready() const = 0;  // publish() may be called
  virtual std::size_t max_in_flight() const = 0;
  // `events`: the inside of the array. An outcome or on_link_lost() follows.
  virtual void publish(std::uint64_t id, std::string_view channel, std::string_view events) = 0;
  virtual void close() = 0;
};

std::unique_ptr<Link> make_link(PublishOver over, Loop& loop, const Access& access,
                                std::size_t index, Link::Listener& listener);

}  // namespace eventsd::app::bench
