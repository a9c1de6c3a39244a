// Questions about the reset: the one that ended it, else the first that bears the server's address.
#include <fmt/compile.h>

#include <algorithm>
#include <array>

#include "analyze/observe.h"
#include "analyze/sender.h"
#include "analyze/surroundings.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

using Where = Placed::Where;
using Line = Sender::Line;

/// Two resets further apart than this are not one burst (Weaver, diagnosis.md §1.1 and §8.6).
constexpr Duration kPairWindow = std::chrono::seconds{2};
/// Copies of one reset come this close together (diagnosis.md §8.6).
constexpr Duration kBurst = std::chrono::milliseconds{5};
/// Below this a round trip is too short to compare times with: scheduling alone takes as long.
constexpr Duration kShortestTrip = std::chrono::milliseconds{2};
/// So much nearer that no detour explains it (diagnosis.md §6.2 B3): half of at least this far.
constexpr int kFewestHops = 4;
/// The offsets blind injectors add to hit a moving window (diagnosis.md §1.2): a genuine reset
/// that is ahead by exactly that much is taken for one of them.
constexpr std::array<std::int64_t, 4> kKnownGuesses{1460, 4380, 1448, 12503};
/// What a provincial injector writes into its resets (diagnosis.md §5.5).
constexpr std::array<std::uint8_t, 10> kKnownPayload{1, 2, 3, 4, 5, 6, 7, 8, 9, 0};
/// A reset that is further ahead than this of what the receiver has is outside any usual window,
/// where the receiver's own is not known.
constexpr std::int64_t kUsualWindow = std::int64_t{1} << 20U;

/// The reset under examination and what surrounds it.
struct Case : Surroundings {
  const Conversation& talk;
  const Landmarks& marks;
  const Sender& sender;
  const Placed& reset;
  std::size_t index{};
};

/// How much the reset's receiver was ready to take, by its last packet. The scale is known only
/// from both SYNs, and a SYN's own window is never scaled (RFC 7323 §2.2).
std::int64_t window_of_receiver(const Case& c) {
  constexpr int kMostScale = 14;
  const SideCounts& receiver = c.talk.side(c.trigger->claims);
  const SideCounts& sender = c.talk.side(c.reset.claims);
  if (!receiver.isn_seen || !sender.isn_seen) return kUsualWindow;
  const bool scaled = receiver.window_scale != SegmentHeader::kNoScale &&
                      sender.window_scale != SegmentHeader::kNoScale &&
                      !c.trigger->header.flags.syn();
  const int shift = scaled ? std::min(int{receiver.window_scale}, kMostScale) : 0;
  return std::int64_t{c.trigger->header.window} << shift;
}

void ask_about_sequence(const Case& c, auto& notes) {
  const Placed& r = c.reset;
  if (c.fin != nullptr) notes.note(Fact::RstAfterFin, {c.fin->frame(), r.frame()});
  if (r.offset == Placed::kUnknown || c.trigger == nullptr) return;
  const auto numbers = [&](std::string& text) {
    put(text, "seq ", r.offset + 1, ", the next expected ");
    c.expected == Placed::kUnknown ? put(text, "unknown") : put(text, c.expected + 1);
    put(text, ", sent before ", c.sent + 1);
  };
  const FrameNo trigger = c.trigger->frame();
  if (r.offset == c.expected || r.offset == c.sent)
    notes.note(Fact::RstSeqExact, {trigger, r.frame()}, numbers);
  if (c.expected == Placed::kUnknown) return;
  const std::int64_t ahead = r.offset - c.expected;
  if (ahead == 0) return;
  if (ahead < 0 && r.offset < c.sent) notes.note(Fact::RstSeqStale, {trigger, r.frame()}, numbers);
  if (ahead < 0 || ahead > window_of_receiver(c))
    return notes.note(Fact::RstSeqOutsideWindow, {trigger, r.frame()}, numbers);
  if (r.offset != c.sent) notes.note(Fact::RstSeqInWindow, {trigger, r.frame()}, numbers);
  const bool guess =
      std::find(kKnownGuesses.begin(), kKnownGuesses.end(), ahead) != kKnownGuesses.end();
  if (r.offset > c.sent && !guess)
    notes.note(Fact::RstKnowsLostBytes, {trigger, r.frame()}, numbers);
  // Bytes its sender says it sent, and that the capture holds neither before the reset nor later.
  const std::int64_t captured = c.talk.side(r.claims).sent_end;
  if (r.is(Side::Server) && r.offset > captured + 1 && r.offset > c.sent + 1)
    notes.note(Fact::RstAheadOfCapture, {trigger, r.frame()}, [&] {
      return fmt::format(FMT_COMPILE("seq {}, the server was seen to send up to {}"), r.offset + 1,
                         captured + 1);
    });
}

