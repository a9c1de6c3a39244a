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

}  // namespace whohungup
