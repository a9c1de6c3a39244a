// Questions about the capture itself: doubt it first (DESIGN.md decision 5).
#include <fmt/compile.h>

#include <algorithm>

#include "analyze/observe.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

using Where = Placed::Where;

/// One wrong checksum may be damage; from this many on it is the capturing host's offload.
constexpr int kFewestBadChecksums = 2;

/// No neighbour on one network takes this long to answer a SYN; a translator that waits for the
/// real server does (public capture SSL.pcap: 89 ms with TTL 64, behind a virtual machine's NAT).
constexpr Duration kFarTrip = std::chrono::milliseconds{10};

void ask_about_vantage(const Scene& scene, auto& notes) {
  const Landmarks& marks = scene.marks;
  const Glance& by_client = marks.of(Side::Client);
  const Glance& by_server = marks.of(Side::Server);
  if (!by_client.any() || !by_server.any()) return;
  const std::int32_t client = marks.hello != Landmarks::kNone ? marks.hello : marks.syn;
  const std::int32_t server = marks.hello_ack != Landmarks::kNone ? marks.hello_ack : marks.syn_ack;
  const auto frame = [&](std::int32_t i) {
    return i != Landmarks::kNone ? at(scene.talk, i).frame() : scene.talk.first_frame;
  };
  const auto ttls = [&](std::string& text) {
    put(text, "TTL ", by_client.lowest_ttl(), " from the client, ", by_server.lowest_ttl(),
        " from the server");
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
      return say(trip) + " for the SYN+ACK, TTL " + std::to_string(by_server.lowest_ttl());
    });
}

bool has_bad_checksum(const Placed& s) {
  const ChecksumState state = s.header.tcp_checksum;
  return state == ChecksumState::Bad || state == ChecksumState::Unfinished;
}

void ask_about_checksums(const Scene& scene, auto& notes) {
  for (const Side side : {Side::Client, Side::Server}) {
    const Glance& its = scene.marks.of(side);
    if (!its.has_bad_checksums() || its.has_good_checksums() ||
        scene.marks.of(other(side)).has_bad_checksums())
      continue;
    const auto& segments = scene.talk.segments;
    const auto bad = std::count_if(segments.begin(), segments.end(), [&](const Placed& s) {
      return s.claims == side && s.where != Where::Duplicate && has_bad_checksum(s);
    });
    if (bad >= kFewestBadChecksums)
      notes.note(Fact::ChecksumOffloadLikely, {scene.talk.first_frame}, [&] {
        return fmt::format(FMT_COMPILE("{} of the {}'s packets"), bad,
                           side == Side::Client ? "client" : "server");
      });
  }
}

/// The largest segment its sender may send is what the other's SYN says.
bool is_oversized(const Conversation& talk, const Landmarks& marks, Side side,
                  std::uint32_t payload) {
  const std::int32_t syn = side == Side::Client ? marks.syn_ack : marks.syn;
  const std::uint16_t mss = syn != Landmarks::kNone ? at(talk, syn).header.mss : std::uint16_t{0};
  return mss != 0 && payload > mss;
}

void ask_for_oversized(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  if (!is_oversized(talk, marks, Side::Client, marks.of(Side::Client).largest()) &&
      !is_oversized(talk, marks, Side::Server, marks.of(Side::Server).largest()))
    return;
  for (const Placed& s : talk.segments)
    if (s.where != Where::Duplicate && is_oversized(talk, marks, s.claims, s.header.payload_len))
      return notes.note(Fact::OffloadSizedSegments, {s.frame()},
                        [&] { return count(s.header.payload_len, "byte") + " in one segment"; });
}

void ask_for_cut_frames(const Scene& scene, auto& notes) {
  if (!scene.marks.cut()) return;
  for (const Placed& s : scene.talk.segments)
    if (is_cut(s) && s.where != Where::Duplicate) return notes.note(Fact::FramesCut, {s.frame()});
}

void ask_for_duplicates(const Scene& scene, auto& notes) {
  if (!scene.marks.seen_twice) return;
  const auto& segments = scene.talk.segments;
  const auto last = std::find_if(segments.rbegin(), segments.rend(),
                                 [](const Placed& s) { return s.where == Where::Duplicate; });
  notes.note(Fact::CaptureDuplicates, {last->duplicate_of, last->frame()});
}

/// Several queues of one card deliver within microseconds; what is out of order by more was put
/// together from two clocks, edited or damaged.
void ask_about_order(const Conversation& talk, auto& notes) {
  constexpr Duration kJitter = std::chrono::milliseconds{1};
  if (talk.set_back <= kJitter) return;
  const Placed* latest = &talk.segments.front();
  const Placed* early = latest;
  for (const Placed& s : talk.segments) {
    early = &s;
    if (latest->at() - s.at() > kJitter) break;
    if (s.at() > latest->at()) latest = &s;
  }
  notes.note(Fact::TimesGoBack, {latest->frame(), early->frame()},
             [&] { return "by " + say(talk.set_back); });
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
  if (marks.syn == Landmarks::kNone && marks.syn_ack == Landmarks::kNone)
    notes.note(Fact::StartMissing, {talk.first_frame});
  observe_missing(scene, notes);
  const bool no_server = talk.side(Side::Server).packets == 0 && marks.of(Side::Client).acks();
  const bool no_client = talk.side(Side::Client).packets == 0 && marks.of(Side::Server).acks();
  if (no_server || no_client)
    notes.note(Fact::OneWayOnly, {talk.first_frame, talk.last_frame}, [&] {
      return std::string(no_server ? "nothing from the server" : "nothing from the client");
    });
  ask_for_cut_frames(scene, notes);
  ask_for_duplicates(scene, notes);
  ask_for_oversized(scene, notes);
  const CaptureQuality& capture = talk.capture;
  if (capture.dropped && *capture.dropped > 0)
    notes.note(Fact::CaptureDroppedFrames, {talk.first_frame, talk.last_frame},
               [&] { return count(*capture.dropped, "frame") + " lost in the whole capture"; });
  if (!capture.complete) notes.note(Fact::CaptureDamaged, {talk.last_frame});
  if (talk.segments_bounded || talk.memory_bounded)
    notes.note(Fact::RecordingBounded, {talk.first_frame, talk.last_frame}, [&] {
      return talk.memory_bounded ? std::string("told early, the memory for flows was used up")
                                 : count(talk.segments_left_out, "packet") + " left out";
    });
  ask_about_order(talk, notes);
  ask_about_vantage(scene, notes);
  ask_about_checksums(scene, notes);
  ask_about_wrong_checksums(scene, notes);
}

template void observe_capture(const Scene&, Notebook&);
template void observe_capture(const Scene&, Checklist&);

}  // namespace whohungup
