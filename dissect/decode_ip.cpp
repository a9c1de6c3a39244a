// IPv4, IPv6 with its extension headers, and what they carry (RFC 791, RFC 8200).
#include "dissect/decode_checksum.h"
#include "dissect/decode_walk.h"

namespace whohungup::decoding {
namespace {

using Why = Skipped::Why;

/// Addresses are written where they belong: copying whole ones around cost half of all decoding.
void read_ipv4_address(ByteReader& read, IpAddress& address) {
  address.octets = {};
  std::copy_n(read.take(4).begin(), 4, address.octets.begin());
  address.is_v6 = false;
}

void read_ipv6_address(ByteReader& read, IpAddress& address) {
  std::copy_n(read.take(16).begin(), 16, address.octets.begin());
  address.is_v6 = true;
}

/// What is left of the walk is a fragment of a datagram. Goes on where it completes one.
void reassemble(Walk& walk, std::uint32_t id, std::size_t offset, bool more,
                std::uint8_t protocol) {
  const FragmentKey key{walk.segment.from.ip, walk.segment.to.ip, id, walk.packet.interface_id,
                        protocol};
  const Fragment piece{offset, walk.wire(), walk.rest(), more};
  const Reassembled whole = walk.fragments.add(key, piece, walk.packet.at);
  switch (whole.state) {
    case Reassembled::State::Held:
      return walk.stop(Why::FragmentHeld);
    case Reassembled::State::Lost:
      return walk.stop(Why::FragmentLost);
    case Reassembled::State::Impossible:
      return walk.stop(Why::Malformed);
    case Reassembled::State::Complete:
      break;
  }
  walk.segment.header.from_fragments = true;
  walk.continue_in(whole.bytes, whole.wire);
}

/// Whether the walk goes on: it was stopped if the result is no segment any more.
bool stopped(const Walk& walk) { return !std::holds_alternative<Segment>(walk.result); }

/// An IPv6 fragment header (RFC 8200 §4.5). An "atomic" fragment is the whole datagram.
std::uint8_t ipv6_fragment(Walk& walk, Bytes header) {
  ByteReader read(header);
  const std::uint8_t next = read.u8();
  read.skip(1);
  const std::uint16_t offset_flags = read.u16();
  const std::uint32_t id = read.u32();
  const bool more = (offset_flags & 1U) != 0;
  const std::size_t offset = offset_flags & 0xfff8U;
  if (more || offset != 0) reassemble(walk, id, offset, more, 0);
  return next;
}

/// A routing header with segments left sends the packet on to an address it holds: TCP's
/// checksum covers that one (RFC 8200 §8.1), which we do not look for.
void note_routing(Walk& walk, Bytes header) {
  if (header[3] != 0) walk.pseudo_header_known = false;
}

}  // namespace

void ip(Walk& walk) {
  const Bytes start = walk.peek(1);
  if (start.empty()) return;
  const unsigned version = start[0] >> 4U;
  if (version == 4) return ipv4(walk);
  if (version == 6) return ipv6(walk);
  walk.stop(Why::NotIp);
}

void ipv4(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes fixed = walk.peek(20);
  if (fixed.empty()) return;
  ByteReader read(fixed);
  SegmentHeader& fields = walk.segment.header;
  const std::uint8_t version_len = read.u8();
  fields.tos = read.u8();
  const std::uint16_t total_len = read.u16();
  fields.ip_id = read.u16();
  const std::uint16_t fragment = read.u16();
  fields.ttl = read.u8();
  const std::uint8_t protocol = read.u8();
  read.skip(2);
  read_ipv4_address(read, walk.segment.from.ip);
  read_ipv4_address(read, walk.segment.to.ip);
  constexpr std::uint16_t kDontFragment = 0x4000, kMoreFragments = 0x2000, kOffset = 0x1fff;
  fields.dont_fragment = (fragment & kDontFragment) != 0;
  fields.is_v6 = false;
  fields.flow_label = 0;

  const std::size_t header_len = (version_len & 0xfU) * std::size_t{4};
  if (version_len >> 4U != 4 || header_len < 20) return walk.stop(Why::Malformed);
  if (total_len != 0) {  // 0: segmentation offload left it to the card; the frame's end counts
    if (total_len < header_len) return walk.stop(Why::Malformed);
    walk.limit(total_len);
  }
  const Bytes header = walk.take(header_len);
  if (header.empty()) return;
  const bool sound = fold_checksum(add_to_checksum(0, header)) == 0xffff;
  fields.ip_checksum = sound ? ChecksumState::Good : ChecksumState::Bad;

  if ((fragment & (kMoreFragments | kOffset)) != 0) [[unlikely]] {
    reassemble(walk, fields.ip_id, (fragment & kOffset) * std::size_t{8},
               (fragment & kMoreFragments) != 0, protocol);
    if (stopped(walk)) return;
  }
  transport(walk, protocol);
}

void ipv6(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes header = walk.take(40);
  if (header.empty()) return;
  ByteReader read(header);
  SegmentHeader& fields = walk.segment.header;
  const std::uint32_t version_class_label = read.u32();
  const std::uint16_t payload_len = read.u16();
  std::uint8_t next = read.u8();
  fields.ttl = read.u8();
  read_ipv6_address(read, walk.segment.from.ip);
  read_ipv6_address(read, walk.segment.to.ip);
  fields.is_v6 = true;
  fields.tos = static_cast<std::uint8_t>(version_class_label >> 20U);
  fields.flow_label = version_class_label & 0xfffffU;
  fields.ip_id = 0;
  fields.dont_fragment = false;
  fields.ip_checksum = ChecksumState::Unknown;
  if (version_class_label >> 28U != 6) return walk.stop(Why::Malformed);
  // 0: a jumbogram (RFC 2675), as Linux' big TCP hands to captures; the frame's end counts.
  if (payload_len != 0) walk.limit(payload_len);

  for (;;) {
    const bool is_extension =
        next == kHopByHop || next == kRouting || next == kFragment || next == kDestinationOptions;
    if (!is_extension) return transport(walk, next);
    if (!walk.enter()) return;
    const Bytes start = walk.peek(8);
    if (start.empty()) return;
    const bool is_fragment = next == kFragment;
    const std::size_t length = is_fragment ? 8 : (start[1] + std::size_t{1}) * 8;
    const Bytes extension = walk.take(length);
    if (extension.empty()) return;
    if (next == kRouting) note_routing(walk, extension);
    next = is_fragment ? ipv6_fragment(walk, extension) : extension[0];
    if (stopped(walk)) return;
  }
}

void transport(Walk& walk, std::uint8_t protocol) {
  if (protocol == kTcp) return tcp(walk);
  if (!walk.enter()) return;
  switch (protocol) {
    case kUdp:
      return udp(walk);
    case kIcmp:
      return icmp(walk);
    case kIcmpv6:
      return icmpv6(walk);
    case kGre:
      return gre(walk);
    case kIpv4InIp:
      walk.tunnel(Hop::Kind::IpInIp, 0, false);
      return ipv4(walk);
    case kIpv6InIp:
      walk.tunnel(Hop::Kind::IpInIp, 0, false);
      return ipv6(walk);
    case kMplsInIp:
      walk.tunnel(Hop::Kind::Mpls, 0, false);
      return mpls(walk);
    case kAuthentication: {  // RFC 4302 §2.2: length in words, less two
      const Bytes start = walk.peek(2);
      if (start.empty()) return;
      const Bytes header = walk.take((start[1] + std::size_t{2}) * 4);
      if (header.empty()) return;
      return transport(walk, header[0]);
    }
    default:
      return walk.stop(Why::NotTcp);
  }
}

}  // namespace whohungup::decoding
