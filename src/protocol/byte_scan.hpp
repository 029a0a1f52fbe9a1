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

// Masks of a block: bit i is set when p[i] is special, or a backslash. All of them need kBlock
// readable bytes.

// In a word of 8 bytes, for every processor.
namespace portable {

inline constexpr std::size_t kBlock = 8;

constexpr std::uint64_t repeat(char c) {
  return static_cast<unsigned char>(c) * 0x0101010101010101u;
}

inline std::uint64_t load(const char* p) {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, p, sizeof word);
  } else {
    for (std::size_t i = kBlock; i-- > 0;) word = word << 8 | static_cast<unsigned char>(p[i]);
  }
  return word;
}

// The highest bit of every byte that is zero, and no other: nothing carries from byte to byte.
constexpr std::uint64_t zeros(std::uint64_t word) {
  constexpr std::uint64_t low = repeat(0x7f);
  return ~(((word & low) + low) | word | low);
}

// The highest bits of the bytes, side by side.
constexpr unsigned gather(std::uint64_t bits) {
  return static_cast<unsigned>((bits >> 7) * 0x0102040810204080u >> 56);
}

inline unsigned special_mask(const char* p) {
  const std::uint64_t word = load(p);
  return gather(zeros(word ^ repeat('"')) | zeros(word ^ repeat('\\')) |
                zeros(word & repeat('\xe0')));
}

inline unsigned backslash_mask(const char* p) { return gather(zeros(load(p) ^ repeat('\\'))); }

}  // namespace portable

#ifdef __SSE2__
namespace sse2 {

inline constexpr std::size_t kBlock = 16;

inline __m128i load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

inline unsigned special_mask(const char* p) {
  const __m128i block = load(p);
  const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(block, last_control), last_control);
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control)));
}

inline unsigned backslash_mask(const char* p) {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(load(p), _mm_set1_epi8('\\'))));
}

}  // namespace sse2
namespace blocks = sse2;
#else
namespace blocks = portable;
#endif

using blocks::backslash_mask;
using blocks::kBlock;
using blocks::special_mask;

// First special byte, or `end`.
inline const char* find_string_special(const char* p, const char* end) {
  while (static_cast<std::size_t>(end - p) >= kBlock) {
    if (const unsigned mask = special_mask(p)) return p + std::countr_zero(mask);
    p += kBlock;
  }
  while (p < end && !is_string_special(*p)) ++p;
  return p;
}

// First backslash, or `end`.
inline const char* find_backslash(const char* p, const char* end) {
  while (static_cast<std::size_t>(end - p) >= kBlock) {
    if (const unsigned mask = backslash_mask(p)) return p + std::countr_zero(mask);
    p += kBlock;
  }
  while (p < end && *p != '\\') ++p;
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
