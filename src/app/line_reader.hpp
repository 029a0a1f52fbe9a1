// Lines of a file descriptor, read while an io_context does other things.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <string>

namespace eventsd::app {

// Pipes and terminals are waited for; a file is simply read. The descriptor itself is left as it
// was, so it may be shared with other processes.
//   thread   the context's
class LineReader {
 public:
  // A line over this is an error: no event may be that large.
  static constexpr std::size_t kMaxLineBytes = 2 << 20;

  LineReader(boost::asio::io_context& context, int descriptor);

  // Reads once and puts the complete lines at the end of `lines`; calls `done` later. Lines have no
  // line break, and no carriage return at their end.
  // REQUIRES: !at_end(), and no other read is under way.
  void read(std::deque<std::string>& lines, std::function<void()> done);

  bool at_end() const { return at_end_; }
  // Why reading ended early; empty: it did not.
  const std::string& fault() const { return fault_; }

 private:
  void take(std::deque<std::string>& lines);

  boost::asio::posix::stream_descriptor descriptor_;
  std::string partial_;  // the beginning of a line
  std::string fault_;
  bool at_end_ = false;
};

}  // namespace eventsd::app
