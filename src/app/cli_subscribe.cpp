// eventsd subscribe
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <nlohmann/json.hpp>
#include <ostream>
#include <random>
#include <utility>

#include "app/cli.hpp"
#include "app/events_endpoint.hpp"
#include "app/events_socket.hpp"
#include "app/json_member.hpp"
#include "eventsd/channel.hpp"

namespace eventsd::app {
namespace {

using boost::system::error_code;
using nlohmann::json;

constexpr const char* kSubscriptionId = "1";
constexpr std::chrono::milliseconds kFirstDelay{500};  // doubles up to kMaxDelay, with jitter
constexpr std::chrono::milliseconds kMaxDelay{30'000};
constexpr std::chrono::seconds kSubscribeTimeout{15};

// Follows one channel over any number of connections. Asks for a cursor with each event (`replay`,
// an extension of eventsd), so that a new connection goes on where the last one ended; where no
// history can be read it says once that events may be missed.
class Subscriber {
 public:
  Subscriber(const SubscribeOptions& options, std::string channel, const EventsEndpoint& endpoint,
             const Console& console)
      : options_(options),
        channel_(std::move(channel)),
        endpoint_(endpoint),
        console_(console),
        cursor_(options.after),
        timer_(context_),
        signals_(context_, SIGINT, SIGTERM) {}

  int run() {
    if (options_.count == 0) return kDone;
    signals_.async_wait([this](error_code error, int) {
      if (!error) finish(kDone);
    });
    connect();
    context_.run();
    return exit_code_;
  }

 private:
  bool is_replay_wanted_by_user() const { return options_.last || !options_.after.empty(); }

  void connect() {
    socket_ = open_events_socket(context_, endpoint_,
                                 {.on_ready = [this] { subscribe(); },
                                  .on_frame = [this](const json& frame) { on_frame(frame); },
                                  .on_end = [this](const SocketEnd& end) { on_end(end); }});
  }

  void subscribe() {
    json message{{"type", "subscribe"}, {"id", kSubscriptionId}, {"channel", channel_}};
    if (!cursor_.empty()) {
      message["replay"] = {{"after", cursor_}};
    } else if (can_replay_) {
      // After an event without a cursor of its own, only what comes from now on can be had.
      message["replay"] = {{"last", has_subscribed_ ? 0 : options_.last.value_or(0)}};
    }
    socket_->send(std::move(message));
    is_waiting_ = true;
    timer_.expires_after(kSubscribeTimeout);
    timer_.async_wait([this](error_code error) {
      if (!error && is_waiting_) lose("the server did not answer the subscription");
    });
  }

  void on_frame(const json& frame) {
    if (is_finished_ || string_member(frame, "id") != kSubscriptionId) return;
    const std::string type = string_member(frame, "type");
    if (type == "subscribe_success") return on_subscribed(frame);
    if (type == "subscribe_error") return on_refused(frame);
    if (type == "data") return on_event(frame);
    if (type == "broadcast_error") console_.err << "event lost: " << explain_frame(frame) << "\n";
  }

  void on_subscribed(const json& frame) {
    is_waiting_ = false;
    timer_.cancel();
    delay_ = kFirstDelay;
    const std::string cursor = string_member(frame, "cursor");
    if (can_replay_ && cursor.empty()) forget_replay("the server knows no replay");
    const auto recovered = frame.find("recovered");
    if (!cursor_.empty() && recovered != frame.end() && *recovered == false) {
      console_.err << "some events since the cursor are no longer stored\n";
    }
    // With `after`, what is stored after our cursor still comes; its events move the cursor on.
    if (cursor_.empty()) cursor_ = cursor;
    console_.err << (has_subscribed_ ? "subscribed again to " : "subscribed to ") << channel_
                 << "\n";
    has_subscribed_ = true;
  }

  void on_refused(const json& frame) {
    is_waiting_ = false;
    timer_.cancel();
    const std::string type = error_type(frame);
    const bool asked_for_replay = can_replay_ || !cursor_.empty();
    if (type == "BadRequestException" && asked_for_replay &&
        (has_subscribed_ || !is_replay_wanted_by_user())) {
      forget_replay("no history can be read here");
      return subscribe();
    }
    const std::string reason = "the subscription was refused: " + explain_frame(frame);
    if (type == "LimitExceededError" || type == "SubscriptionProcessingError") return lose(reason);
    console_.err << reason << "\n";
    finish(kFailed);
  }

  void forget_replay(std::string_view reason) {
    can_replay_ = false;
    cursor_.clear();
    if (options_.reconnect) {
      console_.err << reason << ": events may be missed while the connection is down\n";
    }
  }

  void on_event(const json& frame) {
    const std::string event = one_line(string_member(frame, "event"));
    const std::string cursor = string_member(frame, "cursor");
    if (!cursor.empty()) cursor_ = cursor;
    if (options_.output == Output::json) {
      // The event's own text is kept: parsing would change its numbers.
      console_.out << "{\"channel\":" << json(channel_).dump() << ",\"event\":" << event;
      if (!cursor.empty()) console_.out << ",\"cursor\":" << json(cursor).dump();
      console_.out << '}' << std::endl;
    } else {
      console_.out << event << std::endl;
    }
    if (options_.count && ++received_ >= *options_.count) finish(kDone);
  }

  void lose(const std::string& reason) {
    socket_.reset();
    on_end({reason, false});
  }

  void on_end(const SocketEnd& end) {
    is_waiting_ = false;
    timer_.cancel();
    socket_.reset();
    if (is_finished_) return;
    console_.err << end.reason << "\n";
    // Before the first success a retry would only hide a wrong address or key.
    if (end.is_refused || !options_.reconnect || !has_subscribed_) return finish(kFailed);
    // Up to half is taken off, so that many clients do not come back at the same moment.
    const auto wait = delay_ - delay_ * std::uniform_int_distribution<>(0, 500)(random_) / 1000;
    delay_ = std::min(delay_ * 2, kMaxDelay);
    console_.err << "connecting again in " << wait.count() << " ms\n";
    timer_.expires_after(wait);
    timer_.async_wait([this](error_code error) {
      if (!error && !is_finished_) connect();
    });
  }

  void finish(int exit_code) {
    if (std::exchange(is_finished_, true)) return;
    exit_code_ = exit_code;
    signals_.cancel();
    timer_.cancel();
    if (!socket_) return;
    timer_.expires_after(std::chrono::seconds(2));  // for the goodbye; then it is dropped
    timer_.async_wait([this](error_code error) {
      if (!error) socket_.reset();
    });
    socket_->close();
  }

  const SubscribeOptions& options_;
  std::string channel_;
  EventsEndpoint endpoint_;
  const Console& console_;
  boost::asio::io_context context_{1};
  std::string cursor_;      // of the last event, or of the subscription; empty: none
  bool can_replay_ = true;  // until the server says otherwise
  bool has_subscribed_ = false;
  bool is_waiting_ = false;  // for the answer to a subscribe
  bool is_finished_ = false;
  int exit_code_ = kFailed;
  std::uint64_t received_ = 0;
  std::chrono::milliseconds delay_ = kFirstDelay;
  std::minstd_rand random_{std::random_device{}()};
  boost::asio::steady_timer timer_;  // the answer, the next attempt, or the goodbye
  boost::asio::signal_set signals_;
  std::unique_ptr<EventsSocket> socket_;
};

}  // namespace

int run_subscribe(const SubscribeOptions& options, const Console& console) {
  const auto channel = Channel::parse(options.channel, Wildcard::allow);
  if (!channel) {
    console.err << "\"" << options.channel
                << "\" is no channel: 1 to 5 segments of letters, digits "
                << "and inner dashes, such as default/room-1, and perhaps /* at the end\n";
    return kWrongUsage;
  }
  const auto endpoint = find_endpoint(options.endpoint, process_environment());
  if (!endpoint) {
    console.err << endpoint.error().message << "\n";
    return kWrongUsage;
  }
  return Subscriber(options, channel->path(), *endpoint, console).run();
}

}  // namespace eventsd::app
