// The calls of one Lambda authorizer: its answers, its queue and who waits for what.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "auth/lambda_answer.hpp"
#include "auth/lambda_authorizer.hpp"
#include "auth/recent_map.hpp"
#include "auth/single_flight.hpp"

namespace eventsd::auth {

// What is known about one question, and until when it may be used again.
struct LambdaOutcome {
  Result<Identity> identity = fail(ErrorKind::internal);
  std::chrono::steady_clock::time_point valid_until{};  // in the past: not to be kept
};

// A question in the form that it crosses threads in.
struct LambdaQuestion {
  Digest key;
  Digest credential;
  std::string event;
  std::string token;  // to keep it out of what the log is told
  std::string source_ip;
};

//   thread   the environment's
class LambdaCalls : public std::enable_shared_from_this<LambdaCalls> {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(LambdaOutcome)>;

  LambdaCalls(const LambdaAuthorizerOptions& options, const LambdaEnvironment& environment);

  // `done` is called once, also from within this call.
  void ask(LambdaQuestion question, Done done);
  void close();

 private:
  struct Call {
    LambdaQuestion question;
    Clock::time_point asked;
  };
  void start(Call call);
  void start_waiting();
  void finish(const LambdaQuestion& question, Result<net::LambdaAnswer> answer);
  LambdaOutcome read(const LambdaQuestion& question, const Result<net::LambdaAnswer>& answer) const;
  void answered(const LambdaQuestion& question);
  Error late() const;

  const LambdaAuthorizerOptions options_;
  const LambdaEnvironment environment_;
  RecentMap<Digest, LambdaOutcome, DigestHash> cache_;
  SingleFlight<Digest, LambdaOutcome, DigestHash> flights_;
  std::deque<Call> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t running_ = 0;
  std::map<std::string, std::size_t> unanswered_;  // by address
  bool closed_ = false;
};

// What an outcome takes in a cache, in bytes.
std::size_t cost_of(const LambdaOutcome& outcome);

}  // namespace eventsd::auth
