#include "handler/frame.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace eventsd::handler {
namespace {

static_assert(std::endian::native == std::endian::little, "frames are copied as they are");

enum class Kind : std::uint8_t { load = 1, forget, call, ready, loaded, result };

constexpr std::size_t kLengthSize = sizeof(std::uint32_t);
constexpr std::size_t kMaxListed = 100'000;  // log lines of one call

// Appends one frame; its length is known when it ends.
class Writer {
 public:
  Writer(std::string& out, Kind kind) : out_(out), begin_(out.size()) {
    number(std::uint32_t{0});
    number(static_cast<std::uint8_t>(kind));
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    const auto size = static_cast<std::uint32_t>(size_so_far());
    std::memcpy(out_.data() + begin_, &size, sizeof size);
  }

  template <typename T>
  Writer& number(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
    return *this;
  }
  Writer& text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
    return *this;
  }
  std::size_t size_so_far() const { return out_.size() - begin_ - kLengthSize; }

 private:
  std::string& out_;
  const std::size_t begin_;
};

// Reads one frame's bytes; once something is missing all that follows is zero and `ok` false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  T number() {
    T value{};
    if (rest_.size() < sizeof value) {
      fail();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  // The number of elements that follow, each at least `least` bytes long.
  std::size_t count(std::size_t least) {
    const std::size_t value = number<std::uint32_t>();
    if (value > kMaxListed || value * least > rest_.size()) {
      fail();
      return 0;
    }
    return value;
  }
  // An enumerator from 0 to `last`.
  template <typename E>
  E one_of(E last) {
    const auto value = number<std::uint8_t>();
    if (value > static_cast<std::uint8_t>(last)) {
      fail();
      return E{};
    }
    return static_cast<E>(value);
  }
  bool flag() { return one_of<std::uint8_t>(1) == 1; }
  bool ended_well() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

LoadedFrame read_loaded(Reader& in) {
  LoadedFrame frame;
  frame.number = in.number<std::uint64_t>();
  frame.exports.on_publish = in.one_of(CodeModule::Form::object);
  frame.exports.on_subscribe = in.one_of(CodeModule::Form::object);
  frame.spent = in.flag();
  if (in.flag()) {
    CodeFault fault;
    fault.line = in.number<std::int32_t>();
    fault.column = in.number<std::int32_t>();
    fault.message = in.text();
    frame.fault = std::move(fault);
  }
  return frame;
}

ResultFrame read_result(Reader& in) {
  ResultFrame frame;
  frame.id = in.number<std::uint64_t>();
  frame.spent = in.flag();
  CodeOutcome& outcome = frame.outcome;
  outcome.end = in.one_of(CodeOutcome::End::overloaded);
  for (std::string* text :
       {&outcome.value, &outcome.stash, &outcome.message, &outcome.type, &outcome.data}) {
    *text = in.text();
  }
  for (std::size_t left = in.count(4); left > 0; --left) outcome.out_errors.push_back(in.text());
  for (std::size_t left = in.count(13); left > 0; --left) {
    CodeLogLine line;
    line.level = in.one_of(CodeLogLevel::debug);
    line.line = in.number<std::int32_t>();
    line.column = in.number<std::int32_t>();
    line.text = in.text();
    outcome.log.push_back(std::move(line));
  }
  return frame;
}

bool read_frame(std::string_view bytes, Frame& out) {
  Reader in(bytes);
  switch (static_cast<Kind>(in.number<std::uint8_t>())) {
    case Kind::load: {
      LoadFrame frame;
      frame.number = in.number<std::uint64_t>();
      frame.name = in.text();
      frame.source = in.text();
      out = std::move(frame);
      break;
    }
    case Kind::forget:
      out = ForgetFrame{in.number<std::uint64_t>()};
      break;
    case Kind::call: {
      CallFrame frame;
      frame.id = in.number<std::uint64_t>();
      frame.module = in.number<std::uint64_t>();
      frame.function = in.text();
      frame.context = in.text();
      out = std::move(frame);
      break;
    }
    case Kind::ready:
      out = ReadyFrame{in.text()};
      break;
    case Kind::loaded:
      out = read_loaded(in);
      break;
    case Kind::result:
      out = read_result(in);
      break;
    default:
      return false;
  }
  return in.ended_well();
}

// What the code chose freely: a call's own words are worth this much of a frame.
constexpr std::size_t kMaxMessage = 64 << 10;
constexpr std::size_t kMaxData = 1 << 20;

std::string_view cut(std::string_view text, std::size_t size) { return text.substr(0, size); }

}  // namespace

