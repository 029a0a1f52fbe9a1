#include <cstdint>

#include "protocol/byte_scan.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Length of the well-formed sequence of two to four bytes at p (Unicode, table 3-7); 0 when there
// is none. REQUIRES: *p is not ASCII.
std::size_t sequence_length(const char* p, std::size_t available) {
  const auto lead = static_cast<unsigned char>(p[0]);
  const std::size_t length = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || length > available) return 0;
  const auto second = static_cast<unsigned char>(p[1]);
  const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;  // overlong below
  const unsigned char high = lead == 0xed   ? 0x9f
                             : lead == 0xf4 ? 0x8f
                                            : 0xbf;  // surrogates, beyond
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(p[i])) return 0;
  }
  return length;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    p = skip_ascii(p, end);
    // A mixed stretch: go byte by byte until the next ASCII run is worth the wider step.
    for (int ascii_run = 0; p < end && ascii_run < 16;) {
      if (static_cast<unsigned char>(*p) < 0x80) {
        ++p;
        ++ascii_run;
        continue;
      }
      const std::size_t length = sequence_length(p, static_cast<std::size_t>(end - p));
      if (length == 0) return false;
      p += length;
      ascii_run = 0;
    }
  }
  return true;
}

}  // namespace eventsd::protocol
