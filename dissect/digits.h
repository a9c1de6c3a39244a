// Numbers written out in decimal and hexadecimal, where every flow has a hundred of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace whohungup {

/// 18446744073709551615 and -9223372036854775808.
inline constexpr std::size_t kLongestNumber = 20;

/// "00" to "99", one behind the other.
inline constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> text{};
  for (std::size_t i = 0; i < text.size() / 2; ++i) {
    text[2 * i] = static_cast<char>('0' + i / 10);
    text[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return text;
}();

inline void write_two_digits(char* to, std::uint32_t below_100) {
  std::memcpy(to, &kTwoDigits[std::size_t{2} * below_100], 2);
}

/// Writes the number with that many digits, zeros in front.
inline void write_digits(char* to, std::size_t digits, std::uint64_t n) {
  for (; digits >= 2; n /= 100)
    write_two_digits(to + (digits -= 2), static_cast<std::uint32_t>(n % 100));
  if (digits == 1) *to = static_cast<char>('0' + n % 10);
}

/// Writes a number of one or two digits and returns its end.
inline char* write_below_100(char* to, std::uint32_t n) {
  if (n >= 10) {
    write_two_digits(to, n);
    return to + 2;
  }
  *to = static_cast<char>('0' + n);
  return to + 1;
}

/// The same with up to four digits.
inline char* write_below_10000(char* to, std::uint32_t n) {
  if (n < 100) return write_below_100(to, n);
  to = write_below_100(to, n / 100);
  write_two_digits(to, n % 100);
  return to + 2;
}

inline char* write_four_digits(char* to, std::uint32_t below_10000) {
  write_two_digits(to, below_10000 / 100);
  write_two_digits(to + 2, below_10000 % 100);
  return to + 4;
}

/// Writes the number and returns its end; it takes kLongestNumber characters at most.
inline char* write_number(char* to, std::uint64_t n) {
  constexpr std::uint32_t kFourDigits = 10'000;
  if (n < kFourDigits) return write_below_10000(to, static_cast<std::uint32_t>(n));
  const auto back = static_cast<std::uint32_t>(n % kFourDigits);
  n /= kFourDigits;
  to = n < kFourDigits ? write_below_10000(to, static_cast<std::uint32_t>(n)) : write_number(to, n);
  return write_four_digits(to, back);
}
inline char* write_number(char* to, std::int64_t n) {
  if (n >= 0) return write_number(to, static_cast<std::uint64_t>(n));
  *to = '-';
  return write_number(to + 1, 0 - static_cast<std::uint64_t>(n));
}

/// Writes the lowest digits of the number in lower-case hexadecimal, zeros in front; returns the
/// end.
inline char* write_hex(char* to, std::size_t digits, std::uint64_t n) {
  for (std::size_t i = digits; i > 0; n >>= 4U) to[--i] = "0123456789abcdef"[n & 0xfU];
  return to + digits;
}

}  // namespace whohungup
