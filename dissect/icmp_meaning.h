// What an ICMP error says, by its type and code (RFC 792, RFC 1812 §5.2.7, RFC 4443 §3).
#pragma once

#include <cstdint>

namespace whohungup {

constexpr bool icmp_time_exceeded(std::uint8_t type, bool is_v6) {
  return type == (is_v6 ? 3 : 11);
}

/// Only this packet, and only because of its size.
constexpr bool icmp_too_big(std::uint8_t type, std::uint8_t code, bool is_v6) {
  return is_v6 ? type == 2 : type == 3 && code == 4;
}

/// No way was found: no route, a host that does not answer its neighbours, packets in a circle. A
/// filter may be told to say so, but then it means to be taken for that.
constexpr bool icmp_no_way(std::uint8_t type, std::uint8_t code, bool is_v6) {
  if (icmp_time_exceeded(type, is_v6)) return true;
  if (is_v6) return type == 1 && (code == 0 || code == 2 || code == 3);
  constexpr std::uint32_t kNoWay =
      1U << 0U | 1U << 1U | 1U << 5U | 1U << 6U | 1U << 7U | 1U << 8U | 1U << 11U | 1U << 12U;
  return type == 3 && code < 32 && (kNoWay >> code & 1U) != 0;
}

}  // namespace whohungup
