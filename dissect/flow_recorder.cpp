// See flow_recorder.h.
#include "dissect/flow_recorder.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <type_traits>
#include <utility>

namespace whohungup {
namespace {

/// A packet captured twice (two interfaces, a mirror port) follows itself at once. A stack that
/// repeats itself takes longer: the shortest retransmission timer we met is 200 ms.
constexpr Duration kDuplicateGap = std::chrono::milliseconds{5};
/// How far back a second capture of the same packet is looked for.
constexpr std::size_t kDuplicateDepth = 6;
/// No window reaches further (RFC 7323 §2.3: 2^30); what does is garbage, a guess or another
/// connection's.
constexpr std::int64_t kFarthest = std::int64_t{1} << 30U;

void take_reference(SideCounts& side, Seq first_byte) {
  side.isn = first_byte + 0xffffffffU;
  side.reference = true;
}

/// Learns initial sequence numbers, or makes up a reference where the start was not captured.
void learn_references(Recording& talk, const SegmentHeader& h, Side claims) {
  SideCounts& me = talk.side(claims);
  SideCounts& peer = talk.side(other(claims));
  if (h.flags.syn() && !me.isn_seen) {
    me.isn = h.seq;
    me.isn_seen = me.reference = true;
    me.window_scale = h.window_scale;
  }
  if (h.flags.rst()) return;  // a reset's numbers are what is in question
  if (!me.reference) take_reference(me, h.seq);
  if (!peer.reference && h.flags.ack()) take_reference(peer, h.ack);
}

bool same_packet(const SegmentHeader& a, const SegmentHeader& b) {
  return a.seq == b.seq && a.ack == b.ack && a.flags == b.flags && a.payload_len == b.payload_len &&
         a.window == b.window && a.ip_id == b.ip_id && a.tsval == b.tsval && a.tsecr == b.tsecr &&
         a.header_len == b.header_len && a.sack_left == b.sack_left && a.sack_right == b.sack_right;
}

/// Whether something besides the packet itself says that the capture holds it twice: another
/// interface, another way (address or TTL), or an IP-ID that a retransmission would not repeat.
bool captured_twice(const SegmentHeader& a, const SegmentHeader& b) {
  const bool other_view = a.interface_id != b.interface_id || a.ttl != b.ttl ||
                          (a.has_mac && b.has_mac && a.source_mac != b.source_mac);
  return other_view || (!a.is_v6 && a.ip_id != 0) ||
         (a.is_v6 && a.has_timestamps && a.payload_len > 0);
}

/// The frame this packet repeats as a second capture of the same packet, or 0. Identical resets
/// are a known injector's triplet; they count as duplicates only where the capture is known to
/// hold other packets twice, or they came by another interface.
FrameNo find_duplicate(const Recording& talk, const SegmentHeader& h, Side claims) {
  const std::size_t count = talk.segments.size();
  for (std::size_t back = 1; back <= std::min(kDuplicateDepth, count); ++back) {
    const Placed& earlier = talk.segments[count - back];
    if (earlier.claims != claims || h.at - earlier.at() > kDuplicateGap) continue;
    if (!same_packet(earlier.header, h) || !captured_twice(earlier.header, h)) continue;
    if (h.flags.rst() && talk.duplicates == 0 && earlier.header.interface_id == h.interface_id)
      continue;
    return earlier.frame();
  }
  return {};
}

Placed::Where place(const SegmentHeader& h, const Placed& placed, const SideCounts& me) {
  using Where = Placed::Where;
  if (placed.offset == Placed::kUnknown || h.flags.syn()) return Where::InOrder;
  const std::int64_t ahead = placed.offset - me.sent_end;
  if (ahead > kFarthest || ahead < -kFarthest) return Where::OutsideWindow;
  const bool after_fin = me.fin_offset != Placed::kUnknown && placed.end() > me.fin_offset;
  if (h.payload_len == 0) {
    const bool plain_ack = !h.flags.has(TcpFlags::kFin | TcpFlags::kRst);
    if (plain_ack && ahead == -1 && me.sent_end > 0) return Where::KeepAlive;
    // SYN and FIN take a number too, so one past the data is in order.
    return ahead > (me.fin_offset != Placed::kUnknown ? 1 : 0) ? Where::Ahead : Where::InOrder;
  }
  if (after_fin) return Where::AfterEnd;
  if (ahead == 0) return Where::InOrder;
  if (ahead > 0) return Where::Ahead;
  if (placed.end() > me.sent_end) return Where::Overlap;
  return h.payload_len == 1 && ahead == -1 ? Where::KeepAlive : Where::Repeat;
}

Placed place_segment(Recording& talk, const SegmentHeader& h, Bytes payload, Side claims) {
  const SideCounts& me = talk.side(claims);
  const SideCounts& peer = talk.side(other(claims));
  Placed placed;
  placed.header = h;
  placed.claims = claims;
  if (me.reference) {
    placed.offset = offset_near(h.seq, me.isn, me.sent_end);
    // Data on a SYN (TCP Fast Open) begins behind the SYN itself.
    if (h.flags.syn()) placed.offset = h.payload_len > 0 ? 0 : -1;
  }
  if (h.flags.ack() && peer.reference)
    placed.ack_offset = offset_near(h.ack, peer.isn, peer.sent_end);
  placed.first_bytes_len =
      static_cast<std::uint8_t>(std::min(payload.size(), placed.first_bytes.size()));
  std::copy_n(payload.begin(), placed.first_bytes_len, placed.first_bytes.begin());
  placed.duplicate_of = find_duplicate(talk, h, claims);
  placed.where = placed.duplicate_of != FrameNo{} ? Placed::Where::Duplicate : place(h, placed, me);
  return placed;
}

void count(Recording& talk, Time at, FrameNo frame, std::uint32_t payload_len, Side claims) {
  SideCounts& me = talk.side(claims);
  ++me.packets;
  me.payload_bytes += payload_len;
  talk.last = std::max(talk.last, at);
  talk.last_frame = frame;
}

/// What the segment means for both streams. Resets and strays mean nothing for them.
void advance_streams(Recording& talk, const Placed& placed) {
  const SegmentHeader& h = placed.header;
  if (placed.where == Placed::Where::Duplicate || placed.where == Placed::Where::OutsideWindow)
    return;
  if (h.flags.rst()) return;
  SideCounts& me = talk.side(placed.claims);
  if (placed.offset != Placed::kUnknown && h.payload_len > 0)
    me.sent_end = std::max(me.sent_end, placed.end());
  if (h.flags.fin() && me.fin_offset == Placed::kUnknown && placed.offset != Placed::kUnknown)
    me.fin_offset = placed.end();
  if (placed.ack_offset != Placed::kUnknown) me.acked = std::max(me.acked, placed.ack_offset);
}

/// A host drops a segment whose checksum is wrong before it looks at anything else in it
/// (RFC 9293 §3.1). Who forges resets for boxes and not for hosts to see makes them so. It is so
/// for certain only where the same address's other packets bear right ones: captures exist in
/// which all are wrong (offload, rewritten addresses). With data, a card that merges segments or
/// an edited capture would explain it.
bool is_refused(const Recording& talk, const SegmentHeader& h, Side claims) {
  if (h.tcp_checksum != ChecksumState::Bad) return false;
  const bool bare_fin = h.flags.fin() && h.payload_len == 0;
  if (!h.flags.rst() && !bare_fin) return false;
  const SideCounts& me = talk.side(claims);
  return me.sound_checksums > 0 && me.wrong_checksums == 0;
}

void keep_refused(Recording& talk, const SegmentHeader& h, Bytes payload, Side claims) {
  constexpr std::size_t kMostRefused = 16;  // each is worth a line in the story
  count(talk, h.at, h.frame, h.payload_len, claims);
  if (talk.refused.size() < kMostRefused)
    talk.refused.push_back(place_segment(talk, h, payload, claims));
  else
    ++talk.segments_left_out;
}

void count_checksum(Recording& talk, const SegmentHeader& h, Side claims) {
  if (h.flags.rst()) return;  // a reset's maker is what is in question
  SideCounts& me = talk.side(claims);
  const ChecksumState state = h.tcp_checksum;
  if (state == ChecksumState::Good || state == ChecksumState::Unfinished) ++me.sound_checksums;
  if (state == ChecksumState::Bad) ++me.wrong_checksums;
}

void keep(Recording& talk, const Placed& placed, const FlowLimits& limits) {
  if (talk.segments.size() < limits.segments + limits.tail_segments) {
    // Five packets make a hang-up: room for them at once, and none to spare.
    constexpr std::size_t kShortest = 5;
    if (talk.segments.capacity() == 0) talk.segments.reserve(kShortest);
    talk.segments.push_back(placed);
    return;
  }
  // Full: the last ones replace each other in a ring behind the first ones.
  talk.segments_bounded = true;
  ++talk.segments_left_out;
  talk.segments[limits.segments + talk.tail_at] = placed;
  talk.tail_at = (talk.tail_at + 1) % limits.tail_segments;
}

}  // namespace

std::int64_t offset_near(Seq value, Seq isn, std::int64_t near) {
  const Seq at_near = isn + 1U + static_cast<std::uint32_t>(near);
  return near + (value - at_near);
}

void begin_recording(Recording& talk, const Endpoint& client, const Endpoint& server, Time begin,
                     FrameNo first) {
  talk.client = client;
  talk.server = server;
  talk.begin = talk.last = begin;
  talk.first_frame = talk.last_frame = first;
}

bool record(Recording& talk, const SegmentHeader& h, Bytes payload, Side claims,
            const FlowLimits& limits) {
  if (is_refused(talk, h, claims)) {
    keep_refused(talk, h, payload, claims);
    return false;
  }
  talk.set_back = std::max(talk.set_back, talk.last - h.at);
  count_checksum(talk, h, claims);
  learn_references(talk, h, claims);
  const Placed placed = place_segment(talk, h, payload, claims);
  if (placed.where == Placed::Where::Duplicate && !h.flags.rst()) ++talk.duplicates;
  count(talk, h.at, h.frame, h.payload_len, claims);
  advance_streams(talk, placed);
  keep(talk, placed, limits);
  if (h.flags.rst()) {
    talk.reset_seen = true;
    return true;
  }
  const bool adds_bytes = !payload.empty() && placed.offset != Placed::kUnknown &&
                          placed.where != Placed::Where::Duplicate &&
                          placed.where != Placed::Where::OutsideWindow;
  if (adds_bytes) {
    talk.stream(claims).set_bound(limits.stream_bytes);
    talk.stream(claims).add(placed.offset, payload, h.frame);
  }
  // A hole on the other side may be known for a hole only now that this side acknowledged it; what
  // was said there comes before what this segment says.
  if (h.flags.ack() && talk.client_tls_at &&
      talk.side(other(claims)).sent_end > talk.walk(other(claims)).next)
    walk_records(talk, other(claims), h);
  if (h.payload_len > 0) walk_records(talk, claims, h);
  const auto bound = static_cast<std::int64_t>(limits.plaintext_bytes);
  if (!talk.client_tls_at &&
      (talk.side(Side::Client).sent_end > bound || talk.side(Side::Server).sent_end > bound))
    talk.over_plaintext_bound = true;
  return true;
}

void record_settled(Recording& talk, const SegmentHeader& h, Side claims,
                    const FlowLimits& limits) {
  if (!h.flags.has(TcpFlags::kFin | TcpFlags::kRst | TcpFlags::kSyn)) {
    Glimpse seen;
    seen.at = h.at;
    seen.frame = h.frame;
    seen.seq = h.seq;
    seen.payload_len = h.payload_len;
    return count_settled(talk, seen, claims);
  }
  if (is_refused(talk, h, claims)) return keep_refused(talk, h, {}, claims);
  count(talk, h.at, h.frame, h.payload_len, claims);
  const Placed placed = place_segment(talk, h, {}, claims);
  advance_streams(talk, placed);
  keep(talk, placed, limits);
}

void count_settled(Recording& talk, const Glimpse& seen, Side claims) {
  count(talk, seen.at, seen.frame, seen.payload_len, claims);
  ++talk.segments_left_out;
  SideCounts& me = talk.side(claims);
  if (seen.payload_len > 0 && me.reference)
    me.sent_end =
        std::max(me.sent_end, offset_near(seen.seq, me.isn, me.sent_end) + seen.payload_len);
}

void swap_sides(Recording& talk) {
  std::swap(talk.client, talk.server);
  std::swap(talk.counts[0], talk.counts[1]);
  std::swap(talk.walks[0], talk.walks[1]);
  std::swap(talk.from_client, talk.from_server);
  std::swap(talk.client_tls_at, talk.server_tls_at);
  for (Placed& segment : talk.segments) segment.claims = other(segment.claims);
  for (Placed& segment : talk.refused) segment.claims = other(segment.claims);
  for (RecordSeen& seen : talk.records) seen.claims = other(seen.claims);
}

void straighten(Recording& talk, const FlowLimits& limits) {
  if (!talk.segments_bounded || talk.tail_at == 0) return;
  const auto ring = talk.segments.begin() + static_cast<std::ptrdiff_t>(limits.segments);
  std::rotate(ring, ring + static_cast<std::ptrdiff_t>(talk.tail_at), talk.segments.end());
  talk.tail_at = 0;
}

void recycle(Recording& talk, Spare spare) {
  // Enough for a hello and what ends it. What is kept goes to flows that may need less of it, and
  // thousands of those may wait for seconds.
  const std::size_t most_bytes = spare == Spare::All ? SIZE_MAX : 1U << 10U;
  const std::size_t most_segments = spare == Spare::All ? SIZE_MAX : 8;
  const auto kept = [&](auto& list) {
    list.clear();
    return list.capacity() > most_segments ? std::remove_reference_t<decltype(list)>()
                                           : std::move(list);
  };
  const auto kept_stream = [&](Stream& stream) {
    if (stream.footprint() > most_bytes) stream.release();
    stream.clear();
    return std::move(stream);
  };
  auto segments = kept(talk.segments);
  auto records = kept(talk.records);
  Stream from_client = kept_stream(talk.from_client);
  Stream from_server = kept_stream(talk.from_server);
  std::destroy_at(&talk);
  std::construct_at(&talk);
  talk.segments = std::move(segments);
  talk.records = std::move(records);
  talk.from_client = std::move(from_client);
  talk.from_server = std::move(from_server);
}

std::size_t measure(const Recording& talk) {
  // By content, not by what recycled vectors hold: how much one flow weighs, and so which flow a
  // limit hits, must not depend on the flows before it.
  return sizeof(Recording) - sizeof(Conversation) + weight_of(talk);
}

std::size_t weight_of(const Conversation& talk) {
  return sizeof talk + std::bit_ceil(talk.segments.size()) * sizeof(Placed) +
         std::bit_ceil(talk.records.size()) * sizeof(RecordSeen) +
         talk.refused.size() * sizeof(Placed) + talk.icmp.size() * sizeof(IcmpError) +
         talk.from_client.weight() + talk.from_server.weight() + talk.outer_path.size() +
         talk.messages.size() * sizeof(Message);
}

void tighten(Recording& talk) {
  talk.segments.shrink_to_fit();
  talk.records.shrink_to_fit();
  talk.from_client.tighten();
  talk.from_server.tighten();
}

}  // namespace whohungup
