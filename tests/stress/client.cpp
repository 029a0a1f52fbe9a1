#include "client.hpp"

#include <charconv>
#include <stdexcept>

#include "ws_client/json_scan.hpp"

namespace stress {
namespace {

using bench::find_member;
using bench::find_string;

std::string excerpt(std::string_view text) { return std::string(text.substr(0, 300)); }

std::string replay_member(const Replay& replay) {
  switch (replay.kind) {
    case Replay::Kind::none:
      return {};
    case Replay::Kind::last:
      return R"(,"replay":{"last":)" + std::to_string(replay.last) + "}";
    case Replay::Kind::after:
      return R"(,"replay":{"after":")" + replay.cursor + "\"}";
  }
  return {};
}

// The server may refuse a publish under pressure; it must then not deliver it.
bool is_pressure(std::string_view answer) {
  return answer.find("LimitExceededError") != std::string_view::npos;
}

}  // namespace

void record_answer(World& world, Label first, std::size_t count, std::string_view answer) {
  const Tick now = world.now();
  const auto settle = [&](std::string_view member, EventRecord::Outcome outcome) {
    bench::for_each_element(find_member(answer, member), [&](std::string_view entry) {
      std::size_t index = count;
      const std::string_view text = find_member(entry, "index");
      std::from_chars(text.data(), text.data() + text.size(), index);
      if (index >= count || world.event(first + static_cast<Label>(index)).answered != 0) {
        world.violation("a publish answer with a wrong index: " + excerpt(answer));
        return;
      }
      EventRecord& event = world.event(first + static_cast<Label>(index));
      event.outcome = outcome;
      event.answered = now;
    });
  };
  settle("successful", EventRecord::Outcome::accepted);
  settle("failed", EventRecord::Outcome::refused);
  for (std::size_t i = 0; i < count; ++i) {
    if (world.event(first + static_cast<Label>(i)).answered == 0) {
      world.violation("a publish answer that leaves an event out: " + excerpt(answer));
    }
  }
}

Client::Client(bench::Loop& loop, World& world, bench::Target target, std::size_t number,
               Temper temper)
    : world_(world),
      target_(std::move(target)),
      number_(number),
      temper_(temper),
      ws_(loop, *this) {}

void Client::connect() {
  forget_connection();
  publisher_ = connection_ = ++world_.publishers;
  ws_.open(target_, bench::source_address(target_, number_), temper_.receive_buffer);
}

void Client::disconnect(bool reset) {
  if (reset) {
    ws_.close_now(true);
  } else {
    ws_.close(1000);
  }
  forget_connection();
}

void Client::forget_connection() {
  for (const auto& [id, index] : by_id_) {
    world_.subscriptions[index].end = SubscriptionRecord::End::connection_lost;
  }
  by_id_.clear();
  live_.clear();
  online_ = false;
  outstanding_ = 0;
}

void Client::subscribe(const std::string& name_space, const std::string& pattern, Replay replay) {
  const std::size_t index = world_.subscriptions.size();
  const std::string id = "s" + std::to_string(index);
  const std::string extra = replay_member(replay);
  SubscriptionRecord& record = world_.subscriptions.emplace_back();
  record.connection = connection_;
  record.name_space = name_space;
  record.pattern = pattern;
  record.replay = std::move(replay);
  record.asked = world_.now();
  by_id_.emplace(id, index);
  live_.push_back(index);
  ws_.subscribe(id, pattern, extra);
}

void Client::unsubscribe(std::size_t live_index) {
  const std::size_t index = live_.at(live_index);
  live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(live_index));
  world_.subscriptions[index].unsubscribe_sent = world_.now();
  ws_.unsubscribe("s" + std::to_string(index));
}

void Client::publish(std::uint32_t channel, std::size_t count, std::size_t event_size) {
  const Label first = world_.new_events(channel, publisher_, count);
  ++outstanding_;
  // The answer is matched by the id alone: "p", first label, "-", count.
  ws_.publish("p" + std::to_string(first) + "-" + std::to_string(count),
              world_.channels[channel].path, event_texts(first, count, event_size));
}

void Client::on_open(bench::WsClient& ws) { ws.send_init(); }

