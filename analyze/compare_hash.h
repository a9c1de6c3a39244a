// FNV-1a: good enough to tell flows apart whose bytes are random.
#pragma once

#include <cstdint>

#include "capture/packet.h"

namespace whohungup {

inline std::uint64_t hash_bytes(Bytes bytes, std::uint64_t hash = 0xcbf29ce484222325U) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3U;
  return hash;
}

inline std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) hash = (hash ^ (value >> (8 * i) & 0xffU)) * 0x100000001b3U;
  return hash;
}

}  // namespace whohungup
