// See compare_print.h.
#include "analyze/compare_print.h"

#include <algorithm>

#include "analyze/compare_hash.h"
#include "analyze/sender.h"

namespace whohungup {
namespace {

/// Record header, message header, version and random of a hello.
std::uint64_t hash_hello(const Stream& stream, const std::optional<std::int64_t>& begin) {
  constexpr std::size_t kUntilRandomEnds = 5 + 4 + 2 + 32;
  if (!begin) return 0;
  const Bytes bytes = stream.from(*begin);
  if (bytes.size() < kUntilRandomEnds) return 0;
  return hash_bytes(bytes.first(kUntilRandomEnds)) | 1U;
}

/// A number for what a SYN looks like beside its clock and sequence number.
std::uint32_t shape_of(const SegmentHeader& syn) {
  std::uint64_t hash = hash_bytes(syn.option_kinds);
  hash = mix(hash, syn.window);
  return static_cast<std::uint32_t>(mix(hash, syn.window_scale));
}

void note_syn(FlowPrint& print, const SegmentHeader& syn) {
  print.syn_has_timestamps = syn.has_timestamps;
  print.syn_tsval = syn.tsval;
  print.syn_shape = shape_of(syn);
  print.syn_scales = syn.window_scale != SegmentHeader::kNoScale;
  print.syn_sacks = syn.sack_permitted;
  print.syn_mss = syn.mss;
}

void note_milestone(FlowPrint& print, std::size_t which, const Placed& packet) {
  // What bears another number than its kind must is of another connection's beginning.
  const Seq due = Seq{print.isn[which % 2]} + (which < 2 ? 0U : 1U);
  if (packet.header.seq != due) return;
  Milestone& one = print.milestones[which];
  if (one.seen) {
    one.repeated = true;
    return;
  }
  one.seen = true;
  one.stamped = packet.header.has_timestamps;
  one.tsval = packet.header.tsval;
  const Duration after = packet.at() - print.begin;
  if (after >= Duration{} && after < Duration{Milestone::kTooLate})
    one.after = static_cast<std::uint32_t>(after.count());
}

void note_id(FlowPrint& print, Side side, const SegmentHeader& header) {
  if (header.is_v6 || header.ip_id == 0) return;
  auto& ids = print.ip_ids[static_cast<std::size_t>(side)];
  if (const auto room = std::find(ids.begin(), ids.end(), 0); room != ids.end())
    *room = header.ip_id;
}

/// How long that side's clock took from its SYN to its first data, if the print has both.
std::optional<std::uint32_t> ticks(const FlowPrint& p, std::size_t side) {
  const Milestone &from = p.milestones[side], &to = p.milestones[side + 2];
  if (!from.stamped || !to.stamped || from.repeated || to.repeated) return std::nullopt;
  return to.tsval - from.tsval;
}

}  // namespace

FlowPrint print_of(const Conversation& talk, const Brief& alone) {
  FlowPrint print;
  print.client = talk.client;
  print.server = talk.server;
  for (const Side side : {Side::Client, Side::Server}) {
    const auto i = static_cast<std::size_t>(side);
    print.isn[i] = talk.side(side).isn.value;
    print.isn_seen[i] = talk.side(side).isn_seen;
  }
  print.hello = hash_hello(talk.from_client, talk.client_tls_at);
  print.begin = talk.begin;
  print.last = talk.last;
  print.first_frame = talk.first_frame;
  print.actor = alone.actor;
  print.mechanism = alone.mechanism;
  print.stage = alone.stage;
  print.failed = alone.failed;
  print.judged = talk.judged_for != JudgedFor::Nothing;
  std::array<bool, 2> seen{}, near{true, true};  // by Side
  for (const Placed& s : talk.segments) {
    if (s.where == Placed::Where::Duplicate || s.header.flags.rst()) continue;
    const auto side = static_cast<std::size_t>(s.claims);
    seen[side] = true;
    near[side] = near[side] && is_untouched(s.header.ttl);
    note_id(print, s.claims, s.header);
    if (s.header.flags.syn()) {
      if (s.is(Side::Client) && !print.milestones[FlowPrint::kSyn].seen) note_syn(print, s.header);
      if (s.is(Side::Server) && s.header.window == 0) print.syn_ack_shut = true;
      note_milestone(print, side, s);
    } else if (s.header.payload_len > 0 && s.offset == 0) {
      note_milestone(print, side + 2, s);
    }
  }
  print.client_near = seen[0] && near[0] && !(seen[1] && near[1]);
  print.server_near = seen[1] && near[1] && !(seen[0] && near[0]);
  return print;
}

int same_ids(const FlowPrint& a, const FlowPrint& b) {
  int same = 0;
  for (std::size_t side = 0; side < 2; ++side)
    for (const std::uint16_t id : a.ip_ids[side])
      same += id != 0 && std::find(b.ip_ids[side].begin(), b.ip_ids[side].end(), id) !=
                             b.ip_ids[side].end()
                  ? 1
                  : 0;
  return same;
}

bool carries_over(const FlowPrint& a, const FlowPrint& b) {
  if (same_ids(a, b) >= kFewestIds) return true;
  if (a.syn_has_timestamps && b.syn_has_timestamps) return a.syn_tsval == b.syn_tsval;
  // SYNs of one kind are alike whoever made them: where both have IP-IDs, these would be carried
  // over as well.
  const bool have_ids = a.ip_ids[0][0] != 0 && b.ip_ids[0][0] != 0;
  return !have_ids && a.syn_has_timestamps == b.syn_has_timestamps && a.syn_shape == b.syn_shape;
}

bool is_syn_proxied(const FlowPrint& a, const FlowPrint& b) {
  return a.isn_seen[1] && b.isn_seen[1] && a.isn[1] != b.isn[1] && a.syn_ack_shut &&
         !b.syn_ack_shut;
}

bool is_same_copy(const Milestone& a, const Milestone& b) {
  return (!a.repeated && !b.repeated) || (a.stamped && b.stamped && a.tsval == b.tsval);
}

bool are_two_stacks(const FlowPrint& a, const FlowPrint& b) {
  if (a.syn_mss != 0 && b.syn_mss > a.syn_mss) return true;
  if (a.milestones[FlowPrint::kSyn].seen && b.milestones[FlowPrint::kSyn].seen &&
      ((b.syn_scales && !a.syn_scales) || (b.syn_sacks && !a.syn_sacks) ||
       (b.syn_has_timestamps && !a.syn_has_timestamps)))
    return true;
  for (std::size_t side = 0; side < 2; ++side) {
    const auto here = ticks(a, side), there = ticks(b, side);
    if (here && there && *here != *there) return true;
  }
  return false;
}

}  // namespace whohungup
