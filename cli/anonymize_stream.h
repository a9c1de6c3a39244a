// What becomes of one side's bytes: a mask by offset, so that a byte sent twice is replaced alike.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/anonymize_keyed.h"

namespace whohungup {

/// One side of a connection, put together without a bound of 64 kB.
struct SideBytes {
  std::vector<std::uint8_t> bytes;
  std::vector<bool> known;
  std::int64_t tls_at{-1};  // where TLS begins; -1: it does not
  std::uint64_t number{};   // of the stream, to give each its own noise
};

/// For each byte, what to XOR it with. Record headers, alerts and the shape of the handshake stay;
/// names in hellos and certificates, text and everything sealed are replaced.
std::vector<std::uint8_t> mask_of(const SideBytes&, KeyedReplacements&);

}  // namespace whohungup
