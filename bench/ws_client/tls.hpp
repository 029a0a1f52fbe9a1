// TLS for the clients: bytes in, bytes out, no socket. The server's certificate is not checked:
// what is measured or stressed here is a server of our own on loopback.
#pragma once

#include <string>
#include <string_view>

struct ssl_st;

namespace bench {

class TlsStream {
 public:
  TlsStream();
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Moves `plain` into `wire`, encrypted, once the handshake is over; until then, and always first,
  // appends what the handshake has to say.
  void seal(std::string& plain, std::string& wire);

  // Takes bytes of the socket; `plain` is what they hold, valid until the next call on this thread.
  // False when the stream has ended or is broken.
  bool receive(std::string_view wire, std::string_view& plain);

  bool is_established() const;

 private:
  void drain(std::string& wire);
  ssl_st* ssl_;
};

}  // namespace bench
