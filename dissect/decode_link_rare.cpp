// Link types that are met less often: IEEE 802.11 with and without its radio headers, and Linux'
// netfilter log.
//
// Layouts: IEEE 802.11-2020 §9.3.2, radiotap.org, the PPI specification 1.0.10,
// tcpdump.org/linktypes/LINKTYPE_NFLOG.html. These three are little-endian or host-endian.
#include "dissect/decode_walk.h"

namespace whohungup::decoding {
namespace {

using Why = Skipped::Why;

std::uint16_t little_endian(Bytes two) { return static_cast<std::uint16_t>(two[0] | two[1] << 8U); }

}  // namespace

void wireless(Walk& walk, bool padded) {
  if (!walk.enter()) return;
  const Bytes control = walk.peek(2);
  if (control.empty()) return;
  const unsigned type = control[0] >> 2U & 3U, subtype = control[0] >> 4U;
  constexpr unsigned kData = 2, kNoData = 4, kQos = 8;
  constexpr std::uint8_t kToNetwork = 1, kFromNetwork = 2, kProtected = 0x40, kOrder = 0x80;
  const std::uint8_t flags = control[1];
  const bool carries_data = type == kData && (subtype & kNoData) == 0;
  if (!carries_data || (flags & kProtected) != 0) return walk.stop(Why::NotIp);

  const bool four_addresses = (flags & kToNetwork) != 0 && (flags & kFromNetwork) != 0;
  const bool qos = (subtype & kQos) != 0;
  std::size_t length = 24;
  if (four_addresses) length += 6;
  if (qos) length += 2;
  if (qos && (flags & kOrder) != 0) length += 4;  // HT control
  const Bytes header = walk.take(padded ? (length + 3) / 4 * 4 : length);
  if (header.empty()) return;
  constexpr std::uint8_t kAggregate = 0x80;  // several frames in one: not taken apart
  if (qos && (header[four_addresses ? 30 : 24] & kAggregate) != 0) return walk.stop(Why::NotIp);

  // Who sent it: address 2, or 3 from an access point, or 4 between two of them.
  const std::size_t source = four_addresses ? 24 : (flags & kFromNetwork) != 0 ? 16 : 10;
  std::copy_n(header.begin() + static_cast<std::ptrdiff_t>(source), 6,
              walk.segment.header.source_mac.begin());
  walk.segment.header.has_mac = true;
  logical_link(walk);
}

void radiotap(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes start = walk.peek(8);
  if (start.empty()) return;
  const std::uint16_t length = little_endian(start.subspan(2, 2));
  if (start[0] != 0 || length < 8) return walk.stop(Why::Malformed);
  // Some drivers pad the 802.11 header to four bytes; the flags field says so, if it is there.
  constexpr std::uint8_t kHasTime = 1, kHasFlags = 2, kPadded = 0x20, kMorePresence = 0x80;
  std::size_t fields = 8;
  const Bytes header = walk.take(length);
  if (header.empty()) return;
  for (std::size_t at = 4; (header[at + 3] & kMorePresence) != 0 && fields + 4 <= length; at += 4)
    fields += 4;
  if ((header[4] & kHasTime) != 0) fields = (fields + 7) / 8 * 8 + 8;
  const bool padded =
      (header[4] & kHasFlags) != 0 && fields < length && (header[fields] & kPadded) != 0;
  wireless(walk, padded);
}

void per_packet_information(Walk& walk) {
  if (!walk.enter()) return;
  const Bytes start = walk.peek(8);
  if (start.empty()) return;
  const std::uint16_t length = little_endian(start.subspan(2, 2));
  const auto type = static_cast<LinkType>(little_endian(start.subspan(4, 2)));
  if (length < 8 || type == LinkType::Ppi) return walk.stop(Why::Malformed);
  if (!walk.take(length).empty()) link(walk, type);
}

void nflog(Walk& walk) {
  if (!walk.enter()) return;
  if (walk.take(4).empty()) return;  // family, version, resource id
  constexpr std::uint16_t kPayload = 9;
  for (;;) {
    // Length and type are in the byte order of the host, which the length shows: it is small.
    const Bytes attribute = walk.peek(4);
    if (attribute.empty()) return;
    const bool little = attribute[3] == 0;
    const auto number = [&](std::size_t at) {
      const Bytes two = attribute.subspan(at, 2);
      return little ? little_endian(two) : ByteReader(two).u16();
    };
    const std::size_t length = number(0);
    if (length < 4) return walk.stop(Why::Malformed);
    if (number(2) == kPayload) {
      walk.take(4);
      walk.limit(length - 4);
      return ip(walk);
    }
    if (walk.take((length + 3) / 4 * 4).empty()) return;
  }
}

}  // namespace whohungup::decoding
