// Questions about what the capture lacks: bytes, and a FIN, a hello or the end of a handshake that
// somebody must have seen.
#include <fmt/compile.h>

#include <algorithm>

#include "analyze/observe.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

using Where = Placed::Where;

/// Packets that come so close together may have been captured in the wrong order (diagnosis.md
/// §6.1 A4).
constexpr Duration kShuffle = std::chrono::milliseconds{3};

/// Where bytes are cut off the stream has holes of its own making: there the segments' sizes on the
/// wire tell what is missing.
void ask_for_hole_between_cut_segments(const Scene& scene, Side side, auto& notes) {
  const Conversation& talk = scene.talk;
  if (talk.segments_left_out > 0) return;
  std::int64_t captured = 0;
  const Placed* next = nullptr;  // the first segment behind them, wherever it stands
  do {
    next = nullptr;
    for (const Placed& s : talk.segments) {
      if (!s.is(side) || s.header.payload_len == 0 || s.offset == Placed::kUnknown ||
          s.where == Where::OutsideWindow || s.end() <= captured)
        continue;
      if (next == nullptr || s.offset < next->offset) next = &s;
    }
    if (next != nullptr && next->offset <= captured) captured = next->end();
  } while (next != nullptr && next->offset <= captured);
  if (next == nullptr) return;
  notes.note(side == Side::Client ? Fact::ClientStreamHole : Fact::ServerStreamHole,
             {next->frame()}, [&] {
               return fmt::format(FMT_COMPILE("{} before frame {} never came"),
                                  count(next->offset - captured, "byte"), number(next->frame()));
             });
}

/// How far the other side acknowledged that side's bytes; FIN takes a number too.
std::int64_t bytes_received(const Conversation& talk, Side of) {
  return talk.side(other(of)).acked - 1;
}

/// What a side never showed cannot be told from its FIN.
bool received_more_than_captured(const Conversation& talk, Side of) {
  const SideCounts& me = talk.side(of);
  return me.packets > 0 && bytes_received(talk, of) > me.sent_end &&
         me.fin_offset == Placed::kUnknown;
}

/// Whether it is worth looking for a hole: in most flows nothing hints at one.
bool may_have_hole(const Scene& scene, Side side) {
  const Conversation& talk = scene.talk;
  const Glance& its = scene.marks.of(side);
  return its.has(Where::Ahead) || its.furthest_bare() > talk.side(side).sent_end ||
         received_more_than_captured(talk, side);
}

/// Bytes of that side's stream that the other side acknowledged, or that lie before others, were
/// never captured. What was cut by the snap length was captured.
void ask_for_hole(const Scene& scene, Side side, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const Fact fact = side == Side::Client ? Fact::ClientStreamHole : Fact::ServerStreamHole;
  const SideCounts& me = talk.side(side);
  if (received_more_than_captured(talk, side)) {
    notes.note(fact, {talk.first_frame, talk.last_frame}, [&] {
      return fmt::format(FMT_COMPILE("acknowledged up to {}, captured up to {}"),
                         bytes_received(talk, side) + 2, me.sent_end + 1);
    });
    return;
  }
  if (marks.of(side).furthest_bare() > me.sent_end)
    for (const Placed& s : talk.segments) {
      // One number more may be a FIN that was not captured.
      if (s.is(side) && is_bare(s) && s.offset > me.sent_end + (s.header.flags.fin() ? 0 : 1))
        return notes.note(fact, {s.frame()}, [&] {
          return fmt::format(FMT_COMPILE("frame {} stands at {}, captured up to {}"),
                             number(s.frame()), s.offset + 1, me.sent_end + 1);
        });
    }
  if (!marks.of(side).has(Where::Ahead)) return;
  if (marks.cut()) return ask_for_hole_between_cut_segments(scene, side, notes);
  const auto holes = talk.stream(side).holes();
  std::int64_t begin = holes.empty() ? 0 : holes.front().begin;
  std::int64_t end = holes.empty() ? 0 : holes.front().end;
  if (holes.empty() && me.fin_offset != Placed::kUnknown &&
      me.fin_offset > talk.stream(side).end() && !talk.stream(side).full() && !talk.finished()) {
    begin = talk.stream(side).end();
    end = me.fin_offset;
  }
  if (begin == end) return;
  for (const Placed& s : talk.segments)
    if (s.claims == side && s.where == Where::Ahead)
      return notes.note(fact, {s.frame()}, [&] {
        return fmt::format(FMT_COMPILE("{} before frame {} never came"), count(end - begin, "byte"),
                           number(s.frame()));
      });
}

