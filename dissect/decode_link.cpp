// Link layers: from the frame's first byte to the IP header or the tunnel in it.
//
// Layouts: tcpdump.org/linktypes.html; IEEE 802.3, 802.1Q, 802.1ad; RFC 1661, 2516, 3032.
#include <cstring>

#include "dissect/decode_walk.h"

namespace whohungup::decoding {
namespace {

using Why = Skipped::Why;

/// The sender's hardware address of a Linux cooked header; only Ethernet's have six bytes.
void keep_mac(Walk& walk, std::uint16_t length, Bytes address) {
  if (length != 6) return;
  std::memcpy(walk.segment.header.source_mac.data(), address.data(), 6);
  walk.segment.header.has_mac = true;
}

/// The protocol field of a cooked capture: an EtherType, or one of the kernel's own numbers.
void cooked_type(Walk& walk, std::uint16_t type) {
  constexpr std::uint16_t kNovell = 1, kEthernet = 3, kLlc = 4;  // ETH_P_802_3, _ALL, _802_2
  if (type == kLlc) return logical_link(walk);
  if (type == kNovell || type == kEthernet) return walk.stop(Why::NotIp);
  ether_type(walk, type);
}

/// LINKTYPE_LINUX_SLL: packet type, ARPHRD type, address length, address, protocol.
void linux_sll(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes header = walk.take(16);
  if (header.empty()) return;
  ByteReader read(header);
  read.skip(4);
  const std::uint16_t address_len = read.u16();
  keep_mac(walk, address_len, read.take(8));
  cooked_type(walk, read.u16());
}

/// LINKTYPE_LINUX_SLL2: protocol, interface, ARPHRD type, packet type, address length, address.
void linux_sll2(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes header = walk.take(20);
  if (header.empty()) return;
  ByteReader read(header);
  const std::uint16_t type = read.u16();
  read.skip(9);
  const std::uint16_t address_len = read.u8();
  keep_mac(walk, address_len, read.take(8));
  cooked_type(walk, type);
}

/// LINKTYPE_NULL and LINKTYPE_LOOP: an address family in the byte order of the capturing host
/// (NULL) or of the network (LOOP). The numbers are small, so that either order shows itself.
void loopback(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes header = walk.take(4);
  if (header.empty()) return;
  std::uint32_t family = ByteReader(header).u32();
  if (family > 0xffff) family = family >> 24U | (family >> 8U & 0xff00U);
  switch (family) {
    case 2:
      return ipv4(walk);
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // macOS
      return ipv6(walk);
    default:
      return walk.stop(Why::NotIp);
  }
}

/// RFC 2516 §4: version and type, code, session, length, then PPP.
void pppoe_session(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes header = walk.take(6);
  if (header.empty()) return;
  ByteReader read(header);
  const std::uint8_t version_type = read.u8();
  const std::uint8_t code = read.u8();
  if (version_type != 0x11) return walk.stop(Why::Malformed);
  if (code != 0) return walk.stop(Why::NotIp);  // discovery
  read.skip(2);
  const std::uint16_t length = read.u16();
  if (length < walk.wire()) walk.limit(length);
  ppp(walk);
}

/// A tag of four or six bytes that ends in the EtherType of what follows.
void tag(Walk& walk, std::size_t size) {
  const Bytes header = walk.take(size);
  if (header.empty()) return;
  ByteReader read(header.last(2));
  ether_type(walk, read.u16());
}

/// Cisco metadata: version, number of four-byte options, the options, the next EtherType.
/// (cisco+mercury/tls_sgt.pcap: one option, the security group tag.)
void cisco_metadata(Walk& walk) {
  const Bytes start = walk.peek(2);
  if (start.empty()) return;
  tag(walk, 2 + std::size_t{start[1]} * 4 + 2);
}

}  // namespace

void link(Walk& walk, LinkType type) {
  switch (type) {
    case LinkType::Ethernet:
      return ethernet(walk);
    case LinkType::LinuxSll:
      return linux_sll(walk);
    case LinkType::LinuxSll2:
      return linux_sll2(walk);
    case LinkType::Null:
    case LinkType::Loop:
      return loopback(walk);
    case LinkType::RawBsd12:
    case LinkType::RawBsd14:
    case LinkType::Raw:
      return ip(walk);
    case LinkType::Ipv4:
      return ipv4(walk);
    case LinkType::Ipv6:
      return ipv6(walk);
    case LinkType::Ppp:
    case LinkType::PppSerial:
      return ppp(walk);
    case LinkType::PppEther:
      return pppoe_session(walk);
    case LinkType::CiscoHdlc:
      return tag(walk, 4);  // address, control, EtherType
    case LinkType::Ieee80211:
      return wireless(walk, false);
    case LinkType::Radiotap:
      return radiotap(walk);
    case LinkType::Ppi:
      return per_packet_information(walk);
    case LinkType::Nflog:
      return nflog(walk);
  }
  walk.stop(Why::UnknownLinkType);
}

void ethernet(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes header = walk.take(14);
  if (header.empty()) return;
  ByteReader read(header);
  read.skip(6);
  std::memcpy(walk.segment.header.source_mac.data(), read.take(6).data(), 6);
  walk.segment.header.has_mac = true;
  ether_type(walk, read.u16());
}

void ether_type(Walk& walk, std::uint16_t type) {
  if (type == kIpv4) return ipv4(walk);
  if (type == kIpv6) return ipv6(walk);
  if (!walk.enter()) return;
  switch (type) {
    case kVlan:
    case kVlanService:
    case kVlanOld1:
    case kVlanOld2:
      return tag(walk, 4);
    case kVnTag:
      return tag(walk, 6);
    case kCiscoMetadata:
      return cisco_metadata(walk);
    case kPppoeSession:
      return pppoe_session(walk);
    case kMplsUnicast:
    case kMplsMulticast:
      return mpls(walk);
    case kBridged:
      return ethernet(walk);
    case kPpp:
      return ppp(walk);
    default:
      break;
  }
  constexpr std::uint16_t kLowestType = 0x0600;  // below it is a length (IEEE 802.3 §3.2.6)
  if (type >= kLowestType) return walk.stop(Why::NotIp);
  if (type < walk.wire()) walk.limit(type);
  logical_link(walk);
}

void logical_link(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes header = walk.take(3);
  if (header.empty()) return;
  constexpr std::uint8_t kSnap = 0xaa, kIp = 0x06, kUnnumbered = 0x03;
  if (header[0] == kIp && header[1] == kIp && header[2] == kUnnumbered) return ipv4(walk);
  if (header[0] != kSnap || header[1] != kSnap || header[2] != kUnnumbered)
    return walk.stop(Why::NotIp);
  const Bytes snap = walk.take(5);
  if (snap.empty()) return;
  ByteReader read(snap);
  const std::uint32_t organisation = read.u24();
  const std::uint16_t type = read.u16();
  constexpr std::uint32_t kEncapsulatedEthernet = 0, kBridgeTunnel = 0x0000f8;  // RFC 1042
  const bool is_type = organisation == kEncapsulatedEthernet || organisation == kBridgeTunnel;
  if (!is_type || type < 0x0600) return walk.stop(Why::NotIp);
  ether_type(walk, type);
}

void ppp(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes start = walk.peek(2);
  if (start.empty()) return;
  constexpr std::uint8_t kAddress = 0xff, kControl = 0x03;  // RFC 1662 §3.1; may be left out
  if (start[0] == kAddress && start[1] == kControl) walk.take(2);
  const Bytes first = walk.take(1);
  if (first.empty()) return;
  std::uint16_t protocol = first[0];
  if ((protocol & 1U) == 0) {  // two bytes, unless compressed to one odd byte (RFC 1661 §6.5)
    const Bytes second = walk.take(1);
    if (second.empty()) return;
    protocol = static_cast<std::uint16_t>(protocol << 8U | second[0]);
  }
  constexpr std::uint16_t kPppIpv4 = 0x21, kPppIpv6 = 0x57, kPppMpls = 0x281;
  if (protocol == kPppIpv4) return ipv4(walk);
  if (protocol == kPppIpv6) return ipv6(walk);
  if (protocol == kPppMpls) return mpls(walk);
  walk.stop(Why::NotIp);
}

void mpls(Walk& walk) {
  if (!walk.enter()) return;
  for (bool bottom = false; !bottom;) {  // RFC 3032 §2.1; ends with the frame at the latest
    const Bytes label = walk.take(4);
    if (label.empty()) return;
    bottom = (label[2] & 1U) != 0;
  }
  const Bytes start = walk.peek(1);
  if (start.empty()) return;
  // The label alone does not say what it carries; routers look at the nibble too (RFC 4928 §2).
  const unsigned nibble = start[0] >> 4U;
  if (nibble == 4) return ipv4(walk);
  if (nibble == 6) return ipv6(walk);
  if (nibble != 0) return walk.stop(Why::NotIp);
  if (walk.take(4).empty()) return;  // pseudowire control word (RFC 4385 §3)
  ethernet(walk);
}

}  // namespace whohungup::decoding
