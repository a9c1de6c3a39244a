// A first look at a frame: enough to find its flow. Most packets of most captures belong to flows
// whose handshake is long over, and nobody needs more of them than this.
#pragma once

#include <cstdint>

#include "dissect/flow_hash.h"

namespace whohungup {

/// What a plain TCP segment says about its place.
struct Glimpse {
  FlowKey key;      // as the headers claim
  bool from_low{};  // its sender is key.low
  Time at{};
  FrameNo frame{};
  Seq seq{}, ack{};
  std::uint32_t payload_len{};  // on the wire
  TcpFlags flags;
  bool whole{};   // all of it was captured
  Bytes payload;  // as much as was captured

  [[nodiscard]] const Endpoint& from() const { return from_low ? key.low : key.high; }
  [[nodiscard]] const Endpoint& to() const { return from_low ? key.high : key.low; }
  /// Where its last byte ends in the frame; there may be padding behind it.
  [[nodiscard]] std::size_t end_in(const Packet& packet) const {
    return static_cast<std::size_t>(payload.data() + payload.size() - packet.bytes.data());
  }
};

/// Looks at a frame. False unless it is Ethernet, then IPv4 without options or IPv6 without
/// extension headers, whole and unfragmented, then TCP, with everything up to the TCP options
/// captured: all of those Decoder finds a segment in, with the same fields.
bool glimpse(const Packet&, Glimpse&);

/// Whether the TCP checksum of a segment that is there whole is wrong, neither right nor left for a
/// network card to finish; as the decoder has it (decode_tcp.cpp).
bool is_checksum_wrong(const Packet&, const Glimpse&);

}  // namespace whohungup
