// Questions about the capture itself: doubt it first (DESIGN.md decision 5).
#include <fmt/compile.h>

#include "analyze/observe.h"
#include "analyze/tour.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

/// One wrong checksum may be damage; from this many on it is the capturing host's offload.
constexpr int kFewestBadChecksums = 2;

/// No neighbour on one network takes this long to answer a SYN; a translator that waits for the
/// real server does (public capture SSL.pcap: 89 ms with TTL 64, behind a virtual machine's NAT).
constexpr Duration kFarTrip = std::chrono::milliseconds{10};

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
  const auto ttls = [&](std::string& text) {
    put(text, "TTL ", by_client.lowest_ttl, " from the client, ", by_server.lowest_ttl,
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
  const Tour tour = look_around(talk, marks);
  if (marks.syn == Landmarks::kNone && marks.syn_ack == Landmarks::kNone)
    notes.note(Fact::StartMissing, {talk.first_frame});
  observe_missing(scene, tour, notes);
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
    notes.note(Fact::RecordingBounded, {talk.first_frame, talk.last_frame}, [&] {
      return talk.memory_bounded ? std::string("told early, the memory for flows was used up")
                                 : count(talk.segments_left_out, "packet") + " left out";
    });
  ask_about_order(talk, notes);
  ask_about_vantage(scene, tour, notes);
  ask_about_checksums(scene, tour, notes);
  ask_about_wrong_checksums(scene, notes);
}

template void observe_capture(const Scene&, Notebook&);
template void observe_capture(const Scene&, Checklist&);

}  // namespace whohungup
