// Writes classic pcap, for tools that know nothing newer.
#pragma once

#include <cstdint>

#include "capture/byte_output.h"
#include "capture/packet.h"

namespace whohungup {

enum class PcapPrecision : std::uint8_t { Micro, Nano };

class PcapWriter {
 public:
  /// Writes the file header, in this machine's byte order. All packets have the one link type.
  PcapWriter(ByteOutput& out, LinkType link, PcapPrecision precision = PcapPrecision::Nano,
             std::uint32_t snaplen = 262144);

  /// Writes a packet. Its time is cut to the precision; pcap counts from 1970 to 2106.
  void add_packet(const Packet& packet);

 private:
  ByteOutput& out_;
  PcapPrecision precision_;
};

}  // namespace whohungup
