// The Internet checksum (RFC 1071): the one's complement sum that IPv4 headers and TCP carry.
//
// Sums are kept in the machine's own byte order; a sum over a header that contains its own
// checksum folds to 0xffff in either order, and that is all anyone here asks.
#pragma once

#include <cstdint>
#include <cstring>

#include "capture/packet.h"

namespace whohungup {

/// Adds `bytes` to a running sum. Pieces other than the last must have an even length.
inline std::uint64_t add_to_checksum(std::uint64_t sum, Bytes bytes) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 32; at += 32, left -= 32) {  // a stretch that compilers turn into vectors
    std::uint32_t words[8];
    std::memcpy(words, at, sizeof words);
    for (const std::uint32_t word : words) sum += word;
  }
  for (; left >= 4; at += 4, left -= 4) {  // 32-bit words in 64 bits: no carry is lost below 16 GB
    std::uint32_t word{};
    std::memcpy(&word, at, 4);
    sum += word;
  }
  if (left > 0) {
    std::uint32_t word{};
    std::memcpy(&word, at, left);
    sum += word;
  }
  return sum;
}

/// The running sum folded to sixteen bits.
inline std::uint16_t fold_checksum(std::uint64_t sum) {
  sum = (sum & 0xffffffffU) + (sum >> 32U);
  sum = (sum & 0xffffU) + (sum >> 16U);
  sum = (sum & 0xffffU) + (sum >> 16U);
  sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

/// A 16-bit number as it adds to a sum over bytes in network order.
inline std::uint64_t checksum_word(std::uint16_t value) {
  const std::uint8_t bytes[2] = {static_cast<std::uint8_t>(value >> 8U),
                                 static_cast<std::uint8_t>(value)};
  std::uint16_t word{};
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace whohungup
