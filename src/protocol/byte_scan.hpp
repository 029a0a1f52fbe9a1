// Loops over bytes that decide how fast messages are read and written; 16 bytes at a time where
// the processor has SSE2 (every x86-64), 8 at a time elsewhere.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace eventsd::protocol {

// True for the bytes that end a run of plain text in a JSON string: quote, backslash, control.
constexpr bool is_string_special(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

#ifdef __SSE2__

inline constexpr std::size_t kBlock = 16;

// Bit i is set when p[i] is special. REQUIRES: kBlock readable bytes.
inline unsigned special_mask(const char* p) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(block, last_control), last_control);
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control)));
}

#else

inline constexpr std::size_t kBlock = 8;

inline unsigned special_mask(const char* p) {
  unsigned mask = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    mask |= static_cast<unsigned>(is_string_special(p[i])) << i;
  }
  return mask;
}

#endif

// First special byte, or `end`.
inline const char* find_string_special(const char* p, const char* end) {
  while (static_cast<std::size_t>(end - p) >= kBlock) {
    if (const unsigned mask = special_mask(p)) return p + std::countr_zero(mask);
    p += kBlock;
  }
  while (p < end && !is_string_special(*p)) ++p;
  return p;
}

// First byte that is not ASCII, or `end`; may stop up to 15 bytes early.
inline const char* skip_ascii(const char* p, const char* end) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  while (static_cast<std::size_t>(end - p) >= 2 * sizeof(std::uint64_t)) {
    std::uint64_t words[2];
    std::memcpy(words, p, sizeof words);
    if (((words[0] | words[1]) & kHighBits) != 0) break;
    p += sizeof words;
  }
  return p;
}

}  // namespace eventsd::protocol
