// The inside of a JSON string literal, a block at a time, as long as it escapes nothing but quotes:
// what JSON in JSON mostly is. For json_scanner.cpp alone.
#pragma once

#include <bit>
#include <cstddef>

#include "protocol/byte_scan.hpp"

namespace eventsd::protocol {

#ifdef __SSE2__
inline unsigned quote_mask(const char* p) {
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(sse2::load(p), _mm_set1_epi8('"'))));
}
#else
inline unsigned quote_mask(const char* p) {
  return portable::gather(portable::zeros(portable::load(p) ^ portable::repeat('"')));
}
#endif

// Where a block has been passed to.
struct QuoteEscapes {
  enum class Found : unsigned char {
    nothing,  // the literal goes on behind the block
    special,  // an unescaped quote or a control character, at `size`
    other,    // an escape of something else, or a row of backslashes: nothing has been passed
  } found = Found::nothing;
  std::size_t size = kBlock;  // bytes that have been passed
  unsigned escapes = 0;       // in these; the one that `inside` speaks of is among them
  bool ends_inside = false;   // the block's last byte is a backslash whose quote is in the next one
};

// Passes a block; `inside` when the byte before it is such a backslash.
// REQUIRES: kBlock readable bytes
inline QuoteEscapes pass_quote_escapes(const char* p, bool inside) {
  const unsigned special = special_mask(p);
  if (special == 0 && !inside) return {};  // plain text
  const unsigned slashes = backslash_mask(p);
  // The byte behind every backslash. Wrong behind a row of them, where one of these is no quote.
  const unsigned escaped = slashes << 1 | static_cast<unsigned>(inside);
  const unsigned ends = special & ~slashes & ~escaped;
  QuoteEscapes passed;
  if (ends != 0) {
    passed.found = QuoteEscapes::Found::special;
    passed.size = static_cast<std::size_t>(std::countr_zero(ends));
  }
  const unsigned before = (1u << passed.size) - 1;
  if ((escaped & ~quote_mask(p) & before) != 0) return {QuoteEscapes::Found::other, 0, 0, false};
  passed.escapes = static_cast<unsigned>(std::popcount(escaped & before));
  passed.ends_inside = passed.size == kBlock && (slashes >> (kBlock - 1) & 1) != 0;
  return passed;
}

}  // namespace eventsd::protocol