/// A program that breaks off resets with the ACK flag. A bare reset answers a packet, in the name
/// of a system that knows of no such connection (RFC 9293 §3.10.7.1): a FIN or reset came before
/// it. One that a firewall at the client made looks the same.
void ask_whether_socket_was_gone(const Case& c, auto& notes) {
  const Placed& r = c.reset;
  const bool bare = r.is(Side::Client) && !r.header.flags.ack();
  if (!bare || c.marks.hello == Landmarks::kNone) return;
  if (c.talk.side(Side::Client).fin_offset != Placed::kUnknown) return;
  FrameNo answered{};
  for (const Placed& s : c.talk.segments)
    if (s.is(Side::Server) && s.frame() < r.frame() && s.header.flags.ack() &&
        !s.header.flags.rst() && s.ack_offset == r.offset)
      answered = s.frame();
  if (answered == FrameNo{}) return notes.note(Fact::ClientSocketGone, {r.frame()});
  notes.note(Fact::ClientSocketGone, {answered, r.frame()}, [&] {
    return fmt::format(FMT_COMPILE("seq {}, the acknowledgment of frame {}"), r.offset + 1,
                       number(answered));
  });
}

void ask_about_flags(const Case& c, auto& notes) {
  const Placed& r = c.reset;
  const SegmentHeader& h = r.header;
  const FrameNo frame = r.frame();
  if (!h.flags.ack()) {
    notes.note(Fact::RstLacksAckFlag, {frame}, [&] {
      return fmt::format(FMT_COMPILE("window {}, ack field {}"), h.window, h.ack.value);
    });
  } else if (r.is(Side::Server) && r.ack_offset != Placed::kUnknown) {
    const FrameNo hello =
        c.marks.hello != Landmarks::kNone ? at(c.talk, c.marks.hello).frame() : FrameNo{};
    const auto numbers = [&](std::string& text) {
      put(text, "ack ", r.ack_offset + 1);
      if (has_hello(c.talk))
        put(text, ", the ClientHello is ", c.marks.hello_begins + 1, ":", c.marks.hello_ends + 1);
    };
    if (!has_hello(c.talk) || r.ack_offset <= c.marks.hello_begins)
      notes.note(Fact::RstAcksNothing, {hello, frame}, numbers);
    else
      notes.note(r.ack_offset >= c.marks.hello_ends ? Fact::RstAcksHello : Fact::RstAcksPartOfHello,
                 {hello, frame}, numbers);
  }
  if (h.flags.has(TcpFlags::kReserved))
    notes.note(Fact::RstReservedBits, {frame}, [&] { return to_string(h.flags); });
  if (h.payload_len == 0) return;
  notes.note(Fact::RstHasPayload, {frame}, [&] { return count(h.payload_len, "byte"); });
  const bool known = r.first_bytes_len == kKnownPayload.size() &&
                     std::equal(kKnownPayload.begin(), kKnownPayload.end(), r.first_bytes.begin());
  if (known) notes.note(Fact::RstKnownPayload, {frame});
}

