// The daemon: built in order, stopped in reverse.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "eventsd/result.hpp"

namespace eventsd::app {

// What a start-up message tells (serve.cpp prints it).
struct StartedInfo {
  std::vector<std::string> addresses;  // "127.0.0.1:8080", as bound
  std::string admin_address;           // empty: off
  std::string dynamodb_address;        // empty: off
  std::string data_dir;
  std::string api_id;
  std::string api_key;   // of the first API, if it has one that we generated
  bool new_key = false;  // made by this start
  std::string admin_token;  // if we generated it; empty: the configuration has one
  bool tls = false;
  bool tls_required = false;
  std::string ca_file;  // of the self-signed certificate
};

// "0.0.0.0:8080" → "localhost:8080": a listener on every address is reached so from here, and so is
// 127.0.0.1.
std::string reachable_host(std::string address);

class App {
 public:
  // `reload` loads the configuration anew, for SIGHUP. `started` is called once, on the control
  // thread, when everything listens.
  struct Options {
    ConfigPtr config;
    std::function<config::Loaded()> reload;
    std::function<void(const StartedInfo&)> started;
  };

  //   errors   internal, bad_request: the text says what and what to do
  static Result<std::unique_ptr<App>> create(Options options);
  virtual ~App() = default;

  // Serves until SIGTERM or SIGINT. Returns the exit code.
  virtual int run() = 0;
};

}  // namespace eventsd::app
