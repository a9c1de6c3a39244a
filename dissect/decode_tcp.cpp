// The TCP header and its options (RFC 9293 §3.1, RFC 7323, RFC 2018).
#include "dissect/decode_checksum.h"
#include "dissect/decode_walk.h"
#include "dissect/glimpse.h"

namespace whohungup::decoding {
namespace {

using Why = Skipped::Why;

enum OptionKind : std::uint8_t {
  kEnd = 0,
  kNoOperation = 1,
  kMss = 2,
  kWindowScale = 3,
  kSackPermitted = 4,
  kSack = 5,
  kTimestamps = 8,
};

/// One option's contents, without kind and length. Options of a length that the RFC does not
/// give them are bad; unknown ones are what they like to be.
void read_option(std::uint8_t kind, ByteReader body, SegmentHeader& fields) {
  switch (kind) {
    case kMss:
      fields.mss = body.u16();
      fields.bad_options |= !body.done();
      break;
    case kWindowScale:
      fields.window_scale = body.u8();
      fields.bad_options |= !body.done();
      break;
    case kSackPermitted:
      fields.sack_permitted = true;
      fields.bad_options |= !body.done();
      break;
    case kSack:
      fields.bad_options |= body.left() == 0 || body.left() % 8 != 0;
      fields.sack_left = body.u32();
      fields.sack_right = body.u32();
      fields.has_sack = body.ok();
      break;
    case kTimestamps:
      fields.tsval = body.u32();
      fields.tsecr = body.u32();
      fields.has_timestamps = body.ok();
      fields.bad_options |= !body.done();
      break;
    default:
      break;
  }
}

/// Reads options as far as they make sense. A segment whose options do not is still a segment:
/// forged resets have such ones. With `cut`, an option that runs off the end is nobody's fault.
void read_options(Bytes options, bool cut, SegmentHeader& fields) {
  ByteReader read(options);
  for (std::size_t seen = 0; read.more(); ++seen) {
    const std::uint8_t kind = read.u8();
    if (kind == kEnd) return;
    if (seen < fields.option_kinds.size()) fields.option_kinds[seen] = kind;
    if (kind == kNoOperation) continue;
    const std::uint8_t length = read.u8();
    const Bytes body = read.take(length >= 2 ? length - 2U : read.left() + 1);
    if (!read.ok()) {
      fields.bad_options |= !cut || length == 1;
      return;
    }
    read_option(kind, ByteReader(body), fields);
  }
}

/// Two no-operations and timestamps: all that most segments carry, and all of them after the
/// handshake. Worth a shortcut.
bool read_only_timestamps(Bytes options, SegmentHeader& fields) {
  constexpr std::uint32_t kNopNopTimestamps = 0x0101080a;
  if (options.size() != 12) return false;
  ByteReader read(options.first<12>());
  if (read.u32() != kNopNopTimestamps) return false;
  fields.option_kinds = {kNoOperation, kNoOperation, kTimestamps};
  fields.tsval = read.u32();
  fields.tsecr = read.u32();
  fields.has_timestamps = true;
  return true;
}

/// Whether the checksum is worth its time. It is evidence where a packet begins or ends a
/// connection, carries nothing, is short, or looks like a TLS handshake, alert or change of
/// cipher: the packets that are forged, or that are meant to fool a box and no one else. Bulk
/// data stays Unknown, because summing it would cost more than decoding it.
bool checksum_matters(TcpFlags flags, Bytes payload) {
  constexpr std::size_t kShort = 128;
  if (flags.has(TcpFlags::kSyn | TcpFlags::kFin | TcpFlags::kRst)) return true;
  if (payload.size() <= kShort) return true;
  return payload[0] >= 20 && payload[0] <= 22 && payload[1] == 3;
}

/// Whether two sums are the same number: one's complement has two zeros.
bool same_sum(std::uint64_t a, std::uint64_t b) {
  return fold_checksum(a) % 0xffffU == fold_checksum(b) % 0xffffU;
}

std::uint64_t add_address(const IpAddress& address) {
  const Bytes octets = address.octets;
  return address.is_v6 ? add_to_checksum(0, octets.first<16>())
                       : add_to_checksum(0, octets.first<4>());
}

/// The checksum over pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1), header and payload. Left for a
/// network card to finish, the field holds the pseudo-header's own sum; where the card is to cut
/// the segment up as well, some systems leave its length out of that.
ChecksumState verify(const IpAddress& from, const IpAddress& to, Bytes whole) {
  constexpr std::size_t kField = 16;
  const std::uint64_t pseudo = add_address(from) + add_address(to) + checksum_word(kTcp);
  const std::uint64_t length = checksum_word(static_cast<std::uint16_t>(whole.size())) +
                               checksum_word(static_cast<std::uint16_t>(whole.size() >> 16U));
  if (fold_checksum(add_to_checksum(pseudo + length, whole)) == 0xffff) return ChecksumState::Good;
  const std::uint64_t field = add_to_checksum(0, whole.subspan(kField, 2));
  const bool unfinished = same_sum(field, pseudo + length) || same_sum(field, pseudo);
  return unfinished ? ChecksumState::Unfinished : ChecksumState::Bad;
}

}  // namespace

bool read_tcp(const Packet& packet, Bytes whole, std::size_t wire, bool checkable,
              Segment& segment) {
  ByteReader read(whole.first(20));
  SegmentHeader& fields = segment.header;
  segment.from.port = read.u16();
  segment.to.port = read.u16();
  fields.seq = {read.u32()};
  fields.ack = {read.u32()};
  const std::uint16_t offset_flags = read.u16();
  fields.flags = {static_cast<std::uint16_t>(offset_flags & 0xfffU)};
  fields.window = read.u16();
  read.skip(2);
  fields.urgent = read.u16();
  fields.header_len = static_cast<std::uint8_t>((offset_flags >> 12U) * 4U);
  if (fields.header_len < 20 || fields.header_len > wire) return false;

  const std::size_t header_here = std::min<std::size_t>(fields.header_len, whole.size());
  segment.options = whole.subspan(20, header_here - 20);
  segment.payload = whole.subspan(header_here);
  fields.payload_len = static_cast<std::uint32_t>(wire - fields.header_len);
  fields.captured_len = static_cast<std::uint32_t>(segment.payload.size());
  fields.options_cut = header_here < fields.header_len;
  if (!read_only_timestamps(segment.options, fields))
    read_options(segment.options, fields.options_cut, fields);
  if (checkable && checksum_matters(fields.flags, segment.payload))
    fields.tcp_checksum = verify(segment.from.ip, segment.to.ip, whole);

  fields.at = packet.at;
  fields.frame = packet.no;
  fields.interface_id = packet.interface_id;
  return true;
}

void tcp(Walk& walk) {
  if (!walk.enter() || walk.peek(20).empty()) return;
  const bool checkable = !walk.cut() && walk.pseudo_header_known;
  if (!read_tcp(walk.packet, walk.rest(), walk.wire(), checkable, walk.segment))
    walk.stop(Why::Malformed);
}

}  // namespace whohungup::decoding

namespace whohungup {

bool is_checksum_wrong(const Packet& packet, const Glimpse& seen) {
  constexpr std::size_t kBeforeIpv4Tcp = 14 + 20, kBeforeIpv6Tcp = 14 + 40;
  const std::size_t begin = seen.from().ip.is_v6 ? kBeforeIpv6Tcp : kBeforeIpv4Tcp;
  const Bytes whole = packet.bytes.subspan(begin, seen.end_in(packet) - begin);
  return decoding::verify(seen.from().ip, seen.to().ip, whole) == ChecksumState::Bad;
}

}  // namespace whohungup
