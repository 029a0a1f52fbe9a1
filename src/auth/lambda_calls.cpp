#include "auth/lambda_calls.hpp"

#include <algorithm>

namespace eventsd::auth {
namespace {

// A cache entry besides its texts: nodes of a list and of a hash table. An estimate.
constexpr std::size_t kEntryOverhead = 300;

// Questions of one address that run or wait: one client with ever new tokens must not take all
// places of the queue.
constexpr std::size_t kMaxUnansweredOfAddress = 1000;

LambdaOutcome refused(ErrorKind kind, std::string reason) {
  return {deny(kind, std::move(reason)), {}};
}

}  // namespace

std::size_t cost_of(const LambdaOutcome& outcome) {
  std::size_t cost = kEntryOverhead;
  if (!outcome.identity) return cost + outcome.identity.error().reason.size();
  return outcome.identity->document ? cost + outcome.identity->document->size() : cost;
}

LambdaCalls::LambdaCalls(const LambdaAuthorizerOptions& options,
                         const LambdaEnvironment& environment)
    : options_(options),
      environment_(environment),
      cache_(options.limits.cached_answers, options.limits.cached_bytes) {}

void LambdaCalls::ask(LambdaQuestion question, Done done) {
  const Clock::time_point now = environment_.now();
  if (closed_) return done(refused(ErrorKind::unauthorized, "the daemon is stopping"));
  if (const LambdaOutcome* known = cache_.find(question.key)) {
    if (now < known->valid_until) {
      environment_.counts.hits.fetch_add(1, std::memory_order_relaxed);
      return done(*known);
    }
    cache_.erase(question.key);
  }
  if (flights_.contains(question.key)) {
    environment_.counts.joined.fetch_add(1, std::memory_order_relaxed);
    flights_.join(question.key, std::move(done));
    return;
  }
  switch (
      environment_.throttle.may_ask(question.key, question.credential, question.source_ip, now)) {
    case FailureThrottle::Leave::ask:
      break;
    case FailureThrottle::Leave::repeated_question:
      return done(refused(ErrorKind::unauthorized,
                          "refused again and again: the function was not asked this time"));
    case FailureThrottle::Leave::address:
      return done(refused(ErrorKind::rate_limited,
                          "too many failures from this address: the function was not asked"));
  }
  const bool must_wait = running_ >= options_.limits.concurrent_calls;
  if (must_wait && (waiting_.size() >= options_.limits.waiting_calls ||
                    waiting_bytes_ + question.event.size() > options_.limits.waiting_bytes)) {
    return done(refused(ErrorKind::rate_limited, "too many calls of the function are waiting"));
  }
  std::size_t& unanswered = unanswered_[throttled_address(question.source_ip)];
  if (unanswered >= kMaxUnansweredOfAddress) {
    return done(refused(ErrorKind::rate_limited,
                        "too many calls of the function wait for this address's tokens"));
  }
  ++unanswered;
  environment_.counts.misses.fetch_add(1, std::memory_order_relaxed);
  flights_.join(question.key, std::move(done));
  if (!must_wait) return start({std::move(question), now});
  waiting_bytes_ += question.event.size();
  waiting_.push_back({std::move(question), now});
}

void LambdaCalls::start(Call call) {
  ++running_;
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(environment_.now() - call.asked);
  net::HttpOptions http = options_.http;
  http.timeout = std::max(options_.limits.time - waited, std::chrono::milliseconds(1));
  http.connect.timeout = std::min(http.connect.timeout, http.timeout);
  std::string event = std::move(call.question.event);
  net::async_invoke_lambda(environment_.context, options_.function,
                           net::LambdaInvocation::request_response, std::move(event), http,
                           options_.sign,
                           [self = shared_from_this(),
                            question = std::move(call.question)](Result<net::LambdaAnswer> answer) {
                             --self->running_;
                             self->answered(question);
                             if (!self->closed_) self->finish(question, std::move(answer));
                             self->start_waiting();
                           });
}

void LambdaCalls::start_waiting() {
  while (!waiting_.empty() && running_ < options_.limits.concurrent_calls) {
    Call call = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= call.question.event.size();
    if (environment_.now() - call.asked >= options_.limits.time) {
      answered(call.question);
      flights_.land(call.question.key, {late(), {}});
    } else {
      start(std::move(call));
    }
  }
}

void LambdaCalls::answered(const LambdaQuestion& question) {
  const auto found = unanswered_.find(throttled_address(question.source_ip));
  if (found != unanswered_.end() && --found->second == 0) unanswered_.erase(found);
}

Error LambdaCalls::late() const {
  return deny(ErrorKind::unauthorized, "function " + options_.function.name +
                                           " did not answer within " +
                                           std::to_string(options_.limits.time.count()) + " ms");
}

LambdaOutcome LambdaCalls::read(const LambdaQuestion& question,
                                const Result<net::LambdaAnswer>& answer) const {
  const std::string& name = options_.function.name;
  if (!answer) {
    if (answer.error().kind == ErrorKind::request_timeout) return {late(), {}};
    return refused(ErrorKind::unauthorized,
                   "function " + name + " cannot be asked: " + answer.error().message);
  }
  if (!answer->function_error.empty()) {
    return refused(ErrorKind::unauthorized,
                   "function " + name +
                       " failed: " + describe_function_error(answer->payload, question.token));
  }
  const Result<LambdaVerdict> verdict = parse_lambda_answer(answer->payload);
  if (!verdict) return {verdict.error(), {}};
  LambdaOutcome outcome;
  if (verdict->authorized) {
    outcome.identity = Identity{AuthMode::lambda, verdict->document};
  } else {
    outcome.identity =
        deny(ErrorKind::unauthorized, "function " + name + " answered isAuthorized: false");
  }
  const std::chrono::seconds ttl = verdict->ttl.value_or(options_.result_ttl);
  if (ttl.count() > 0) outcome.valid_until = environment_.now() + ttl;
  return outcome;
}

void LambdaCalls::finish(const LambdaQuestion& question, Result<net::LambdaAnswer> answer) {
  const Clock::time_point now = environment_.now();
  const LambdaOutcome outcome = read(question, answer);
  if (outcome.identity) {
    environment_.throttle.succeeded(question.credential);
  } else if (answer) {
    // A function that cannot be reached, or not in time, is nobody's failed authentication.
    environment_.throttle.failed(question.key, question.source_ip, now);
    environment_.throttle.forget(question.credential);
  }
  if (now < outcome.valid_until) cache_.put(question.key, outcome, cost_of(outcome));
  flights_.land(question.key, outcome);
}

void LambdaCalls::close() {
  closed_ = true;
  waiting_.clear();
  waiting_bytes_ = 0;
  flights_.land_all(refused(ErrorKind::unauthorized, "the daemon is stopping"));
}

}  // namespace eventsd::auth
