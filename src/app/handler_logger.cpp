#include "app/handler_logger.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <optional>

namespace eventsd::app {
namespace {

constexpr const char* kName = "handler";

admin::HandlerLine::Level level_of(spdlog::level::level_enum level) {
  if (level >= spdlog::level::warn) return admin::HandlerLine::Level::error;
  return level == spdlog::level::info ? admin::HandlerLine::Level::info
                                      : admin::HandlerLine::Level::debug;
}

// HandlerLog takes lines from any thread, so this needs no lock.
class Sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit Sink(admin::HandlerLog& log) : log_(log) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    admin::HandlerLine line = read_handler_line({message.payload.data(), message.payload.size()});
    line.at = message.time;
    line.level = level_of(message.level);
    log_.add(std::move(line));
  }
  void flush_() override {}

 private:
  admin::HandlerLog& log_;
};

// The word behind `name` and a "=", and what follows it in `rest`. None of these words holds a
// space, and none of them is a handler's own.
std::optional<std::string_view> take_word(std::string_view& rest, std::string_view name) {
  std::string key(" ");
  key.append(name).push_back('=');
  const std::size_t at = rest.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(at + key.size());
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

}  // namespace

admin::HandlerLine read_handler_line(std::string_view text) {
  admin::HandlerLine line;
  line.text = text;
  std::string_view rest = text;
  const std::string_view kind = text.substr(0, text.find(" ns="));
  const auto where = take_word(rest, "ns");
  const auto function = where ? take_word(rest, "handler") : std::nullopt;
  const std::string_view behind = rest;
  const auto request = function ? take_word(rest, "request") : std::nullopt;
  if (!request) return line;
  line.channel_namespace = *where;
  line.function = *function;
  line.request_id = *request;
  // " at=code.js:1:1" stands between the two.
  std::string_view place = behind.substr(0, behind.find(" request="));
  if (place.starts_with(" at=")) place.remove_prefix(4);
  if (rest.starts_with(" text=")) rest.remove_prefix(6);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  line.text.clear();
  if (kind != "console") line.text.append(kind).append(" ");
  line.text.append(rest);
  if (!place.empty()) line.text.append("   (").append(place).append(")");
  return line;
}

void start_handler_logger(admin::HandlerLog& log) {
  const auto writer = spdlog::default_logger();
  std::vector<spdlog::sink_ptr> sinks = writer->sinks();
  sinks.push_back(std::make_shared<Sink>(log));
  auto logger = std::make_shared<spdlog::logger>(kName, sinks.begin(), sinks.end());
  logger->set_level(writer->level());
  logger->flush_on(writer->flush_level());
  spdlog::drop(kName);
  spdlog::register_logger(std::move(logger));
}

void stop_handler_logger() { spdlog::drop(kName); }

}  // namespace eventsd::app