void Client::on_message(bench::WsClient&, std::string_view text) {
  const std::string_view type = find_string(text, "type");
  if (type == "data") {
    on_data(text);
  } else if (type == "connection_ack") {
    online_ = true;
  } else if (type == "subscribe_success") {
    const auto found = by_id_.find(std::string(find_string(text, "id")));
    if (found == by_id_.end() || world_.subscriptions[found->second].success != 0) {
      return world_.violation("unexpected " + excerpt(text));
    }
    SubscriptionRecord& record = world_.subscriptions[found->second];
    record.success = world_.now();
    record.first_cursor = find_string(text, "cursor");
    record.recovered = find_member(text, "recovered") != "false";
  } else if (type == "unsubscribe_success") {
    const auto found = by_id_.find(std::string(find_string(text, "id")));
    if (found == by_id_.end() || world_.subscriptions[found->second].unsubscribe_sent == 0) {
      return world_.violation("unexpected " + excerpt(text));
    }
    world_.subscriptions[found->second].end = SubscriptionRecord::End::unsubscribed;
    by_id_.erase(found);
  } else if (type == "publish_success") {
    on_publish_answer(text, true);
  } else if (type == "publish_error" && is_pressure(text)) {
    on_publish_answer(text, false);
  } else if (type != "ka") {
    world_.violation("unexpected " + excerpt(text));
  }
}

void Client::on_data(std::string_view text) {
  const auto found = by_id_.find(std::string(find_string(text, "id")));
  if (found == by_id_.end()) {
    return world_.violation("data for a subscription that ended: " + excerpt(text));
  }
  SubscriptionRecord& record = world_.subscriptions[found->second];
  if (record.success == 0) {
    world_.violation("data before subscribe_success: " + excerpt(text));
  }
  try {
    record.received.push_back(label_of(find_string(text, "event")));
  } catch (const std::runtime_error& error) {
    return world_.violation(error.what());
  }
  if (record.replay.kind != Replay::Kind::none) {
    record.last_cursor = find_string(text, "cursor");
    if (record.last_cursor.empty()) {
      world_.violation("data of a replay without its cursor: " + excerpt(text));
    }
  }
}

void Client::on_publish_answer(std::string_view text, bool success) {
  const std::string_view id = find_string(text, "id");
  Label first = 0;
  std::size_t count = 0;
  const auto dash = id.find('-');
  if (dash == std::string_view::npos || id.front() != 'p') {
    return world_.violation("unexpected " + excerpt(text));
  }
  std::from_chars(id.data() + 1, id.data() + dash, first);
  std::from_chars(id.data() + dash + 1, id.data() + id.size(), count);
  --outstanding_;
  if (success) {
    record_answer(world_, first, count, text);
    return;
  }
  const Tick now = world_.now();
  for (std::size_t i = 0; i < count; ++i) {
    EventRecord& event = world_.event(first + static_cast<Label>(i));
    event.outcome = EventRecord::Outcome::refused;
    event.answered = now;
  }
}

void Client::on_closed(bench::WsClient&, int code) {
  forget_connection();
  if (end_expected_) return;
  ++world_.close_codes[code];
  if (code != 1013 || !temper_.slow) {
    world_.violation(std::string("the server ended ") +
                     (temper_.slow ? "a slow" : "a well-behaved") + " client with " +
                     std::to_string(code));
  }
}

HttpPublisher::HttpPublisher(bench::Loop& loop, World& world, bench::Target target,
                             std::size_t number)
    : world_(world),
      target_(std::move(target)),
      number_(number),
      http_(loop, *this),
      publisher_(++world.publishers) {}

void HttpPublisher::connect() {
  count_ = 0;
  publisher_ = ++world_.publishers;
  http_.open(target_, bench::source_address(target_, number_));
}

void HttpPublisher::publish(std::uint32_t channel, std::size_t count, std::size_t event_size) {
  first_ = world_.new_events(channel, publisher_, count);
  count_ = count;
  http_.publish(world_.channels[channel].path, event_texts(first_, count, event_size));
}

void HttpPublisher::on_response(bench::HttpClient&, int status, std::string_view body) {
  const std::size_t count = count_;
  count_ = 0;
  if (status == 200) {
    record_answer(world_, first_, count, body);
    return;
  }
  if (status != 503) {
    world_.violation("HTTP " + std::to_string(status) + ": " + excerpt(body));
  }
  const Tick now = world_.now();
  for (std::size_t i = 0; i < count; ++i) {
    EventRecord& event = world_.event(first_ + static_cast<Label>(i));
    event.outcome = EventRecord::Outcome::refused;
    event.answered = now;
  }
}

void HttpPublisher::on_http_closed(bench::HttpClient&) {
  if (!end_expected_) world_.violation("the server ended an HTTP connection");
  count_ = 0;
}

}  // namespace stress