/// The first packet that the snap length cut, but for those of the hello.
const Placed* first_cut_behind_hello(const Scene& scene) {
  if (!scene.marks.cut()) return nullptr;
  for (const Placed& s : scene.talk.segments) {
    const bool hello = s.is(Side::Client) && s.offset < scene.marks.hello_ends;
    if (is_cut(s) && !hello && s.where != Where::Duplicate) return &s;
  }
  return nullptr;
}

/// What the snap length cut off or the capture lost may have held the end of the handshake: then
/// neither a sealed record nor the close behind it says that somebody broke it off.
void ask_for_unseen_finish(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  const bool late = event.stage == Stage::ServerHello || event.stage == Stage::Established;
  const bool readable = event.mechanism == Mechanism::Alert && !event.sealed;
  if (!late || readable || event.mechanism == Mechanism::None) return;
  if (talk.side(Side::Client).sent_end <= scene.marks.hello_ends &&
      !notes.has(Fact::ClientStreamHole))
    return;
  if (const Placed* cut = first_cut_behind_hello(scene))
    return notes.note(Fact::FinishUnseen, {cut->frame(), event.frame});
  if (!talk.finished() && (notes.has(Fact::ServerStreamHole) || notes.has(Fact::ClientStreamHole)))
    notes.note(Fact::FinishUnseen, {event.frame, talk.last_frame});
}

/// Until which frame a packet may bear witness of what came before the end.
FrameNo frame_of_end(const Scene& scene) {
  const Conversation& talk = scene.talk;
  return scene.event.segment ? talk.segments[*scene.event.segment].frame() : talk.last_frame;
}

/// The client leaves in good order when a server refuses it in plaintext: where those words are cut
/// off, nobody can tell whether it left for them.
void ask_for_words_cut(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  if (!scene.marks.cut() || scene.event.claims != Side::Client) return;
  const bool spoke_tls =
      std::any_of(talk.records.begin(), talk.records.end(),
                  [](const RecordSeen& record) { return record.claims == Side::Server; });
  if (spoke_tls) return;
  const FrameNo end = frame_of_end(scene);
  for (const Placed& s : talk.segments)
    if (s.is(Side::Server) && s.frame() < end && is_cut(s))
      return notes.note(Fact::ServerWordsCut, {s.frame()}, [&] {
        return fmt::format(FMT_COMPILE("{} of {}"), s.header.captured_len,
                           count(s.header.payload_len, "byte"));
      });
}

/// How far that side was captured when `s` was: what came a moment later may be in a wrong order.
std::int64_t captured_by(const Conversation& talk, Side side, const Placed& s,
                         std::int64_t before) {
  for (const Placed& later : talk.segments)
    if (later.is(side) && later.frame() > s.frame() && later.offset != Placed::kUnknown &&
        later.header.payload_len > 0 && later.at() - s.at() <= kShuffle)
      before = std::max(before, later.end());
  return before;
}

/// Whether more than one byte was captured from there on: no receiver takes just the first of them,
/// but a FIN in their place counts as one.
bool goes_on_from(const Conversation& talk, Side side, std::int64_t offset) {
  return std::any_of(talk.segments.begin(), talk.segments.end(), [&](const Placed& s) {
    return s.is(side) && s.offset == offset && s.header.payload_len > 1 &&
           s.where != Where::OutsideWindow;
  });
}

/// Whether that side's FIN can have been captured by nobody and yet received.
bool may_have_unseen_fin(const Scene& scene, Side side) {
  const Conversation& talk = scene.talk;
  const SideCounts& me = talk.side(side);
  if (me.packets == 0 || me.fin_offset != Placed::kUnknown) return false;
  // Who acknowledged no more than the SYN received no FIN. A client's resets may acknowledge more:
  // they are not counted there.
  const bool other_resets =
      side == Side::Server && scene.marks.rst(Side::Client) != Landmarks::kNone;
  return !me.isn_seen || talk.side(other(side)).acked > 0 || other_resets;
}

