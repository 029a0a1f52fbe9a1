// One look at an issuer's keys.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "auth/jwks.hpp"
#include "net/http_client.hpp"

namespace eventsd::auth {

struct FetchedKeys {
  JwkSet set;
  std::optional<std::chrono::seconds> max_age;  // of Cache-Control
};

// The address of an issuer, or of its keys. Plain http is for this machine alone: what comes over
// it decides who is let in.
//   errors   bad_request: says what is wrong
Result<net::Url> trusted_url(const std::string& text);

// Fetches them: discovery if need be, then the key set.
//   errors   those of async_http_request(); bad_request: what came is unusable, says why
//   thread   the context's; `done` is called once, never from within this call
void fetch_keys(boost::asio::io_context& io, const std::string& issuer, KeyLookup lookup,
                const net::ConnectOptions& connect, std::chrono::milliseconds timeout,
                std::function<void(Result<FetchedKeys>)> done);

}  // namespace eventsd::auth
