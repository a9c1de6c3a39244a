// Questions about the capture itself: doubt it first (DESIGN.md decision 5).
#include <fmt/compile.h>

#include <algorithm>

#include "analyze/observe.h"
#include "analyze/sender.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

using Where = Placed::Where;

/// One wrong checksum may be damage; from this many on it is the capturing host's offload.
constexpr int kFewestBadChecksums = 2;

/// No neighbour on one network takes this long to answer a SYN; a translator that waits for the
/// real server does (public capture SSL.pcap: 89 ms with TTL 64, behind a virtual machine's NAT).
constexpr Duration kFarTrip = std::chrono::milliseconds{10};

/// Packets that come so close together may have been captured in the wrong order (diagnosis.md
/// §6.1 A4).
constexpr Duration kShuffle = std::chrono::milliseconds{3};

/// What one pass over the packets shows: of each side, and of both.
struct Tour {
  struct OneSide {
    int bad{}, good{};  // checksums
    int packets{};      // but resets: who sent a reset is in question
    bool ahead{}, acks{};
    std::uint8_t lowest_ttl{255}, highest_ttl{};
    /// The furthest that a packet without bytes stands, by the number it bears.
    std::int64_t furthest_bare{Placed::kUnknown};

    /// All of them came with one TTL that no router has touched.
    [[nodiscard]] bool untouched() const {
      return lowest_ttl == highest_ttl && is_untouched(lowest_ttl);
    }
    [[nodiscard]] bool far() const {
      return !is_untouched(highest_ttl) && !is_untouched(lowest_ttl);
    }
  };
  OneSide sides[2];
  FrameNo cut{}, cut_later{}, twice{}, twice_of{}, oversized{};
  std::uint32_t oversize{};

  [[nodiscard]] const OneSide& of(Side side) const { return sides[static_cast<std::size_t>(side)]; }
};

/// What carries no bytes still bears the number of the next one its sender will send.
bool is_bare(const Placed& s) {
  return s.header.payload_len == 0 && !s.header.flags.has(TcpFlags::kRst | TcpFlags::kSyn) &&
         s.offset != Placed::kUnknown && s.where != Where::OutsideWindow;
}

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