/// A FIN takes a number and shows nothing else of itself once it is lost: whoever acknowledges one
/// number more than was captured had received it, before what ended the connection here. Bytes that
/// come later in its place are somebody else's.
void ask_for_unseen_fin(const Scene& scene, Side side, auto& notes) {
  const Conversation& talk = scene.talk;
  const SideCounts& me = talk.side(side);
  const FrameNo end = frame_of_end(scene);
  const Fact fact = side == Side::Server ? Fact::ServerFinUnseen : Fact::ClientFinUnseen;
  const bool ended = scene.event.mechanism != Mechanism::None;
  std::int64_t captured = 0;
  for (const Placed& s : talk.segments) {
    if (s.frame() > end) return;
    if (s.where == Where::OutsideWindow || s.offset == Placed::kUnknown) continue;
    if (s.is(side)) {
      if (s.header.payload_len > 0) captured = std::max(captured, s.end());
      continue;
    }
    if (s.header.flags.rst() && side == Side::Client) continue;  // the server's own
    const bool knows_more =
        s.ack_offset == me.sent_end + 1 ||
        (ended &&
         ((me.isn_seen && s.ack_offset == captured + 1 &&
           captured_by(talk, side, s, captured) == captured) ||
          (s.ack_offset != Placed::kUnknown && goes_on_from(talk, side, s.ack_offset - 1))));
    if (!knows_more) continue;
    return notes.note(fact, {s.frame()}, [&] {
      return fmt::format(FMT_COMPILE("acknowledges {}, the {} was seen to send up to {}"),
                         s.ack_offset + 1, side == Side::Server ? "server" : "client",
                         std::min(captured, me.sent_end) + 1);
    });
  }
}

/// The ending stands behind bytes of its own side, or acknowledges bytes of the other, that were
/// not captured before it: who sent it knew of packets that are missing. Bytes captured later in
/// their place are repetitions, or somebody else's.
void ask_what_the_ending_knew(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  const bool told = event.mechanism == Mechanism::Fin || event.mechanism == Mechanism::Alert;
  if (!told || !event.segment || talk.segments_left_out > 0) return;
  const Placed& end = talk.segments[*event.segment];
  for (const Side side : {Side::Client, Side::Server}) {
    const Fact hole = side == Side::Client ? Fact::ClientStreamHole : Fact::ServerStreamHole;
    if (notes.has(hole) || talk.side(side).packets == 0) continue;
    std::int64_t captured = 0;
    for (const Placed& s : talk.segments) {
      if (!s.is(side) || s.header.payload_len == 0 || s.offset == Placed::kUnknown) continue;
      if (s.frame() < end.frame() || s.at() - end.at() <= kShuffle)
        captured = std::max(captured, s.end());
    }
    const std::int64_t known = end.is(side) ? end.offset
                               : end.ack_offset != Placed::kUnknown
                                   ? end.ack_offset - 1
                                   : Placed::kUnknown;  // perhaps a FIN
    if (known == Placed::kUnknown || known <= captured) continue;
    notes.note(hole, {end.frame()}, [&] {
      return fmt::format(FMT_COMPILE("frame {} knows of {} bytes, {} were captured before it"),
                         number(end.frame()), known, captured);
    });
  }
}

/// Where no hello was captured, bytes of the client's that are missing may have been one.
void ask_for_unseen_hello(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  if (has_hello(talk) || talk.side(Side::Client).packets == 0) return;
  if (notes.has(Fact::ClientStreamHole)) return notes.note(Fact::HelloUnseen, {talk.last_frame});
  if (notes.has(Fact::StartMissing)) return notes.note(Fact::HelloUnseen, {talk.first_frame});
  const FrameNo end = frame_of_end(scene);
  const std::int64_t sent = talk.side(Side::Client).sent_end;
  constexpr std::int64_t kFarthest = 1 << 16;  // a guess of a forger's may be anything
  for (const Placed& s : talk.segments)
    if (s.is(Side::Server) && s.frame() <= end && s.ack_offset > sent + 1 &&
        s.ack_offset < sent + kFarthest)
      return notes.note(Fact::HelloUnseen, {s.frame()}, [&] {
        return fmt::format(FMT_COMPILE("acknowledges {}, the client was seen to send up to {}"),
                           s.ack_offset + 1, sent + 1);
      });
}

}  // namespace

template <class Notes>
void observe_missing(const Scene& scene, Notes& notes) {
  if (may_have_hole(scene, Side::Client)) ask_for_hole(scene, Side::Client, notes);
  if (may_have_hole(scene, Side::Server)) ask_for_hole(scene, Side::Server, notes);
  ask_what_the_ending_knew(scene, notes);
  if (may_have_unseen_fin(scene, Side::Server)) ask_for_unseen_fin(scene, Side::Server, notes);
  if (may_have_unseen_fin(scene, Side::Client)) ask_for_unseen_fin(scene, Side::Client, notes);
  ask_for_unseen_hello(scene, notes);
  ask_for_unseen_finish(scene, notes);
  ask_for_words_cut(scene, notes);
}

template void observe_missing(const Scene&, Notebook&);
template void observe_missing(const Scene&, Checklist&);

}  // namespace whohungup
