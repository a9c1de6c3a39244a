// Text that JSON shows as it is, many bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace whohungup {

/// Whether JSON shows the byte as it is.
constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/// Sixteen bytes that are looked at together, or fewer of them twice.
struct Lanes {
  using Vector [[gnu::vector_size(16)]] = unsigned char;
  Vector bytes;

  static Lanes sixteen(const char* from) {
    Lanes lanes;
    std::memcpy(&lanes.bytes, from, sizeof lanes.bytes);
    return lanes;
  }
  /// The first and the last `Half` bytes of a text of at most twice as many: they may overlap.
  template <class Half>
  static Lanes ends(const char* from, std::size_t size) {
    Half halves[sizeof(Vector) / sizeof(Half)];
    for (std::size_t i = 0; i < std::size(halves); ++i)
      std::memcpy(&halves[i], i % 2 == 0 ? from : from + size - sizeof(Half), sizeof(Half));
    return sixteen(reinterpret_cast<const char*>(halves));
  }
  /// Which of them JSON does not show as they are, in bits that are set.
  [[nodiscard]] Vector special() const {
    // Below 0x20 becomes large.
    return (bytes - 0x20 > 0x7e - 0x20) | (bytes == '"') | (bytes == '\\');
  }
  static bool none(const Vector& special) {
    std::uint64_t halves[2];
    static_assert(sizeof halves == sizeof special);
    std::memcpy(halves, &special, sizeof halves);
    return (halves[0] | halves[1]) == 0;
  }
  [[nodiscard]] bool all_plain() const { return none(special()); }
};

/// Copies both ends of a text of at most twice that size.
template <class Half>
void copy_ends(char* to, const char* from, std::size_t size) {
  std::memcpy(to, from, sizeof(Half));
  std::memcpy(to + size - sizeof(Half), from + size - sizeof(Half), sizeof(Half));
}

/// Copies what at the front JSON shows as it is: printable ASCII but for the quotation mark and the
/// backslash. Nearly all that is ever written, so many bytes are looked at and copied together,
/// some of them twice. Returns how many there were.
inline std::size_t copy_plain(char* to, const char* from, std::size_t size) {
  std::size_t at = 0;
  if (size >= 16) {
    for (; at + 16 <= size && Lanes::sixteen(from + at).all_plain(); at += 16)
      std::memcpy(to + at, from + at, 16);
    if (at + 16 > size && Lanes::sixteen(from + size - 16).all_plain()) {
      std::memcpy(to + size - 16, from + size - 16, 16);
      return size;
    }
  } else if (size >= 8) {
    if (Lanes::ends<std::uint64_t>(from, size).all_plain()) {
      copy_ends<std::uint64_t>(to, from, size);
      return size;
    }
  } else if (size >= 4 && Lanes::ends<std::uint32_t>(from, size).all_plain()) {
    copy_ends<std::uint32_t>(to, from, size);
    return size;
  }
  for (; at < size && is_plain(from[at]); ++at) to[at] = from[at];
  return at;
}

/// Copies a text and says whether JSON shows all of it as it is. Nearly always so: nothing is asked
/// before the end.
inline bool copy_whole(char* to, const char* from, std::size_t size) {
  if (size < 16) return copy_plain(to, from, size) == size;
  Lanes::Vector special{};
  const auto copy = [&](std::size_t at) {
    const Lanes lanes = Lanes::sixteen(from + at);
    std::memcpy(to + at, &lanes.bytes, sizeof lanes.bytes);
    special |= lanes.special();
  };
  for (std::size_t at = 0; at + 16 <= size; at += 16) copy(at);
  copy(size - 16);
  return Lanes::none(special);
}

}  // namespace whohungup
