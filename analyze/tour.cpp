// See tour.h.
#include "analyze/tour.h"

#include <algorithm>

namespace whohungup {
namespace {

/// What a packet with bytes says about sizes.
void note_size(Tour& tour, const Placed& s, const Conversation& talk, const Landmarks& marks) {
  const SegmentHeader& h = s.header;
  if (h.captured_len < h.payload_len) {
    if (tour.cut == FrameNo{}) tour.cut = s.frame();
    // Bytes behind the hello.
    const bool hello = s.is(Side::Client) && s.offset < marks.hello_ends;
    if (!hello && tour.cut_later == FrameNo{}) tour.cut_later = s.frame();
  }
  if (tour.oversized != FrameNo{}) return;
  // The largest segment its side may send is what the other's SYN says.
  const std::int32_t syn = s.is(Side::Client) ? marks.syn_ack : marks.syn;
  const std::uint16_t mss = syn != Landmarks::kNone ? at(talk, syn).header.mss : std::uint16_t{0};
  if (mss == 0 || h.payload_len <= mss) return;
  tour.oversized = s.frame();
  tour.oversize = h.payload_len;
}

}  // namespace

Tour look_around(const Conversation& talk, const Landmarks& marks) {
  Tour tour;
  for (const Placed& s : talk.segments) {
    const SegmentHeader& h = s.header;
    Tour::OneSide& its = tour.sides[static_cast<std::size_t>(s.claims)];
    if (is_bare(s)) its.furthest_bare = std::max(its.furthest_bare, s.offset);
    if (s.where == Placed::Where::Duplicate) {
      tour.twice = s.frame();
      tour.twice_of = s.duplicate_of;
      continue;
    }
    if (h.tcp_checksum == ChecksumState::Good)
      ++its.good;
    else if (h.tcp_checksum != ChecksumState::Unknown)
      ++its.bad;
    if (h.payload_len > 0) note_size(tour, s, talk, marks);
    if (h.flags.rst()) continue;
    ++its.packets;
    if (s.where == Placed::Where::Ahead) its.ahead = true;
    if (h.flags.ack()) its.acks = true;
    its.lowest_ttl = std::min(its.lowest_ttl, h.ttl);
    its.highest_ttl = std::max(its.highest_ttl, h.ttl);
  }
  return tour;
}

}  // namespace whohungup
