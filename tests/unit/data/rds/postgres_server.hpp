// A PostgreSQL server of the machine's packages, in a directory of its own, reached by a Unix
// socket.
#pragma once

#include <sys/types.h>

#include <string>

#include "unit/net/support/temp_dir.hpp"

namespace eventsd::test {

class PostgresServer {
 public:
  // Where the programs are; empty: there are none.
  static std::string program_folder();

  // Makes the cluster, starts the server and returns when it accepts connections. As root, it runs
  // as the user of the package. Throws what went wrong.
  PostgresServer();
  // Ends it and waits for that.
  ~PostgresServer();

  std::string connection_string() const;  // of database and user "postgres", by the socket
  std::string socket_path() const;

 private:
  TempDir directory_;
  pid_t process_ = -1;
  int log_ = -1;
};

}  // namespace eventsd::test
