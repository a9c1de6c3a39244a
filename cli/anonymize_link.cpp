// Rewriting what lies below IP, and the tunnels that carry IP again. Numbers of networks, labels
// and tunnels stay; addresses of devices are replaced.

#include <algorithm>

#include "cli/anonymize_rewriter.h"

namespace whohungup {
namespace {

constexpr unsigned kMostLayers = 32;  // as the decoder's

enum EtherType : unsigned {
  kIpv4 = 0x0800,
  kVlan = 0x8100,
  kVlanService = 0x88a8,
  kVlanOld1 = 0x9100,
  kVlanOld2 = 0x9200,
  kVnTag = 0x8926,
  kCiscoMetadata = 0x8909,
  kIpv6 = 0x86dd,
  kMplsUnicast = 0x8847,
  kMplsMulticast = 0x8848,
  kPppoeSession = 0x8864,
  kPpp = 0x880b,
  kBridged = 0x6558,
  kErspan2 = 0x88be,
  kErspan3 = 0x22eb,
  kWccp = 0x883e,
};

}  // namespace

bool FrameRewriter::link() {
  const std::size_t end = frame_.size();
  switch (which_.link) {
    case LinkType::Ethernet:
      return ethernet(0, end);
    case LinkType::LinuxSll:
      if (!has(0, 16)) return false;
      replace_mac(6);
      return ether_type(u16(14), 16, end);
    case LinkType::LinuxSll2:
      if (!has(0, 20)) return false;
      replace_mac(12);
      return ether_type(u16(0), 20, end);
    case LinkType::Null:
    case LinkType::Loop:
      return ip(4, end);
    case LinkType::Raw:
    case LinkType::RawBsd12:
    case LinkType::RawBsd14:
    case LinkType::Ipv4:
    case LinkType::Ipv6:
      return ip(0, end);
    case LinkType::Ppp:
    case LinkType::PppSerial:
      return ppp(0, end);
    case LinkType::PppEther:
      return has(0, 6) && ppp(6, end);
    case LinkType::CiscoHdlc:
      return has(0, 4) && ether_type(u16(2), 4, end);
    case LinkType::Nflog:
      return nflog(4, end);
    default:  // radio headers name devices in many ways
      return false;
  }
}

/// Attributes, of which one is the packet; the others name devices, users and rules.
bool FrameRewriter::nflog(std::size_t at, std::size_t end) {
  constexpr unsigned kHeader = 4, kPacket = 9;
  bool found = false;
  while (at + kHeader <= end) {
    // In the byte order of the machine that logged, which the type shows: it is small.
    const bool little = before_[at + 3] == 0;
    const auto number = [&](std::size_t place) {
      return little ? unsigned{before_[place]} | unsigned{before_[place + 1]} << 8U : u16(place);
    };
    const std::size_t length = number(at), stop = std::min(end, at + length);
    if (length < kHeader) return false;
    if (number(at + 2) != kPacket)
      blank(at + kHeader, stop);
    else if (!ip(at + kHeader, stop))
      return false;
    else
      found = true;
    blank(stop, at + (length + 3) / 4 * 4);
    at += (length + 3) / 4 * 4;
  }
  blank(at, end);
  return found;
}

bool FrameRewriter::ethernet(std::size_t at, std::size_t end) {
  if (at + 14 > end) return false;
  replace_mac(at);
  replace_mac(at + 6);
  return ether_type(u16(at + 12), at + 14, end);
}

bool FrameRewriter::ether_type(unsigned type, std::size_t at, std::size_t end) {
  if (++layers_ > kMostLayers || at > end) return false;
  const auto behind = [&](std::size_t tag) {
    return at + tag <= end && ether_type(u16(at + tag - 2), at + tag, end);
  };
  switch (type) {
    case kIpv4:
    case kIpv6:
      return ip(at, end);
    case kVlan:
    case kVlanService:
    case kVlanOld1:
    case kVlanOld2:
      return behind(4);
    case kVnTag:
      return behind(6);
    case kCiscoMetadata:
      return at + 2 <= end && behind(4 + before_[at + 1] * std::size_t{4});
    case kMplsUnicast:
    case kMplsMulticast:
      return mpls(at, end);
    case kPppoeSession:
      return at + 6 <= end && ppp(at + 6, end);
    case kPpp:
      return ppp(at, end);
    case kBridged:
      return ethernet(at, end);
    default:
      return type < 0x0600 && logical_link(at, end);  // a length (IEEE 802.3 §3.2.6)
  }
}

bool FrameRewriter::logical_link(std::size_t at, std::size_t end) {
  constexpr std::uint8_t kSnap = 0xaa, kIp = 0x06;
  if (at + 3 > end) return false;
  if (before_[at] == kIp) return ip(at + 3, end);
  return before_[at] == kSnap && at + 8 <= end && ether_type(u16(at + 6), at + 8, end);
}

bool FrameRewriter::ppp(std::size_t at, std::size_t end) {
  constexpr std::uint8_t kAddress = 0xff, kControl = 0x03;
  if (at + 2 <= end && before_[at] == kAddress && before_[at + 1] == kControl) at += 2;
  if (at + 2 > end) return false;
  const bool compressed = (before_[at] & 1U) != 0;  // RFC 1661 §6.5
  const unsigned protocol = compressed ? before_[at] : u16(at);
  at += compressed ? 1 : 2;
  constexpr unsigned kPppIpv4 = 0x21, kPppIpv6 = 0x57, kPppMpls = 0x281;
  if (protocol == kPppMpls) return mpls(at, end);
  return (protocol == kPppIpv4 || protocol == kPppIpv6) && ip(at, end);
}

bool FrameRewriter::mpls(std::size_t at, std::size_t end) {
  for (bool bottom = false; !bottom; at += 4) {
    if (at + 4 > end) return false;
    bottom = (before_[at + 2] & 1U) != 0;
  }
  if (at >= end || ++layers_ > kMostLayers) return false;
  if (before_[at] >> 4U != 0) return ip(at, end);
  return ethernet(at + 4, end);  // behind a pseudowire's control word
}

/// RFC 2784, 2890 and 2637; the key stays, a checksum is brought up to date.
bool FrameRewriter::gre(std::size_t at, std::size_t end) {
  constexpr unsigned kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000,
                     kAcknowledgment = 0x0080, kVersion = 0x0007;
  if (at + 4 > end) return false;
  const unsigned flags = u16(at), type = u16(at + 2);
  if ((flags & kVersion) > 1 || (flags & kRouting) != 0) return false;
  const auto four = [&](unsigned flag) { return (flags & flag) != 0 ? std::size_t{4} : 0; };
  std::size_t body = at + 4 + four(kChecksum) + four(kKey) + four(kSequence);
  if ((flags & kVersion) == 1) body += four(kAcknowledgment);
  if (body > end) return false;
  bool fine = false;
  if (type == kErspan2 || type == kErspan3) {
    fine = erspan(type, (flags & kSequence) != 0, body, end);
  } else if (type == kWccp) {  // version 2 has a redirect header of four bytes
    if (body < end && before_[body] >> 4U != 4) body += 4;
    fine = ip(body, end);
  } else {
    fine = ether_type(type, body, end);
  }
  if (fine && (flags & kChecksum) != 0) fix(at, end, at + 4, nullptr);
  return fine;
}

/// A mirrored frame; type I has no header of its own.
bool FrameRewriter::erspan(unsigned type, bool has_sequence, std::size_t at, std::size_t end) {
  if (type == kErspan2) return ethernet(has_sequence ? at + 8 : at, end);
  if (at + 12 > end) return false;
  const bool platform_specific = (before_[at + 11] & 1U) != 0;
  return ethernet(at + (platform_specific ? 20 : 12), end);
}

bool FrameRewriter::udp(std::size_t at, std::size_t end, const Ends& ends) {
  if (at + 8 > end) return false;
  const std::size_t length = u16(at + 4);
  const std::size_t stop = length >= 8 ? std::min(end, at + length) : end;
  constexpr unsigned kTeredo = 3544;
  const unsigned source = u16(at), destination = u16(at + 2);
  const bool fine = udp_tunnel(destination, at + 8, stop) ||
                    (source == kTeredo && udp_tunnel(kTeredo, at + 8, stop));
  if (!fine) return false;
  if (u16(at + 6) == 0) return true;  // none was computed (RFC 768)
  fix(at, stop, at + 6, &ends);
  if (frame_[at + 6] == 0 && frame_[at + 7] == 0) frame_[at + 6] = frame_[at + 7] = 0xff;
  return true;
}

bool FrameRewriter::udp_tunnel(unsigned port, std::size_t at, std::size_t end) {
  constexpr unsigned kVxlan = 4789, kVxlanLinux = 8472, kGeneve = 6081, kGtp = 2152, kTeredo = 3544,
                     kL2tp = 1701;
  switch (port) {
    case kVxlan:
    case kVxlanLinux:
      return at + 8 <= end && ethernet(at + 8, end);
    case kGeneve:
      return geneve(at, end);
    case kGtp:
      return gtp(at, end);
    case kTeredo:
      return at < end && before_[at] >> 4U == 6 && ip(at, end);
    case kL2tp:
      return l2tp(at, end);
    default:
      return false;
  }
}

/// RFC 8926 §3.4: what options hold is not known, so it goes.
bool FrameRewriter::geneve(std::size_t at, std::size_t end) {
  if (at + 8 > end) return false;
  const std::size_t body = at + 8 + (before_[at] & 0x3fU) * std::size_t{4};
  if (body > end) return false;
  for (std::size_t option = at + 8; option + 4 <= body;) {
    const std::size_t next = option + 4 + (before_[option + 3] & 0x1fU) * std::size_t{4};
    blank(option + 4, std::min(next, body));
    option = next;
  }
  return ether_type(u16(at + 2), body, end);
}

/// 3GPP TS 29.281 §5.1: extension headers are as many words long as their first byte says, and end
/// in the type of the next.
bool FrameRewriter::gtp(std::size_t at, std::size_t end) {
  constexpr std::uint8_t kAnyOptional = 0x07, kHasExtension = 0x04;
  if (at + 8 > end) return false;
  const std::uint8_t flags = before_[at];
  at += 8;
  if ((flags & kAnyOptional) == 0) return ip(at, end);
  if (at + 4 > end) return false;
  std::uint8_t next = (flags & kHasExtension) != 0 ? before_[at + 3] : std::uint8_t{0};
  at += 4;
  while (next != 0) {
    const std::size_t size = at < end ? before_[at] * std::size_t{4} : 0;
    if (size == 0 || at + size > end) return false;
    next = before_[at + size - 1];
    at += size;
  }
  return ip(at, end);
}

/// A data message of version 2 (RFC 2661 §3.1).
bool FrameRewriter::l2tp(std::size_t at, std::size_t end) {
  constexpr unsigned kControl = 0x8000, kLength = 0x4000, kSequence = 0x0800, kOffset = 0x0200,
                     kVersion = 0x000f;
  if (at + 2 > end) return false;
  const unsigned flags = u16(at);
  if ((flags & kVersion) != 2 || (flags & kControl) != 0) return false;
  at += (flags & kLength) != 0 ? 8 : 6;
  if ((flags & kSequence) != 0) at += 4;
  if ((flags & kOffset) != 0) {
    if (at + 2 > end) return false;
    const std::size_t padding = u16(at);
    blank(at + 2, std::min(end, at + 2 + padding));
    at += 2 + padding;
  }
  return at < end && ppp(at, end);
}

void FrameRewriter::replace_mac(std::size_t at) {
  const auto mac = keyed_.mac(Bytes(before_).subspan(at, 6));
  std::copy(mac.begin(), mac.end(), frame_.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace whohungup