Tour look_around(const Conversation& talk, const Landmarks& marks) {
  Tour tour;
  for (const Placed& s : talk.segments) {
    const SegmentHeader& h = s.header;
    Tour::OneSide& its = tour.sides[static_cast<std::size_t>(s.claims)];
    if (is_bare(s)) its.furthest_bare = std::max(its.furthest_bare, s.offset);
    if (s.where == Where::Duplicate) {
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
    its.ahead = its.ahead || s.where == Where::Ahead;
    its.acks = its.acks || h.flags.ack();
    its.lowest_ttl = std::min(its.lowest_ttl, h.ttl);
    its.highest_ttl = std::max(its.highest_ttl, h.ttl);
  }
  return tour;
}

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

/// Bytes of that side's stream that the other side acknowledged, or that lie before others, were
/// never captured. What was cut by the snap length was captured.
void ask_for_hole(const Scene& scene, Side side, const Tour& tour, auto& notes) {
  const Conversation& talk = scene.talk;
  const Fact fact = side == Side::Client ? Fact::ClientStreamHole : Fact::ServerStreamHole;
  const SideCounts& me = talk.side(side);
  // FIN takes a number too; what a side never showed cannot be told from its FIN.
  const std::int64_t acked = talk.side(other(side)).acked - 1;
  if (me.packets > 0 && acked > me.sent_end && me.fin_offset == Placed::kUnknown) {
    notes.note(fact, {talk.first_frame, talk.last_frame}, [&] {
      return fmt::format(FMT_COMPILE("acknowledged up to {}, captured up to {}"), acked + 2,
                         me.sent_end + 1);
    });
    return;
  }
  if (tour.of(side).furthest_bare > me.sent_end)
    for (const Placed& s : talk.segments) {
      // One number more may be a FIN that was not captured.
      if (s.is(side) && is_bare(s) && s.offset > me.sent_end + (s.header.flags.fin() ? 0 : 1))
        return notes.note(fact, {s.frame()}, [&] {
          return fmt::format(FMT_COMPILE("frame {} stands at {}, captured up to {}"),
                             number(s.frame()), s.offset + 1, me.sent_end + 1);
        });
    }
  if (!tour.of(side).ahead) return;
  if (tour.cut != FrameNo{}) return ask_for_hole_between_cut_segments(scene, side, notes);
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

/// What the snap length cut off or the capture lost may have held the end of the handshake: then
/// neither a sealed record nor the close behind it says that somebody broke it off.
void ask_for_unseen_finish(const Scene& scene, const Tour& tour, auto& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  const bool late = event.stage == Stage::ServerHello || event.stage == Stage::Established;
  const bool readable = event.mechanism == Mechanism::Alert && !event.sealed;
  if (!late || readable || event.mechanism == Mechanism::None) return;
  if (talk.side(Side::Client).sent_end <= scene.marks.hello_ends &&
      !notes.has(Fact::ClientStreamHole))
    return;
  if (tour.cut_later != FrameNo{})
    return notes.note(Fact::FinishUnseen, {tour.cut_later, event.frame});
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
void ask_for_words_cut(const Scene& scene, const Tour& tour, auto& notes) {
  const Conversation& talk = scene.talk;
  if (tour.cut == FrameNo{} || scene.event.claims != Side::Client) return;
  const bool spoke_tls =
      std::any_of(talk.records.begin(), talk.records.end(),
                  [](const RecordSeen& record) { return record.claims == Side::Server; });
  if (spoke_tls) return;
  const FrameNo end = frame_of_end(scene);
  for (const Placed& s : talk.segments)
    if (s.is(Side::Server) && s.frame() < end && s.header.captured_len < s.header.payload_len)
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

/// A FIN takes a number and shows nothing else of itself once it is lost: whoever acknowledges one
/// number more than was captured had received it, before what ended the connection here. Bytes that
/// come later in its place are somebody else's.
void ask_for_unseen_fin(const Scene& scene, Side side, auto& notes) {
  const Conversation& talk = scene.talk;
  const SideCounts& me = talk.side(side);
  if (me.packets == 0 || me.fin_offset != Placed::kUnknown) return;
  // Who acknowledged no more than the SYN received no FIN. A client's resets may acknowledge more:
  // they are not counted there.
  const bool other_resets =
      side == Side::Server && scene.marks.rst(Side::Client) != Landmarks::kNone;
  if (me.isn_seen && talk.side(other(side)).acked <= 0 && !other_resets) return;
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

void ask_about_vantage(const Scene& scene, const Tour& tour, auto& notes) {
  const Landmarks& marks = scene.marks;
  const Tour::OneSide& by_client = tour.of(Side::Client);
  const Tour::OneSide& by_server = tour.of(Side::Server);
  if (by_client.packets == 0 || by_server.packets == 0) return;
  const std::int32_t client = marks.hello != Landmarks::kNone ? marks.hello : marks.syn;
  const std::int32_t server = marks.hello_ack != Landmarks::kNone ? marks.hello_ack : marks.syn_ack;
  const auto frame = [&](std::int32_t i) {
    return i != Landmarks::kNone ? at(scene.talk, i).frame() : scene.talk.first_frame;
  };
  const auto ttls = [&] {
    return fmt::format(FMT_COMPILE("TTL {} from the client, {} from the server"),
                       by_client.lowest_ttl, by_server.lowest_ttl);
  };
  if (by_client.untouched() && by_server.far())
    notes.note(Fact::CapturedAtClient, {frame(client), frame(server)}, ttls);
  if (by_server.untouched() && by_client.far())
    notes.note(Fact::CapturedAtServer, {frame(client), frame(server)}, ttls);
  if (!by_client.untouched() || !by_server.untouched()) return;
  notes.note(Fact::NoHopBetween, {frame(client), frame(server)}, ttls);
  if (marks.syns != 1 || marks.syn_ack == Landmarks::kNone) return;
  const Duration trip = at(scene.talk, marks.syn_ack).at() - at(scene.talk, marks.syn).at();
  if (trip >= kFarTrip)
    notes.note(Fact::PacketsRemade, {at(scene.talk, marks.syn).frame(), frame(marks.syn_ack)}, [&] {
      return say(trip) + " for the SYN+ACK, TTL " + std::to_string(by_server.lowest_ttl);
    });
}

void ask_about_checksums(const Scene& scene, const Tour& tour, auto& notes) {
  for (const Side side : {Side::Client, Side::Server}) {
    const Tour::OneSide& its = tour.of(side);
    if (its.bad >= kFewestBadChecksums && its.good == 0 && tour.of(other(side)).bad == 0)
      notes.note(Fact::ChecksumOffloadLikely, {scene.talk.first_frame}, [&] {
        return fmt::format(FMT_COMPILE("{} of the {}'s packets"), its.bad,
                           side == Side::Client ? "client" : "server");
      });
  }
}

/// Wrong checksums where right ones are the rule: no host takes such a packet.
void ask_about_wrong_checksums(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  if (!talk.refused.empty()) {
    const Placed& first = talk.refused.front();
    notes.note_many(
        Fact::ChecksumRefused,
        [&] {
          std::vector<FrameNo> frames;
          for (const Placed& s : talk.refused) frames.push_back(s.frame());
          return frames;
        },
        [&] {
          return fmt::format(FMT_COMPILE("{} bearing the {}'s address, TTL {}"),
                             to_string(first.header.flags),
                             first.is(Side::Server) ? "server" : "client", first.header.ttl);
        });
  }
  const Event& event = scene.event;
  if (scene.ending == nullptr || event.mechanism == Mechanism::None) return;
  const Placed& ending = talk.segments[*event.segment];
  if (ending.header.tcp_checksum == ChecksumState::Bad &&
      talk.side(ending.claims).sound_checksums > 0)
    notes.note(Fact::EndingChecksumWrong, {ending.frame()}, [&] {
      return fmt::format(FMT_COMPILE("{} of its sender's packets bear right ones"),
                         talk.side(ending.claims).sound_checksums);
    });
}

}  // namespace

template <class Notes>
void observe_capture(const Scene& scene, Notes& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const Tour tour = look_around(talk, marks);
  if (marks.syn == Landmarks::kNone && marks.syn_ack == Landmarks::kNone)
    notes.note(Fact::StartMissing, {talk.first_frame});
  ask_for_hole(scene, Side::Client, tour, notes);
  ask_for_hole(scene, Side::Server, tour, notes);
  ask_what_the_ending_knew(scene, notes);
  ask_for_unseen_fin(scene, Side::Server, notes);
  ask_for_unseen_fin(scene, Side::Client, notes);
  ask_for_unseen_hello(scene, notes);
  ask_for_unseen_finish(scene, tour, notes);
  ask_for_words_cut(scene, tour, notes);
  const bool no_server = talk.side(Side::Server).packets == 0 && tour.of(Side::Client).acks;
  const bool no_client = talk.side(Side::Client).packets == 0 && tour.of(Side::Server).acks;
  if (no_server || no_client)
    notes.note(Fact::OneWayOnly, {talk.first_frame, talk.last_frame}, [&] {
      return std::string(no_server ? "nothing from the server" : "nothing from the client");
    });
  if (tour.cut != FrameNo{}) notes.note(Fact::FramesCut, {tour.cut});
  if (tour.twice != FrameNo{}) notes.note(Fact::CaptureDuplicates, {tour.twice_of, tour.twice});
  if (tour.oversized != FrameNo{})
    notes.note(Fact::OffloadSizedSegments, {tour.oversized},
               [&] { return count(tour.oversize, "byte") + " in one segment"; });
  const CaptureQuality& capture = talk.capture;
  if (capture.dropped && *capture.dropped > 0)
    notes.note(Fact::CaptureDroppedFrames, {talk.first_frame, talk.last_frame},
               [&] { return count(*capture.dropped, "frame") + " lost in the whole capture"; });
  if (!capture.complete) notes.note(Fact::CaptureDamaged, {talk.last_frame});
  if (talk.segments_bounded || talk.memory_bounded)
    notes.note(Fact::RecordingBounded, {talk.first_frame, talk.last_frame},
               [&] { return count(talk.segments_left_out, "packet") + " left out"; });
  ask_about_vantage(scene, tour, notes);
  ask_about_checksums(scene, tour, notes);
  ask_about_wrong_checksums(scene, notes);
}

template void observe_capture(const Scene&, Notebook&);
template void observe_capture(const Scene&, Checklist&);

}  // namespace whohungup
