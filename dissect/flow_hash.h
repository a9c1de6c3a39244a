// A keyed hash of the two endpoints (SipHash-1-3), so that nobody who can send packets can choose
// them to collide.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "dissect/segment.h"

namespace whohungup {

// The comparisons below are written out because they are made for every packet: compilers turn a
// comparison of std::array into a call of memcmp().

inline bool same(const Endpoint& a, const Endpoint& b) {
  return a.port == b.port && a.ip.is_v6 == b.ip.is_v6 &&
         std::memcmp(a.ip.octets.data(), b.ip.octets.data(), 16) == 0;
}

/// Both endpoints in an order that does not depend on the direction.
struct FlowKey {
  Endpoint low, high;
  friend bool operator==(const FlowKey& a, const FlowKey& b) {
    return same(a.low, b.low) && same(a.high, b.high);
  }
};

/// Any total order will do; it need not be that of the addresses' bytes.
inline bool less(const Endpoint& a, const Endpoint& b) {
  std::uint64_t of_a[2]{}, of_b[2]{};
  std::memcpy(of_a, a.ip.octets.data(), sizeof of_a);
  std::memcpy(of_b, b.ip.octets.data(), sizeof of_b);
  if (of_a[0] != of_b[0]) return of_a[0] < of_b[0];
  if (of_a[1] != of_b[1]) return of_a[1] < of_b[1];
  return a.port < b.port;
}

inline FlowKey flow_key(const Endpoint& from, const Endpoint& to) {
  return less(to, from) ? FlowKey{to, from} : FlowKey{from, to};
}

/// SipHash-1-3 (Aumasson and Bernstein) over the addresses and ports.
class FlowHash {
 public:
  constexpr FlowHash(std::uint64_t k0, std::uint64_t k1) : k0_(k0), k1_(k1) {}

  std::uint64_t operator()(const FlowKey& key) const {
    std::uint64_t v0 = k0_ ^ 0x736f6d6570736575U, v1 = k1_ ^ 0x646f72616e646f6dU;
    std::uint64_t v2 = k0_ ^ 0x6c7967656e657261U, v3 = k1_ ^ 0x7465646279746573U;
    const auto round = [&] {
      v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
      v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
    };
    const auto absorb = [&](std::uint64_t word) {
      v3 ^= word;
      round();
      v0 ^= word;
    };
    const auto word = [](const std::uint8_t* at) {
      std::uint64_t value{};
      std::memcpy(&value, at, sizeof value);
      return value;
    };
    const std::uint8_t* low = key.low.ip.octets.data();
    const std::uint8_t* high = key.high.ip.octets.data();
    if (key.low.ip.is_v6) {
      absorb(word(low));
      absorb(word(low + 8));
      absorb(word(high));
      absorb(word(high + 8));
    } else {
      std::uint32_t a{}, b{};
      std::memcpy(&a, low, sizeof a);
      std::memcpy(&b, high, sizeof b);
      absorb(std::uint64_t{a} << 32U | b);
    }
    absorb(std::uint64_t{key.low.port} << 16U | key.high.port |
           std::uint64_t{key.low.ip.is_v6} << 40U);
    v2 ^= 0xffU;
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
  }

 private:
  std::uint64_t k0_, k1_;
};

}  // namespace whohungup
