// Runs the command line as a person would, and keeps what it says.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "app/cli.hpp"

namespace eventsd::test {

struct Ended {
  int code;
  std::string out;
  std::string err;
};

// `input` is what the command finds on its standard input; at most a pipe's capacity (64 KiB).
inline Ended run_command(std::vector<std::string> arguments, const std::string& input = {}) {
  int ends[2] = {};
  if (::pipe(ends) != 0 || ::write(ends[1], input.data(), input.size()) < 0) std::abort();
  ::close(ends[1]);
  arguments.insert(arguments.begin(), "eventsd");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::ostringstream out, err;
  const app::Console console{ends[0], out, err};
  const int code = app::run_cli(static_cast<int>(argv.size()), argv.data(), console);
  ::close(ends[0]);
  return {code, out.str(), err.str()};
}

// Sets a variable for the time of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace eventsd::test
