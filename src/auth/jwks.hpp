// The keys of issuers: fetched, cached, refreshed and kept through failures, on the authorization
// thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "auth/jwk.hpp"
#include "eventsd/executor.hpp"
#include "net/connect.hpp"

namespace eventsd::auth {

// How an issuer's keys are found.
enum class KeyLookup : std::uint8_t {
  cognito,         // {issuer}/.well-known/jwks.json
  open_id_connect  // {issuer}/.well-known/openid-configuration, then its jwks_uri
};

struct KeyTimes {
  std::chrono::milliseconds request_timeout{5'000};  // each of the one or two requests
  std::chrono::milliseconds refresh{3'600'000};      // without Cache-Control; and at most
  std::chrono::milliseconds min_refresh{300'000};    // whatever Cache-Control says
  std::chrono::milliseconds unknown_kid{60'000};     // between fetches for the sake of unknown kids
  std::chrono::milliseconds first_retry{1'000};      // after a failure; doubles
  std::chrono::milliseconds max_retry{60'000};
  std::chrono::milliseconds max_stale{24 * 3'600'000};  // keys that cannot be refreshed end
};

// The keys of one issuer.
class KeySource {
 public:
  using Done = std::function<void(Result<PublicKeyPtr>)>;
  virtual ~KeySource() = default;

  // The key of that id, for that algorithm. Waits for a fetch when it is not known and a fetch is
  // allowed or under way; several waiters share one.
  //   errors   unauthorized: no such key, says since when; internal: the issuer cannot be asked,
  //            which is worth another try
  //   thread   the directory's; `done` is called there, once, also from within the call
  virtual void find(const std::string& kid, JwtAlgorithm algorithm, Done done) = 0;
  // Answers who waits and, from now on, from what is there.
  //   thread   the directory's
  virtual void close() = 0;
};

// The key sources of the process, by issuer; configurations that are loaded anew find the keys that
// are there. Lives longer than every source and is used on the control thread. `io` is run by one
// thread, to which executor() leads, and lives longer than the directory's sources.
class KeyDirectory {
 public:
  using Now = std::chrono::steady_clock::time_point (*)();
  explicit KeyDirectory(boost::asio::io_context& io, net::ConnectOptions connect = {},
                        KeyTimes times = {}, Now now = &std::chrono::steady_clock::now);

  // For every fetch from now on.
  void set_connect(net::ConnectOptions connect);

  // Nobody waits for a fetch any longer, nor begins one.
  void close();

  // Begins to fetch, at once and in the background, whether anybody asks for a key or not.
  //   errors   bad_request: the issuer is no URL, or plain http to another machine
  Result<std::shared_ptr<KeySource>> source(const std::string& issuer, KeyLookup lookup);

  const Executor& executor() const { return executor_; }

 private:
  boost::asio::io_context& io_;
  const std::shared_ptr<net::ConnectOptions> connect_;  // used on io's thread
  const KeyTimes times_;
  const Now now_;
  const Executor executor_;
  std::map<std::pair<std::string, KeyLookup>, std::weak_ptr<KeySource>> sources_;
};

}  // namespace eventsd::auth