void ask_about_ttl(const Case& c, auto& notes) {
  const Sender& others = c.sender;
  if (!others.known()) return;
  const std::uint8_t ttl = c.reset.header.ttl;
  const FrameNo frames[2] = {others.reference(), c.reset.frame()};
  const auto numbers = [&](std::string& text) {
    put(text, "TTL ", ttl, ", its sender's ", others.acks() > 0 ? "ACKs and data " : "SYN+ACK ");
    if (others.lowest_ttl() == others.highest_ttl())
      put(text, others.ttl());
    else
      put(text, others.lowest_ttl(), " to ", others.highest_ttl());
  };
  if (others.bears_ttl(ttl)) {
    notes.note(Fact::RstTtlSame, {frames[0], frames[1]}, numbers);
    return;
  }
  notes.note(Fact::RstTtlDiffers, {frames[0], frames[1]}, numbers);
  const int mine = hops(ttl);
  const int theirs = hops(others.ttl());
  if (mine == theirs && initial_ttl(ttl) != initial_ttl(others.ttl())) {
    notes.note(Fact::RstOtherStack, {frames[0], frames[1]}, numbers);
    return;
  }
  if (others.acks() >= 2 && others.ttl_distance(ttl) >= 2)
    notes.note(Fact::RstTtlFar, {frames[0], frames[1]}, numbers);
  if (is_untouched(ttl) && !is_untouched(others.highest_ttl()) && theirs >= 1)
    notes.note(Fact::RstUndecremented, {frames[0], frames[1]}, numbers);
  if (theirs >= kFewestHops && mine * 2 < theirs)
    notes.note(Fact::RstTooNear, {frames[0], frames[1]}, numbers);
}

void ask_about_ip_id(const Case& c, auto& notes) {
  const SegmentHeader& h = c.reset.header;
  if (h.is_v6) return;
  const FrameNo reference = c.sender.reference();
  const auto numbers = [&] {
    return fmt::format(FMT_COMPILE("IP-ID {:#06x}, before it {:#06x}"), h.ip_id,
                       c.sender.nearest()->header.ip_id);
  };
  const Line line = c.sender.ip_id_line();
  if (line == Line::On) notes.note(Fact::RstIpIdContinues, {reference, c.reset.frame()}, numbers);
  // A reset without ACK has no connection, so it has not its counter either (diagnosis.md §0.1).
  if (line == Line::Off && c.sender.counted() >= 3 && h.flags.ack())
    notes.note(Fact::RstIpIdOffLine, {reference, c.reset.frame()}, numbers);
  if (c.trigger == nullptr || c.trigger->header.ip_id == 0 || line == Line::On) return;
  const auto ahead = static_cast<std::uint16_t>(h.ip_id - c.trigger->header.ip_id);
  if (ahead <= 1)
    notes.note(Fact::RstIpIdOfTrigger, {c.trigger->frame(), c.reset.frame()}, [&] {
      return fmt::format(FMT_COMPILE("IP-ID {:#06x}, the client's packet bore {:#06x}"), h.ip_id,
                         c.trigger->header.ip_id);
    });
}

