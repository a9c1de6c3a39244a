// What a TTL says about the way a packet came.
#pragma once

#include <cstdint>

namespace whohungup {

/// How far a TTL has come down from the initial value it most likely had (diagnosis.md, notation).
constexpr int initial_ttl(std::uint8_t ttl) {
  return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}
constexpr int hops(std::uint8_t ttl) { return initial_ttl(ttl) - ttl; }
/// 64, 128 and 255 arrive untouched only from the same network (32 is also a worn-down 64).
constexpr bool is_untouched(std::uint8_t ttl) { return ttl == 64 || ttl == 128 || ttl == 255; }

}  // namespace whohungup
