// Questions about what came after the reset: whoever reset a connection has nothing left to say.
#include <fmt/compile.h>

#include <algorithm>
#include <cstdlib>

#include "analyze/observe.h"
#include "analyze/sender.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

using Where = Placed::Where;

/// Packets that left before the reset may be captured after it, by less than this
/// (diagnosis.md §6.1 A4). What was already on its way when a reset was made that does not know
/// its place in the stream may come a round trip later.
constexpr Duration kShuffle = std::chrono::milliseconds{3};

/// What the reset's sender was like before it.
struct Before {
  std::int64_t sent{};       // one past its highest byte
  const Placed* last{};      // its last packet
  const Placed* last_ack{};  // its last packet with a timestamp
  bool fin{};
};

Before look_before(const Conversation& talk, std::size_t reset) {
  Before before;
  for (std::size_t i = 0; i < reset; ++i) {
    const Placed& s = talk.segments[i];
    if (s.claims != talk.segments[reset].claims || s.header.flags.rst() ||
        s.where == Where::Duplicate)
      continue;
    before.last = &s;
    if (s.header.has_timestamps) before.last_ack = &s;
    if (s.offset != Placed::kUnknown) before.sent = std::max(before.sent, s.end());
    before.fin = before.fin || s.header.flags.fin();
  }
  return before;
}

/// The packet has travelled as far as those before the reset, give or take a detour.
bool same_distance(const Placed& s, const Before& before) {
  return before.last != nullptr && std::abs(int{s.header.ttl} - int{before.last->header.ttl}) <= 1;
}

/// By the sender's own clock the packet left later than the reset can have: between the packet
/// with the last timestamp before the reset and this one, the clock ran on for longer than it took
/// until the reset came. Stacks of today tick once a millisecond; one that ran much faster or
/// slower than the capture's clock is not believed.
bool clock_says_later(const Placed& s, const Placed& reset, const Before& before) {
  if (before.last_ack == nullptr || !s.header.has_timestamps) return false;
  const std::chrono::milliseconds ticked{
      static_cast<std::int32_t>(s.header.tsval - before.last_ack->header.tsval)};
  const Duration passed = s.at() - before.last_ack->at();
  const bool ticks_milliseconds = ticked <= passed + kShuffle;
  return ticks_milliseconds && ticked > reset.at() - before.last_ack->at() + kShuffle;
}

/// It left after the reset: it comes too late to have been overtaken by it, or its clock says so.
/// A host that acknowledges with its reset puts it behind the last byte it ever sent (RFC 9293
/// §3.10.5: SND.NXT), so bytes at or beyond that number were never on their way before it.
bool left_later(const Placed& s, const Placed& reset, const Before& before, Duration trip) {
  const bool knows_its_place = reset.header.flags.ack() && s.header.payload_len > 0;
  const bool late = s.at() - reset.at() >= (knows_its_place ? kShuffle : std::max(kShuffle, trip));
  const bool newer = reset.header.has_timestamps && s.header.has_timestamps &&
                     static_cast<std::int32_t>(s.header.tsval - reset.header.tsval) > 0;
  return late || newer || clock_says_later(s, reset, before);
}

void ask_what_came_after(const Scene& scene, std::size_t index, auto& notes) {
  const Conversation& talk = scene.talk;
  const Placed& reset = talk.segments[index];
  const Before before = look_before(talk, index);
  // After a FIN the reset says nothing new, and an unknown place cannot be passed.
  if (reset.offset == Placed::kUnknown || before.fin || before.last == nullptr) return;
  const Duration trip = shortest_round_trip(talk, scene.marks, reset.claims).value_or(Duration{});
  const bool server = reset.is(Side::Server);
  for (std::size_t i = index + 1; i < talk.segments.size(); ++i) {
    const Placed& s = talk.segments[i];
    if (s.claims != reset.claims || s.header.flags.has(TcpFlags::kRst | TcpFlags::kSyn) ||
        s.where == Where::Duplicate || s.where == Where::OutsideWindow)
      continue;
    if (s.offset < reset.offset || !same_distance(s, before) || !left_later(s, reset, before, trip))
      continue;
    const bool news = (s.header.payload_len > 0 && s.end() > before.sent) || s.header.flags.fin();
    const auto numbers = [&] {
      return fmt::format(FMT_COMPILE("reset at {}, {} at {}, {} later, TTL {} as before the reset"),
                         reset.offset + 1,
                         s.header.payload_len > 0 ? count(s.header.payload_len, "byte")
                                                  : to_string(s.header.flags),
                         s.offset + 1, say(s.at() - reset.at()), s.header.ttl);
    };
    if (news) {
      notes.note(server ? Fact::ServerBytesBeyondRst : Fact::ClientBytesBeyondRst,
                 {before.last->frame(), reset.frame(), s.frame()}, numbers);
      const bool took_in = reset.ack_offset != Placed::kUnknown &&
                           s.ack_offset != Placed::kUnknown && s.ack_offset >= reset.ack_offset;
      if (server && took_in && s.header.payload_len > 0)
        notes.note(Fact::ServerAnswersAfterRst, {reset.frame(), s.frame()}, [&] {
          return fmt::format(FMT_COMPILE("both acknowledge {}"), reset.ack_offset + 1);
        });
      return;
    }
    const bool newer =
        s.header.has_timestamps && before.last_ack != nullptr &&
        static_cast<std::int32_t>(s.header.tsval - before.last_ack->header.tsval) > 0;
    if (server && newer && s.header.flags.ack() && s.header.payload_len == 0 &&
        !notes.has(Fact::ServerAcksAfterRst))
      notes.note(Fact::ServerAcksAfterRst, {before.last->frame(), reset.frame(), s.frame()},
                 numbers);
  }
}

