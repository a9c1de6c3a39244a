// ICMP and ICMPv6 errors, and the TCP segment they quote (RFC 792, RFC 1191, RFC 4443).
#include "dissect/decode_walk.h"

namespace whohungup::decoding {
namespace {

using Why = Skipped::Why;

/// What the quotation says, read from bytes that may end anywhere.
struct Quote {
  IpAddress from, to;
  std::uint8_t ttl{}, tos{}, protocol{};
  std::uint16_t ip_id{};
  bool first_fragment{true};
};

IpAddress address(Bytes octets) {
  IpAddress result;
  std::copy(octets.begin(), octets.end(), result.octets.begin());
  result.is_v6 = octets.size() == 16;
  return result;
}

/// Takes the quoted IPv4 header. Its length and checksum fields are not looked at: routers and
/// NATs on the way change them.
bool take_quoted_ipv4(Walk& walk, Quote& quote) {
  const Bytes fixed = walk.peek(20);
  if (fixed.empty()) return false;
  ByteReader read(fixed);
  const std::uint8_t version_len = read.u8();
  quote.tos = read.u8();
  read.skip(2);
  quote.ip_id = read.u16();
  quote.first_fragment = (read.u16() & 0x1fffU) == 0;
  quote.ttl = read.u8();
  quote.protocol = read.u8();
  read.skip(2);
  quote.from = address(read.take(4));
  quote.to = address(read.take(4));
  const std::size_t header_len = (version_len & 0xfU) * std::size_t{4};
  if (version_len >> 4U != 4 || header_len < 20) {
    walk.stop(Why::Malformed);
    return false;
  }
  return !walk.take(header_len).empty();
}

/// Takes the quoted IPv6 header and the extension headers behind it.
bool take_quoted_ipv6(Walk& walk, Quote& quote) {
  const Bytes header = walk.take(40);
  if (header.empty()) return false;
  ByteReader read(header);
  quote.tos = static_cast<std::uint8_t>(read.u32() >> 20U);
  read.skip(2);
  quote.protocol = read.u8();
  quote.ttl = read.u8();
  quote.from = address(read.take(16));
  quote.to = address(read.take(16));
  if (header[0] >> 4U != 6) {
    walk.stop(Why::Malformed);
    return false;
  }
  while (quote.protocol == kHopByHop || quote.protocol == kRouting ||
         quote.protocol == kDestinationOptions || quote.protocol == kFragment) {
    const Bytes start = walk.peek(8);
    if (start.empty()) return false;
    const bool is_fragment = quote.protocol == kFragment;
    const std::size_t length = is_fragment ? 8 : (start[1] + std::size_t{1}) * 8;
    const Bytes extension = walk.take(length);
    if (extension.empty()) return false;
    if (is_fragment && (ByteReader(extension.subspan(2)).u16() & 0xfff8U) != 0)
      quote.first_fragment = false;
    quote.protocol = extension[0];
  }
  return true;
}

/// Turns the walk's result into the error. Four bytes of quoted TCP name the flow and are
/// needed; eight give the sequence number.
void deliver(Walk& walk, IcmpError error) {
  Quote quote;
  const bool taken = error.is_v6 ? take_quoted_ipv6(walk, quote) : take_quoted_ipv4(walk, quote);
  if (!taken) return;
  if (quote.protocol != kTcp || !quote.first_fragment) return walk.stop(Why::NotTcp);
  const Bytes ports = walk.take(4);
  if (ports.empty()) return;
  ByteReader read(ports);
  error.from = {quote.from, read.u16()};
  error.to = {quote.to, read.u16()};
  error.quoted_ttl = quote.ttl;
  error.quoted_tos = quote.tos;
  error.quoted_ip_id = quote.ip_id;
  ByteReader sequence(walk.rest());
  error.quoted_seq = {sequence.u32()};
  error.has_quoted_seq = sequence.ok();
  error.at = walk.packet.at;
  error.frame = walk.packet.no;
  error.reporter = walk.segment.from.ip;
  error.ttl = walk.segment.header.ttl;
  walk.result = error;
}

std::uint16_t clamp_mtu(std::uint32_t mtu) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(mtu, 0xffff));
}

}  // namespace

void icmp(Walk& walk) {
  const Bytes header = walk.take(8);
  if (header.empty()) return;
  constexpr std::uint8_t kUnreachable = 3, kSourceQuench = 4, kTimeExceeded = 11, kParameter = 12;
  constexpr std::uint8_t kFragmentationNeeded = 4;
  ByteReader read(header);
  IcmpError error;
  error.type = read.u8();
  error.code = read.u8();
  read.skip(4);
  const std::uint16_t mtu = read.u16();
  switch (error.type) {
    case kUnreachable:
    case kSourceQuench:
    case kTimeExceeded:
    case kParameter:
      break;
    default:
      return walk.stop(Why::NotTcp);  // echo, redirects (RFC 1122: advice, no error) …
  }
  if (error.type == kUnreachable && error.code == kFragmentationNeeded) error.next_hop_mtu = mtu;
  deliver(walk, error);
}

void icmpv6(Walk& walk) {
  const Bytes header = walk.take(8);
  if (header.empty()) return;
  constexpr std::uint8_t kUnreachable = 1, kPacketTooBig = 2, kTimeExceeded = 3, kParameter = 4;
  ByteReader read(header);
  IcmpError error;
  error.is_v6 = true;
  error.type = read.u8();
  error.code = read.u8();
  read.skip(2);
  const std::uint32_t mtu = read.u32();
  switch (error.type) {
    case kPacketTooBig:
      error.next_hop_mtu = clamp_mtu(mtu);
      break;
    case kUnreachable:
    case kTimeExceeded:
    case kParameter:
      break;
    case 133:
    case 134:
    case 135:
    case 136:
    case 137:
      return walk.stop(Why::NotIp);  // neighbour discovery: IPv6's ARP (RFC 4861)
    default:
      return walk.stop(Why::NotTcp);
  }
  deliver(walk, error);
}

}  // namespace whohungup::decoding
