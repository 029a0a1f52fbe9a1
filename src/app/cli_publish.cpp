// eventsd publish
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "app/cli.hpp"
#include "app/event_sender.hpp"
#include "app/events_endpoint.hpp"
#include "app/line_reader.hpp"
#include "eventsd/channel.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxBatch = 5;                   // AppSync's limit
constexpr std::size_t kMaxBatchBytes = 1'000'000;      // less than its 1.2 MB, for the escaping
constexpr int kMaxAttempts = 5;                        // of a batch, when the server is busy
constexpr std::chrono::milliseconds kFirstDelay{500};  // doubles with each attempt

std::string json_fault(const std::string& event) {
  const std::string shown = event.size() > 60 ? event.substr(0, 60) + "…" : event;
  return "not JSON: " + shown +
         "\nAn event is a JSON text; in a shell, single quotes keep it whole: '{\"a\":1}', and a "
         "string needs its own double quotes: '\"hello\"'";
}

// Takes events in order, from the arguments and then from the input where "-" stands, and sends one
// batch at a time.
class Publisher {
 public:
  Publisher(const PublishOptions& options, const EventsEndpoint& endpoint, const Console& console)
      : options_(options),
        console_(console),
        arguments_(options.events.begin(), options.events.end()),
        input_(context_, console.in),
        timer_(context_),
        sender_(options.over_socket ? make_socket_sender(context_, endpoint)
                                    : make_http_sender(context_, endpoint)) {}

  int run() {
    next();
    context_.run();
    if (published_ > 0 && options_.output == Output::text) {
      console_.err << "published " << published_ << (published_ == 1 ? " event" : " events")
                   << " to " << options_.channel << "\n";
    }
    return has_failed_ ? kFailed : kDone;
  }

 private:
  void next() {
    fill_batch();
    if (!batch_.empty()) return send();
    if (is_reading_input_) return input_.read(lines_, [this] { next(); });
    sender_->close();
  }

  void fill_batch() {
    std::size_t bytes = 0;
    while (batch_.size() < kMaxBatch) {
      if (!lines_.empty()) {
        if (!take(lines_, bytes)) return;
      } else if (is_reading_input_) {
        if (!input_.at_end()) return;  // what is here goes out before we wait for more
        if (!input_.fault().empty()) report(input_.fault());
        is_reading_input_ = false;
      } else if (arguments_.empty()) {
        return;
      } else if (arguments_.front() == "-") {
        arguments_.pop_front();
        is_reading_input_ = !input_.at_end();
      } else if (!take(arguments_, bytes)) {
        return;
      }
    }
  }

  // Moves one event into the batch; false when the batch is full.
  bool take(std::deque<std::string>& from, std::size_t& bytes) {
    std::string& event = from.front();
    if (event.find_first_not_of(" \t") == std::string::npos) {
      from.pop_front();  // an empty line of the input
      return true;
    }
    if (!json::accept(event)) {
      report("event " + std::to_string(sent_ + batch_.size() + 1) + " is " + json_fault(event));
      from.pop_front();
      ++sent_;
      return true;
    }
    if (!batch_.empty() && bytes + event.size() > kMaxBatchBytes) return false;
    bytes += event.size();
    batch_.push_back(std::move(event));
    from.pop_front();
    return true;
  }

  void send() {
    ++attempts_;
    sender_->send(options_.channel, batch_, [this](BatchOutcome outcome) { on_sent(outcome); });
  }

  void on_sent(const BatchOutcome& outcome) {
    if (outcome.is_busy && attempts_ < kMaxAttempts) {
      timer_.expires_after(kFirstDelay * (1 << (attempts_ - 1)));
      timer_.async_wait([this](boost::system::error_code) { send(); });
      return;
    }
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      print(sent_ + i,
            outcome.events.empty() ? EventOutcome{{}, outcome.error} : outcome.events[i]);
    }
    sent_ += batch_.size();
    batch_.clear();
    attempts_ = 0;
    if (outcome.is_fatal) {
      if (!arguments_.empty() || !lines_.empty()) report("the events after that were not sent");
      return sender_->close();
    }
    next();
  }

  void print(std::size_t index, const EventOutcome& event) {
    if (event.error.empty()) {
      ++published_;
    } else {
      has_failed_ = true;
    }
    if (options_.output == Output::json) {
      json line{{"index", index}};
      if (!event.identifier.empty()) line["identifier"] = event.identifier;
      if (!event.error.empty()) line["error"] = event.error;
      console_.out << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    } else if (event.error.empty()) {
      console_.out << (event.identifier.empty() ? "-" : event.identifier) << std::endl;
    } else {
      console_.err << "event " << index + 1 << ": " << event.error << "\n";
    }
  }

  void report(const std::string& fault) {
    has_failed_ = true;
    console_.err << fault << "\n";
  }

  const PublishOptions& options_;
  const Console& console_;
  boost::asio::io_context context_{1};
  std::deque<std::string> arguments_;
  LineReader input_;
  bool is_reading_input_ = false;
  std::deque<std::string> lines_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<EventSender> sender_;
  std::vector<std::string> batch_;
  int attempts_ = 0;      // of this batch
  std::size_t sent_ = 0;  // events before this batch
  std::size_t published_ = 0;
  bool has_failed_ = false;
};

}  // namespace

int run_publish(const PublishOptions& options, const Console& console) {
  const auto channel = Channel::parse(options.channel, Wildcard::refuse);
  if (!channel) {
    console.err << "\"" << options.channel << "\" is no channel to publish to: 1 to 5 segments of "
                << "letters, digits and inner dashes, such as default/room-1\n";
    return kWrongUsage;
  }
  // The arguments are checked before anything is sent, so that a wrong one publishes nothing.
  for (const std::string& event : options.events) {
    if (event == "-" || json::accept(event)) continue;
    console.err << "event is " << json_fault(event) << "\n";
    return kWrongUsage;
  }
  const auto endpoint = find_endpoint(options.endpoint, process_environment());
  if (!endpoint) {
    console.err << endpoint.error().message << "\n";
    return kWrongUsage;
  }
  return Publisher(options, *endpoint, console).run();
}

}  // namespace eventsd::app
