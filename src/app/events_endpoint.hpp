// The public endpoint as the command line's clients see it: where it is, and what lets them in.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/cli.hpp"
#include "eventsd/result.hpp"
#include "net/connect.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"

namespace eventsd::app {

// The value of an environment variable; nullopt when it is unset or empty.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

class ClientCredentials;  // cli_credentials.hpp

struct EventsEndpoint {
  net::Url publish;     // http or https, POST
  net::Url realtime;    // ws or wss
  net::Url history;     // http or https, GET
  std::string api_key;  // empty when other credentials were chosen
  std::shared_ptr<const ClientCredentials> credentials;
  net::ConnectOptions connect;
};

// Fills in what the options leave open.
//   url      $EVENTSD_URL, else that of the running daemon whose data directory is at hand
//            (endpoint.json), else http://127.0.0.1:8080/event. The realtime and history addresses
//            follow from it as in AWS's clients: "/realtime" is appended.
//   key      $EVENTSD_API_KEY, else the file api-key in $EVENTSD_DATA_DIR or ./eventsd-data, unless
//            a token or signatures were chosen
//   CA       --ca-file, else tls/ca.pem in the same directories, when https
//   errors   bad_request: what is missing or wrong, and where to put it
Result<EventsEndpoint> find_endpoint(const EndpointOptions& options,
                                     const Environment& environment);

// The first file `name` in $EVENTSD_DATA_DIR and ./eventsd-data; nullopt when there is none.
std::optional<std::string> find_data_file(const std::string& name, const Environment& environment);

// The first line of a file, without white space around it; nullopt when it cannot be read.
std::optional<std::string> read_secret_file(const std::string& path);

// The loopback address and port of $EVENTSD_ADMIN_LISTEN, else what the running daemon says in its
// endpoint.json, else http://127.0.0.1:9464.
std::string default_admin_url(const Environment& environment);

// The error as a person should read it: with a hint when nothing listens there.
std::string explain(const Error& error);

// "BadRequestException: text" of an AppSync error body, else the status and the body's beginning.
std::string explain(const net::HttpResponse& response);

// `text` as one line: JSON may have line breaks between its tokens, and only there.
std::string one_line(std::string_view text);

}  // namespace eventsd::app