void ask_about_shape(const Case& c, auto& notes) {
  const SegmentHeader& h = c.reset.header;
  const Sender& others = c.sender;
  if (!others.known()) return;
  const FrameNo reference = others.reference();
  const FrameNo frame = c.reset.frame();
  const auto note = [&](Fact fact, auto&& detail) { notes.note(fact, {reference, frame}, detail); };
  if (h.flags.ack() && !h.has_timestamps && others.always_has_timestamps())
    notes.note(Fact::RstLacksTimestamp, {reference, frame});
  const Line clock = others.clock_line();
  const auto clocks = [&](std::string& text) {
    put(text, "TSval ", h.tsval, ", echoes ", h.tsecr, "; ", number(others.reference()),
        " before it bore TSval ", others.nearest()->header.tsval);
  };
  if (clock == Line::On) note(Fact::RstTimestampOnLine, clocks);
  if (clock == Line::Off) note(Fact::RstTimestampOffLine, clocks);
  if (c.trigger != nullptr && h.window != 0 && h.window == c.trigger->header.window &&
      others.differs_in_window())
    notes.note(Fact::RstWindowOfPeer, {c.trigger->frame(), reference, frame}, [&] {
      return fmt::format(
          FMT_COMPILE("window {} in the packet it answers and in the reset, {} in its sender's"),
          h.window, others.nearest()->header.window);
    });
  if (others.differs_in_df())
    note(Fact::RstDfDiffers, [&] { return std::string(h.dont_fragment ? "set" : "not set"); });
  if (others.differs_in_tos())
    note(Fact::RstTosDiffers, [&] {
      return fmt::format(FMT_COMPILE("{:#04x} beside {:#04x}"), h.tos,
                         others.nearest()->header.tos);
    });
  if (others.differs_in_flow_label())
    note(Fact::RstFlowLabelDiffers, [&] {
      return fmt::format(FMT_COMPILE("{:#07x} beside {:#07x}"), h.flow_label,
                         others.nearest()->header.flow_label);
    });
  if (others.acks() >= 2 && others.differs_in_mac())
    notes.note(Fact::RstMacDiffers, {reference, frame});
  if (h.flags.ack() && others.is_continued())
    note(Fact::RstContinuesSender, [&] {
      return fmt::format(FMT_COMPILE("TTL {}, IP-ID {:#06x} after {:#06x}, TSval {} after {}"),
                         h.ttl, h.ip_id, others.nearest()->header.ip_id, h.tsval,
                         others.nearest()->header.tsval);
    });
}

/// Only a reset that acknowledges the hello is an answer to it for certain, so only its time
/// says something.
void ask_about_time(const Case& c, auto& notes) {
  if (c.marks.hello_end == Landmarks::kNone || !notes.has(Fact::RstAcksHello)) return;
  const auto trip = shortest_round_trip(c.talk, c.marks, c.reset.claims);
  if (!trip || *trip < kShortestTrip || c.marks.hello_copies != 1) return;
  const Placed& hello = at(c.talk, c.marks.hello_end);
  const Duration after = c.reset.at() - hello.at();
  if (after >= Duration{} && after < *trip / 2)
    notes.note(Fact::RstBeforeRoundTrip, {hello.frame(), c.reset.frame()}, [&] {
      return say(after) + " after the hello, the shortest round trip took " + say(*trip);
    });
}

