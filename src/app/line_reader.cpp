#include "app/line_reader.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace eventsd::app {

LineReader::LineReader(boost::asio::io_context& context, int descriptor)
    // A copy: the stream descriptor closes what it owns.
    : descriptor_(context, ::dup(descriptor)) {}

void LineReader::read(std::deque<std::string>& lines, std::function<void()> done) {
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this, &lines, done = std::move(done)](boost::system::error_code) {
                           // An error means a regular file, which never makes us wait.
                           take(lines);
                           done();
                         });
}

void LineReader::take(std::deque<std::string>& lines) {
  std::array<char, 64 * 1024> buffer;
  ssize_t size = ::read(descriptor_.native_handle(), buffer.data(), buffer.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (size < 0) {
    fault_ = std::string("cannot read the input: ") + std::strerror(errno);
    size = 0;
  }
  at_end_ = size == 0;
  partial_.append(buffer.data(), static_cast<std::size_t>(size));
  if (at_end_ && !partial_.empty()) partial_ += '\n';
  std::size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    std::string line = partial_.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  partial_.erase(0, begin);
  if (partial_.size() > kMaxLineBytes) {
    fault_ = "a line of the input is longer than 2 MiB";
    at_end_ = true;
  }
}

}  // namespace eventsd::app
