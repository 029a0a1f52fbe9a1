// The stream of the plain floor: the socket itself.
#include <sys/socket.h>

#include "floor/floor.hpp"

namespace bench::stream {

const bool kSeals = false;

int set_up(int, char**) { return 0; }
void begin(Connection&) {}
void end(Connection&) {}
ssize_t receive(Connection& connection, char* into, std::size_t size) {
  return recv(connection.fd, into, size, 0);
}
std::string_view seal(Connection&, std::string_view plain) { return plain; }

}  // namespace bench::stream
