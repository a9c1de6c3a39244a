// Reading and writing the numbers of capture files, which are in the byte order of the machine
// that wrote them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace whohungup {

constexpr std::uint16_t swapped(std::uint16_t v) {
  return static_cast<std::uint16_t>((v << 8) | (v >> 8));
}
constexpr std::uint32_t swapped(std::uint32_t v) { return __builtin_bswap32(v); }
constexpr std::uint64_t swapped(std::uint64_t v) { return __builtin_bswap64(v); }

/// The number at `from`, which need not be aligned; `swap` when its byte order is not ours.
template <class Number>
Number load(const std::uint8_t* from, bool swap) {
  Number value;
  std::memcpy(&value, from, sizeof value);
  return swap ? swapped(value) : value;
}

}  // namespace whohungup