void append_frame(std::string& out, const LoadFrame& frame) {
  Writer(out, Kind::load).number(frame.number).text(frame.name).text(frame.source);
}

void append_frame(std::string& out, const ForgetFrame& frame) {
  Writer(out, Kind::forget).number(frame.number);
}

void append_call(std::string& out, std::uint64_t id, std::uint64_t module,
                 std::string_view function, std::string_view context) {
  Writer(out, Kind::call).number(id).number(module).text(function).text(context);
}

void append_frame(std::string& out, const ReadyFrame& frame) {
  Writer(out, Kind::ready).text(frame.refusal);
}

void append_frame(std::string& out, const LoadedFrame& frame) {
  Writer writer(out, Kind::loaded);
  writer.number(frame.number);
  writer.number(static_cast<std::uint8_t>(frame.exports.on_publish));
  writer.number(static_cast<std::uint8_t>(frame.exports.on_subscribe));
  writer.number(static_cast<std::uint8_t>(frame.spent));
  writer.number(static_cast<std::uint8_t>(frame.fault.has_value()));
  if (!frame.fault) return;
  writer.number(static_cast<std::int32_t>(frame.fault->line));
  writer.number(static_cast<std::int32_t>(frame.fault->column));
  writer.text(cut(frame.fault->message, kMaxMessage));
}

void append_frame(std::string& out, const ResultFrame& frame) {
  const std::size_t begin = out.size();
  const CodeOutcome& outcome = frame.outcome;
  bool fits = true;
  {
    Writer writer(out, Kind::result);
    writer.number(frame.id).number(static_cast<std::uint8_t>(frame.spent));
    writer.number(static_cast<std::uint8_t>(outcome.end));
    writer.text(outcome.value).text(outcome.stash);
    writer.text(cut(outcome.message, kMaxMessage)).text(cut(outcome.type, kMaxMessage));
    writer.text(outcome.data.size() <= kMaxData ? std::string_view(outcome.data) : "null");
    // Errors are JSON: one that is cut would be none.
    std::size_t errors = 0;
    std::size_t error_bytes = 0;
    for (const std::string& error : outcome.out_errors) {
      error_bytes += error.size();
      if (error_bytes > kMaxData) break;
      ++errors;
    }
    writer.number(static_cast<std::uint32_t>(errors));
    for (std::size_t i = 0; i < errors; ++i) writer.text(outcome.out_errors[i]);
    const std::size_t lines = std::min(outcome.log.size(), kMaxListed);
    writer.number(static_cast<std::uint32_t>(lines));
    for (std::size_t i = 0; i < lines; ++i) {
      const CodeLogLine& line = outcome.log[i];
      writer.number(static_cast<std::uint8_t>(line.level));
      writer.number(static_cast<std::int32_t>(line.line));
      writer.number(static_cast<std::int32_t>(line.column));
      writer.text(line.text);
    }
    fits = writer.size_so_far() <= kMaxFrame;
  }
  if (fits) return;
  out.resize(begin);
  ResultFrame too_long{frame.id, frame.spent, {}};
  too_long.outcome.end = CodeOutcome::End::limit;
  too_long.outcome.message = "size: the answer, its stash and its log lines are too large together";
  append_frame(out, too_long);
}

void FrameDecoder::feed(std::string_view bytes) {
  if (broken_) return;
  if (taken_ > 0) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
  buffer_.append(bytes);
}

FrameDecoder::Status FrameDecoder::next(Frame& out) {
  if (broken_) return Status::broken;
  const std::string_view rest = std::string_view(buffer_).substr(taken_);
  std::uint32_t size = 0;
  if (rest.size() < kLengthSize) return Status::need_more;
  std::memcpy(&size, rest.data(), sizeof size);
  if (size == 0 || size > max_frame_) {
    broken_ = true;
  } else if (rest.size() - kLengthSize < size) {
    return Status::need_more;
  } else {
    broken_ = !read_frame(rest.substr(kLengthSize, size), out);
  }
  if (broken_) {
    buffer_ = {};
    taken_ = 0;
    return Status::broken;
  }
  taken_ += kLengthSize + size;
  if (taken_ == buffer_.size()) {
    if (buffer_.capacity() > (1u << 20)) {
      buffer_ = {};
    } else {
      buffer_.clear();
    }
    taken_ = 0;
  }
  return Status::frame;
}

}  // namespace eventsd::handler