/// Of resets that bear one address, in capture order.
void ask_about_series(const Case& c, auto& notes) {
  const Placed* before = nullptr;
  bool peer_between = false;
  bool peer_data_between = false;
  std::int64_t sent = c.sent;
  std::int64_t acked = c.expected;
  for (std::size_t i = c.index; i < c.talk.segments.size(); ++i) {
    const Placed& s = c.talk.segments[i];
    if (s.where == Where::Duplicate) continue;
    if (s.claims != c.reset.claims) {
      if (s.header.flags.rst()) break;  // the peer resets too: what follows may answer that
      acked = std::max(acked, s.ack_offset);
      peer_between = true;
      peer_data_between = peer_data_between || s.header.payload_len > 0;
      continue;
    }
    if (!s.header.flags.rst()) {
      if (s.offset != Placed::kUnknown && s.where != Where::OutsideWindow)
        sent = std::max(sent, s.end() + (s.header.flags.fin() ? 1 : 0));
      continue;
    }
    if (before != nullptr && s.at() - before->at() < kPairWindow) {
      const auto numbers = [&] {
        return fmt::format(FMT_COMPILE("seq {} then {}, {} apart"), before->offset + 1,
                           s.offset + 1, say(s.at() - before->at()));
      };
      const SegmentHeader& a = before->header;
      const SegmentHeader& b = s.header;
      const bool same =
          a.seq == b.seq && a.ack == b.ack && a.flags == b.flags && a.ip_id == b.ip_id;
      // A stack without state answers each packet with the same reset, IP-ID 0.
      const bool telling = b.flags.ack() || b.ip_id != 0;
      if (same && telling && !peer_between && s.at() - before->at() < kBurst && !b.is_v6 &&
          !notes.has(Fact::RstRepeated))
        notes.note(Fact::RstRepeated, {before->frame(), s.frame()}, [&] {
          return fmt::format(FMT_COMPILE("IP-ID {:#06x} twice, {} apart"), b.ip_id,
                             say(s.at() - before->at()));
        });
      const bool known = s.offset != Placed::kUnknown && before->offset != Placed::kUnknown;
      const bool beyond = s.offset > before->offset + 2 && s.offset > sent &&
                          (acked == Placed::kUnknown || s.offset > acked + 2);
      if (known && beyond && !notes.has(Fact::RstSeqSteps))
        notes.note(Fact::RstSeqSteps, {before->frame(), s.frame()}, numbers);
      const bool other_ack = a.flags.ack() && b.flags.ack() && a.ack != b.ack;
      if (other_ack && !peer_data_between && !notes.has(Fact::RstAckChanges))
        notes.note(Fact::RstAckChanges, {before->frame(), s.frame()}, [&] {
          return fmt::format(FMT_COMPILE("ack {} then {}"), before->ack_offset + 1,
                             s.ack_offset + 1);
        });
    }
    before = &s;
    peer_between = peer_data_between = false;
  }
}

/// RFC 5961 §3.2: a reset in the window but not at its edge is answered with an ACK.
void ask_for_challenge(const Case& c, auto& notes) {
  const Placed* doubted = nullptr;
  for (std::size_t i = c.index; i < c.talk.segments.size(); ++i) {
    const Placed& s = c.talk.segments[i];
    if (s.where == Where::Duplicate) continue;
    const bool sender = s.claims == c.reset.claims;
    if (sender) doubted = s.header.flags.rst() ? &s : nullptr;
    const bool plain_ack = !sender && s.header.payload_len == 0 && s.header.flags.ack() &&
                           !s.header.flags.has(TcpFlags::kFin | TcpFlags::kRst | TcpFlags::kSyn);
    if (!plain_ack || doubted == nullptr || s.at() - doubted->at() > kBurst) continue;
    notes.note(Fact::ChallengeAckProvoked, {doubted->frame(), s.frame()});
    return;
  }
}

void ask_about_reset(const Scene& scene, std::size_t index, const Sender& sender, auto& notes) {
  const Conversation& talk = scene.talk;
  const Case c{find_surroundings(talk, scene.marks, index),
               talk,
               scene.marks,
               sender,
               talk.segments[index],
               index};
  ask_about_sequence(c, notes);
  ask_about_flags(c, notes);
  ask_whether_socket_was_gone(c, notes);
  ask_about_ttl(c, notes);
  ask_about_ip_id(c, notes);
  ask_about_shape(c, notes);
  ask_about_time(c, notes);
  if (index + 1 == talk.segments.size()) return;  // nothing came behind it
  ask_about_series(c, notes);
  ask_for_challenge(c, notes);
}

}  // namespace

template <class Notes>
void observe_rst(const Scene& scene, Notes& notes) {
  const Event& event = scene.event;
  const bool ended = event.mechanism == Mechanism::Rst && event.segment;
  if (ended && scene.ending != nullptr)
    return ask_about_reset(scene, *event.segment, *scene.ending, notes);
  const std::int32_t first = scene.marks.rst(Side::Server);
  if (!ended && first == Landmarks::kNone) return;
  const std::size_t index = ended ? *event.segment : static_cast<std::size_t>(first);
  ask_about_reset(scene, index, Sender(scene.talk, index), notes);
}

template void observe_rst(const Scene&, Notebook&);
template void observe_rst(const Scene&, Checklist&);

}  // namespace whohungup
