// Outcomes. Expected failures (bad input, denied, over a limit, peer gone) are values of Result<T>;
// exceptions mean a bug or a lost resource and cost one session.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace eventsd {

// Every failure a client can be told of. error_info() is the one table that maps a kind to wire
// text and HTTP status.
enum class ErrorKind : std::uint8_t {
  unauthorized,            // a credential that is not valid
  missing_credentials,     // no credential at all
  forbidden,               // valid credential, but not here: unknown namespace, mode not allowed
  bad_request,             // malformed input; the message says what
  too_many_events,         // more than maxEventsPerPublish in one publish
  payload_too_large,       // over maxPublishSize or the HTTP body cap
  too_many_subscriptions,  // over maxSubscriptionsPerConnection
  duplicate_subscription,  // the id is in use on this connection
  unknown_subscription,    // unsubscribe of an id that is not in use
  unsupported_operation,   // unknown message type
  rate_limited,            // over publishesPerSecondPerConnection
  overloaded,              // a queue is at its cap; retryable
  store_full,              // the disk or maxStoreSize is exhausted; retryable
  store_unavailable,       // the history database is damaged or in doubt; needs an operator
  not_found,               // no such path, or no readable history
  method_not_allowed,
  upgrade_required,  // plain HTTP where tls.required
  request_timeout,
  header_too_large,
  conflict,
  handler_refused,       // util.error: Error::message and Error::type are the handler's
  handler_unauthorized,  // util.unauthorized
  handler_failed,        // the handler crashed or ran into a limit
  internal,
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  // for the client; empty: the table's text. Never holds internals.
  std::string type;     // for the client instead of the table's; handlers choose it
  std::string reason;   // for the operator's log and admin view; never sent, never holds a secret
};

template <typename T>
using Result = boost::system::result<T, Error>;

// Required by boost::system::result::value(); calling value() on an error is a bug.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& loc);

struct ErrorInfo {
  int http_status;
  std::string_view type;       // errorType on the socket
  std::string_view http_type;  // errorType over HTTP and in x-amzn-errortype
  std::string_view message;    // default text; empty: no message member
};

// The wire form of a kind (docs/PROTOCOL.md, "Errors").
const ErrorInfo& error_info(ErrorKind kind);

// The text a client gets: the error's own, else the table's. May be empty.
std::string_view error_text(const Error& error);

// The type a client gets: the error's own, else the table's.
std::string_view error_type(const Error& error);       // on the socket
std::string_view http_error_type(const Error& error);  // over HTTP

inline Error fail(ErrorKind kind, std::string message = {}) {
  return {kind, std::move(message), {}, {}};
}

// A refusal whose cause the operator learns and the client does not.
inline Error deny(ErrorKind kind, std::string reason) { return {kind, {}, {}, std::move(reason)}; }

}  // namespace eventsd
