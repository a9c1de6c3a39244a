// Tunnels over IP and UDP: what is inside is what is judged.
//
// GRE RFC 2784, 2890, 2637 (PPTP), 7637 (NVGRE); ERSPAN draft-foschiano-erspan; VXLAN RFC 7348;
// GENEVE RFC 8926; GTP-U 3GPP TS 29.281; Teredo RFC 4380; L2TP RFC 2661; DTLS RFC 6347; QUIC RFC
// 9000, 9369.
#include "dissect/decode_walk.h"

namespace whohungup::decoding {
namespace {

using Why = Skipped::Why;

/// ERSPAN: a mirrored Ethernet frame. Type I has no header of its own and no GRE sequence.
void erspan2(Walk& walk, bool has_sequence) {
  if (!has_sequence) {
    walk.tunnel(Hop::Kind::Erspan, 0, false);
    return ethernet(walk);
  }
  const Bytes header = walk.take(8);
  if (header.empty()) return;
  walk.tunnel(Hop::Kind::Erspan, ByteReader(header.subspan(2)).u16() & 0x3ffU);
  ethernet(walk);
}

void erspan3(Walk& walk) {
  const Bytes header = walk.take(12);
  if (header.empty()) return;
  const bool platform_specific = (header[11] & 1U) != 0;
  if (platform_specific && walk.take(8).empty()) return;
  walk.tunnel(Hop::Kind::Erspan, ByteReader(header.subspan(2)).u16() & 0x3ffU);
  ethernet(walk);
}

/// WCCP redirection: IPv4, with a four-byte redirect header in version 2.
void wccp(Walk& walk) {
  const Bytes start = walk.peek(1);
  if (start.empty()) return;
  if (start[0] >> 4U != 4 && walk.take(4).empty()) return;
  ipv4(walk);
}

// Flags of the first sixteen bits.
constexpr std::uint16_t kChecksumPresent = 0x8000, kRoutingPresent = 0x4000, kKeyPresent = 0x2000,
                        kSequencePresent = 0x1000, kAcknowledgmentPresent = 0x0080,
                        kGreVersion = 0x0007;

/// Bytes of the optional fields that these flags announce, without the key.
std::size_t gre_options_len(std::uint16_t flags) {
  std::size_t length = 0;
  if ((flags & kChecksumPresent) != 0) length += 4;
  if ((flags & kSequencePresent) != 0) length += 4;
  if ((flags & kGreVersion) == 1 && (flags & kAcknowledgmentPresent) != 0) length += 4;
  return length;
}

/// A payload shorter than a tunnel's header is no tunnel, unless the snap length cut it.
bool stop_if_cut(Walk& walk) {
  if (walk.cut()) walk.stop(Why::CutBySnaplen);
  return walk.cut();
}

bool vxlan(Walk& walk) {
  const Bytes header = walk.rest();
  constexpr std::uint8_t kHasNetwork = 0x08;
  if (header.size() < 8) return stop_if_cut(walk);
  if ((header[0] & kHasNetwork) == 0) return false;
  ByteReader read(walk.take(8));
  read.skip(4);
  walk.tunnel(Hop::Kind::Vxlan, read.u24());
  ethernet(walk);
  return true;
}

bool geneve(Walk& walk) {
  const Bytes header = walk.rest();
  if (header.size() < 8) return stop_if_cut(walk);
  if (header[0] >> 6U != 0) return false;
  ByteReader read(walk.take(8));
  const std::size_t options_len = (read.u8() & 0x3fU) * std::size_t{4};
  read.skip(1);
  const std::uint16_t type = read.u16();
  const std::uint32_t network = read.u24();
  if (options_len > 0 && walk.take(options_len).empty()) return true;
  walk.tunnel(Hop::Kind::Geneve, network);
  ether_type(walk, type);
  return true;
}

/// Takes GTP-U's chain of extension headers; each ends in the type of the next, 0 for none.
bool take_gtp_extensions(Walk& walk, std::uint8_t next) {
  while (next != 0) {
    const Bytes length = walk.peek(1);
    if (length.empty()) return false;
    if (length[0] == 0) {
      walk.stop(Why::Malformed);
      return false;
    }
    const Bytes extension = walk.take(length[0] * std::size_t{4});
    if (extension.empty()) return false;
    next = extension.back();
  }
  return true;
}

bool gtp(Walk& walk) {
  const Bytes header = walk.rest();
  constexpr std::uint8_t kVersion1 = 0x30, kVersionMask = 0xf0, kUserData = 0xff;
  constexpr std::uint8_t kAnyOptional = 0x07, kHasExtension = 0x04;
  if (header.size() < 8) return stop_if_cut(walk);
  if ((header[0] & kVersionMask) != kVersion1 || header[1] != kUserData) return false;
  ByteReader read(walk.take(8));
  const std::uint8_t flags = read.u8();
  read.skip(3);
  const std::uint32_t tunnel_id = read.u32();
  if ((flags & kAnyOptional) != 0) {
    const Bytes optional = walk.take(4);
    if (optional.empty()) return true;
    const bool extended = (flags & kHasExtension) != 0;
    if (extended && !take_gtp_extensions(walk, optional[3])) return true;
  }
  walk.tunnel(Hop::Kind::Gtp, tunnel_id);
  ip(walk);
  return true;
}

bool teredo(Walk& walk) {
  const Bytes payload = walk.rest();
  if (payload.size() < 40) return stop_if_cut(walk);
  if (payload[0] >> 4U != 6) return false;
  walk.tunnel(Hop::Kind::Teredo, 0, false);
  ipv6(walk);
  return true;
}

/// A data message of L2TP version 2 (RFC 2661 §3.1), which carries PPP.
bool l2tp(Walk& walk) {
  constexpr std::uint16_t kControl = 0x8000, kLength = 0x4000, kSequence = 0x0800, kOffset = 0x0200,
                          kVersion = 0x000f;
  const Bytes start = walk.rest();
  if (start.size() < 2) return stop_if_cut(walk);
  const std::uint16_t flags = ByteReader(start).u16();
  if ((flags & kVersion) != 2 || (flags & kControl) != 0) return false;
  const Bytes ids = walk.take((flags & kLength) != 0 ? 8 : 6);
  if (ids.empty()) return true;
  if ((flags & kSequence) != 0 && walk.take(4).empty()) return true;
  if ((flags & kOffset) != 0) {
    const Bytes size = walk.take(2);
    if (size.empty()) return true;
    const std::uint16_t padding = ByteReader(size).u16();
    if (padding > 0 && walk.take(padding).empty()) return true;
  }
  walk.tunnel(Hop::Kind::L2tp, ByteReader(ids.last(4)).u32());  // tunnel and session
  ppp(walk);
  return true;
}

/// A DTLS handshake record: content type 22, version 1.0 or 1.2, and lengths that fit.
bool is_dtls_handshake(Bytes payload) {
  constexpr std::uint8_t kHandshake = 22, kMajor = 0xfe, kHighestMessage = 24;
  if (payload.size() < 14) return false;
  ByteReader read(payload);
  const std::uint8_t type = read.u8();
  const std::uint8_t major = read.u8();
  const std::uint8_t minor = read.u8();
  read.skip(8);  // epoch and sequence number
  const std::uint16_t length = read.u16();
  const std::uint8_t message = read.u8();
  return type == kHandshake && major == kMajor && minor >= 0xfc && length >= 12 &&
         message <= kHighestMessage;
}

/// A QUIC Initial: a long header of a known version with this version's Initial type.
bool is_quic_initial(Bytes payload) {
  ByteReader read(payload);
  const std::uint8_t first = read.u8();
  const std::uint32_t version = read.u32();
  const std::uint8_t id_len = read.u8();
  constexpr std::uint8_t kLongHeader = 0xc0, kMaxIdLen = 20;
  if (!read.ok() || (first & kLongHeader) != kLongHeader || id_len > kMaxIdLen) return false;
  constexpr std::uint32_t kVersion1 = 1, kVersion2 = 0x6b3343cf, kDrafts = 0xff000000;
  const unsigned type = first >> 4U & 3U;
  if (version == kVersion2) return type == 1;
  return type == 0 && (version == kVersion1 || (version & 0xffffff00U) == kDrafts);
}

}  // namespace

void gre(Walk& walk) {
  const Bytes fixed = walk.take(4);
  if (fixed.empty()) return;
  ByteReader read(fixed);
  const std::uint16_t flags = read.u16();
  const std::uint16_t type = read.u16();
  if ((flags & kGreVersion) > 1) return walk.stop(Why::Malformed);
  if ((flags & kRoutingPresent) != 0) return walk.stop(Why::NotTcp);  // source routes: RFC 1701
  const bool has_key = (flags & kKeyPresent) != 0;
  const bool has_sequence = (flags & kSequencePresent) != 0;

  // Checksum comes before the key, sequence and acknowledgment after it.
  const std::size_t before = (flags & kChecksumPresent) != 0 ? 4 : 0;
  const Bytes options = walk.take(gre_options_len(flags) + (has_key ? 4U : 0U));
  if (options.empty() && (has_key || gre_options_len(flags) > 0)) return;
  const std::uint32_t key = has_key ? ByteReader(options.subspan(before)).u32() : 0;

  if (type == kErspan2) return erspan2(walk, has_sequence);
  if (type == kErspan3) return erspan3(walk);
  if (type == kPpp)
    walk.tunnel(Hop::Kind::Pptp, key & 0xffffU);  // payload length and call id (RFC 2637 §4.1)
  else if (type == kBridged && has_key)
    walk.tunnel(Hop::Kind::Nvgre, key >> 8U);  // the low byte is a flow hash
  else
    walk.tunnel(Hop::Kind::Gre, key, has_key);
  if (type == kWccp) return wccp(walk);
  ether_type(walk, type);
}

void udp(Walk& walk) {
  const Bytes header = walk.take(8);
  if (header.empty()) return;
  ByteReader read(header);
  const std::uint16_t source = read.u16();
  const std::uint16_t destination = read.u16();
  const std::uint16_t length = read.u16();
  if (length >= 8 && length - 8U < walk.wire()) walk.limit(length - 8U);
  if (udp_tunnel(walk, source, destination)) return;
  if (is_dtls_handshake(walk.rest())) return walk.stop(Why::Dtls);
  if (is_quic_initial(walk.rest())) return walk.stop(Why::Quic);
  walk.stop(Why::NotTcp);
}

bool udp_tunnel(Walk& walk, std::uint16_t source, std::uint16_t destination) {
  constexpr std::uint16_t kVxlan = 4789, kVxlanLinux = 8472, kGeneve = 6081, kGtp = 2152,
                          kTeredo = 3544, kL2tp = 1701;
  switch (destination) {
    case kVxlan:
    case kVxlanLinux:
      return vxlan(walk);
    case kGeneve:
      return geneve(walk);
    case kGtp:
      return gtp(walk);
    case kTeredo:
      return teredo(walk);
    case kL2tp:
      return l2tp(walk);
    default:
      return source == kTeredo && teredo(walk);
  }
}

}  // namespace whohungup::decoding