/// One past what the client had said before the reset.
std::int64_t said_before(const Conversation& talk, std::size_t reset) {
  std::int64_t said = 0;
  for (std::size_t i = 0; i < reset; ++i)
    if (talk.segments[i].is(Side::Client) && talk.segments[i].header.payload_len > 0)
      said = std::max(said, talk.segments[i].end());
  return said;
}

/// The server acknowledges what the client said after the reset, or sends bytes at or beyond it. A
/// client that is deaf to resets finishes a TLS 1.3 handshake alone once it has the server's
/// flight, even if that server has reset behind it.
bool server_took_part_after(const Conversation& talk, std::size_t reset) {
  const std::int64_t said = said_before(talk, reset);
  const Placed& end = talk.segments[reset];
  // Behind the client's Finished no word of the client's has to come between.
  const bool bytes_count = end.offset != Placed::kUnknown && end.frame() < talk.finished_frame;
  return std::any_of(
      talk.segments.begin() + static_cast<std::ptrdiff_t>(reset), talk.segments.end(),
      [&](const Placed& s) {
        if (!s.is(Side::Server) || s.header.flags.has(TcpFlags::kRst | TcpFlags::kSyn) ||
            s.where == Where::Duplicate || s.where == Where::OutsideWindow)
          return false;
        const bool beyond = bytes_count && s.header.payload_len > 0 && s.end() > end.offset;
        return beyond || s.ack_offset > said;
      });
}

/// The frame that shows the handshake finished in spite of the reset: the client's Finished or,
/// where the reset came behind that, the server's first data.
FrameNo finished_in_spite_of(const Conversation& talk, std::size_t reset) {
  if (!talk.finished()) return {};
  const FrameNo frame = talk.segments[reset].frame();
  const FrameNo finish = frame < talk.finished_frame ? talk.finished_frame : talk.server_data_frame;
  return frame < finish && server_took_part_after(talk, reset) ? finish : FrameNo{};
}

}  // namespace

template <class Notes>
void observe_after_rst(const Scene& scene, Notes& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  const bool ended = event.mechanism == Mechanism::Rst && event.segment;
  const std::int32_t first = scene.marks.rst(Side::Server);
  if (!ended && first == Landmarks::kNone) return;
  const std::size_t reset = ended ? *event.segment : static_cast<std::size_t>(first);
  if (reset + 1 == talk.segments.size()) return;  // nothing came after it
  ask_what_came_after(scene, reset, notes);
  const FrameNo frame = talk.segments[reset].frame();
  if (const FrameNo finish = finished_in_spite_of(talk, reset); finish != FrameNo{})
    notes.note(Fact::FinishedAfterRst, {frame, finish}, [&] {
      return finish == talk.finished_frame
                 ? say(talk.finished_at - talk.segments[reset].at()) + " later"
                 : std::string(
                       "the reset came behind the client's Finished, the server's data "
                       "behind both");
    });
}

template <class Notes>
void observe_conflicts(const Scene& scene, Notes& notes) {
  const Conflict& conflict = scene.talk.from_server.conflicts().front();
  notes.note(Fact::ServerBytesDisagree, {conflict.first, conflict.second},
             [&] { return fmt::format(FMT_COMPILE("at {}"), conflict.offset + 1); });
}

template void observe_after_rst(const Scene&, Notebook&);
template void observe_after_rst(const Scene&, Checklist&);
template void observe_conflicts(const Scene&, Notebook&);
template void observe_conflicts(const Scene&, Checklist&);

}  // namespace whohungup
