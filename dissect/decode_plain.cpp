// The frame that nearly every capture consists of, in one stretch: Ethernet, IPv4 without options
// and in one piece, TCP, captured whole. The layers by themselves are in the other decode_*.cpp and
// say the same of it.
#include <cstring>

#include "dissect/decode_checksum.h"
#include "dissect/decode_walk.h"

namespace whohungup::decoding {

bool plain_segment(const Packet& packet, Segment& segment) {
  constexpr std::size_t kEthernet = 14, kIp = 20, kTcpHeader = 20;
  constexpr std::uint8_t kVersionAndLength = 0x45;
  constexpr std::uint16_t kFragmented = 0x3fff, kDontFragment = 0x4000;
  const std::size_t size = packet.bytes.size();
  if (packet.link != LinkType::Ethernet || size < kEthernet + kIp + kTcpHeader) return false;
  const std::uint8_t* const frame = packet.bytes.data();
  const std::uint8_t* const ip = frame + kEthernet;
  const auto u16 = [](const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] << 8U | at[1]);
  };
  const std::size_t total = u16(ip + 2);
  const std::uint16_t fragment = u16(ip + 6);
  if (u16(frame + 12) != kIpv4 || ip[0] != kVersionAndLength || ip[9] != kTcp) return false;
  if ((fragment & kFragmented) != 0 || total < kIp + kTcpHeader || total > size - kEthernet)
    return false;

  SegmentHeader& fields = segment.header;
  std::memcpy(fields.source_mac.data(), frame + 6, fields.source_mac.size());
  fields.has_mac = true;
  fields.tos = ip[1];
  fields.ip_id = u16(ip + 4);
  fields.dont_fragment = (fragment & kDontFragment) != 0;
  fields.ttl = ip[8];
  std::memcpy(segment.from.ip.octets.data(), ip + 12, 4);
  std::memcpy(segment.to.ip.octets.data(), ip + 16, 4);
  const bool sound = fold_checksum(add_to_checksum(0, Bytes(ip, kIp))) == 0xffff;
  fields.ip_checksum = sound ? ChecksumState::Good : ChecksumState::Bad;
  return read_tcp(packet, Bytes(ip + kIp, total - kIp), total - kIp, true, segment);
}

}  // namespace whohungup::decoding
