// See observe_together.h.
#include "analyze/observe_together.h"

#include <algorithm>

#include "analyze/compare_pair.h"
#include "analyze/compare_proof.h"
#include "analyze/sender.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

/// A packet that is lost is sent again; one that is swallowed is swallowed again.
constexpr std::size_t kFewestCopies = 2;

/// The copies of one stretch of a stream that left and never arrived, as places in
/// Pairing::packets.
using Copies = std::vector<const Sighting*>;

/// Whether it left, could have arrived, and did not.
bool is_lost(const Ends& ends, const Pairing& pairing, const Sighting& s) {
  return s.fate == Fate::Lost && s.at(s.claims) != kNone &&
         !may_expire(ends, pairing, s.claims, at(ends.at(s.claims), s.at(s.claims)).header.ttl);
}

/// Copies of the first stretch of data of that side of which no copy arrived.
Copies swallowed_data(const Ends& ends, const Pairing& pairing, Side sender) {
  const Conversation& talk = ends.at(sender);
  const auto arrived = sightings(ends, pairing, other(sender), sender);
  for (const Sighting& first : pairing.packets) {
    if (first.claims != sender || !is_lost(ends, pairing, first)) continue;
    const Shared lost = shared(ends, pairing, sender, first.at(sender));
    if (!lost.has_data()) continue;
    const bool came = std::any_of(arrived.begin(), arrived.end(), [&](const Shared& s) {
      return s.has_data() && s.seq - lost.seq <= 0 && s.end() - lost.seq > 0;
    });
    if (came) continue;
    Copies copies;
    for (const Sighting& s : pairing.packets) {
      if (s.claims != sender || !is_lost(ends, pairing, s)) continue;
      const Placed& packet = at(talk, s.at(sender));
      const std::int32_t from = packet.header.seq - at(talk, first.at(sender)).header.seq;
      if (packet.header.payload_len > 0 && !packet.header.flags.rst() && from <= 0 &&
          from + static_cast<std::int32_t>(packet.header.payload_len) > 0)
        copies.push_back(&s);
    }
    if (copies.size() >= kFewestCopies) return copies;
  }
  return {};
}

/// Copies of that side's SYN or SYN+ACK, if none arrived.
Copies swallowed_syn(const Ends& ends, const Pairing& pairing, Side sender) {
  Copies copies;
  for (const Sighting& s : pairing.packets) {
    if (s.claims != sender) continue;
    const Side end = s.at(sender) != kNone ? sender : other(sender);
    const SegmentHeader& header = at(ends.at(end), s.at(end)).header;
    if (!header.flags.syn()) continue;
    if (!is_lost(ends, pairing, s)) return {};
    copies.push_back(&s);
  }
  return copies.size() >= kFewestCopies ? copies : Copies{};
}

/// Writes down what two captures show.
class Witness {
 public:
  Witness(const TwoScene& scene, Observations& into)
      : ends_(scene.ends),
        pairing_(scene.pairing),
        base_(scene.base),
        scene_(scene.scene),
        into_(into) {}

  MadeBecause ask(const Observations& there) {
    const bool holes = (base_ == Side::Client ? into_ : there).has(Fact::ServerStreamHole);
    dispel_doubts(there);
    if (ends_.joined == Joined::Terminated)
      ask_about_two_connections();
    else
      ask_about_ending();
    ask_whether_it_arrived(holes);
    ask_about_swallowed();
    ask_about_silence();
    ask_about_fates();
    return made_because_;
  }

 private:
  void note(Fact fact, std::vector<FrameNo> here, std::vector<FrameNo> there,
            std::string detail = {}) {
    for (auto* frames : {&here, &there}) std::erase(*frames, FrameNo{});
    if (here.empty()) here.push_back(ends_.at(base_).first_frame);
    for (auto* frames : {&here, &there}) {
      std::sort(frames->begin(), frames->end());
      frames->erase(std::unique(frames->begin(), frames->end()), frames->end());
    }
    into_.set.add(fact);
    into_.seen.push_back({fact, std::move(here), std::move(detail), std::move(there)});
  }

  void forget(Fact fact) {
    into_.set.remove(fact);
    std::erase_if(into_.seen, [&](const Observation& o) { return o.fact == fact; });
  }

  [[nodiscard]] FrameNo frame(Side end, std::int32_t index) const {
    return index == kNone ? FrameNo{} : at(ends_.at(end), index).frame();
  }

  // ── what the other capture knows better ─────────────────────────────────────────────────────
  void dispel_doubts(const Observations& there) {
    const CaptureSpan& span = ends_.span(other(base_));
    if (span.dropped.value_or(0) > 0 && !into_.has(Fact::CaptureDroppedFrames))
      note(Fact::CaptureDroppedFrames, {}, {ends_.at(other(base_)).first_frame},
           count(*span.dropped, "frame") + " lost in the other capture");
    if (!span.complete && !into_.has(Fact::CaptureDamaged))
      note(Fact::CaptureDamaged, {}, {ends_.at(other(base_)).last_frame}, "the other capture");
    if (there.has(Fact::RecordingBounded) && !into_.has(Fact::RecordingBounded))
      note(Fact::RecordingBounded, {}, {ends_.at(other(base_)).first_frame}, "the other capture");
    if (ends_.joined == Joined::Terminated) return;
    // What was over before it came to that knows nothing better.
    const Time last = ends_.common(base_, ends_.at(base_).last);
    if (ends_.common(other(base_), span.end) + doubt(ends_) < last) return;
    for (const Fact hole : {Fact::ClientStreamHole, Fact::ServerStreamHole, Fact::ServerFinUnseen,
                            Fact::FinishUnseen})
      if (into_.has(hole) && !there.has(hole) && !there.has(Fact::OneWayOnly) &&
          !there.has(Fact::FramesCut))
        forget(hole);
  }

  // ── the packet that ended it ────────────────────────────────────────────────────────────────
  void ask_about_two_connections() {
    if (!ends_.certain)
      return note(Fact::AbsentAtOtherEnd, {ends_.at(base_).first_frame},
                  {ends_.at(other(base_)).first_frame},
                  "another connection to the same server began there at that time");
    if (ends_.client.server != ends_.server.server) return;  // a balancer: it counts as the server
    if (!ends_.shown_apart)
      return note(Fact::AbsentAtOtherEnd, {ends_.at(base_).first_frame},
                  {ends_.at(other(base_)).first_frame},
                  "the connection there has other numbers and options, and nothing shows whether a "
                  "box rewrote them or ended the one connection and opened the other");
    note(Fact::TerminatedBetween, {ends_.at(base_).first_frame},
         {ends_.at(other(base_)).first_frame},
         "sequence numbers are others, and hellos, clocks or options are not one client's");
  }

  void ask_about_ending() {
    const Event& event = scene_.event;
    if (event.mechanism == Mechanism::Icmp) return ask_about_icmp();
    if (!event.claims || !event.segment || event.mechanism == Mechanism::Silence ||
        event.mechanism == Mechanism::None)
      return;
    const auto index = static_cast<std::int32_t>(*event.segment);
    const Sighting* s = pairing_.of(base_, index);
    if (s == nullptr) return;  // captured twice
    const Side sender = *event.claims;
    const FrameNo here = frame(base_, index), there = frame(other(base_), s->at(other(base_)));
    if (s->at(sender) != kNone) {
      if (s->fate == Fate::Both && is_another(event, *s))
        return note(Fact::EndingChanged, {here}, {there}, to_string(s->changes) + " changed");
      const std::uint8_t ttl = at(ends_.at(sender), s->at(sender)).header.ttl;
      return note(is_untouched(ttl) ? Fact::EndingLeft : Fact::EndingPassed, {here}, {there},
                  fmt::format("TTL {} in the {}'s capture", ttl, word(sender)));
    }
    if (s->fate == Fate::Made) {
      made_because_ = why_made(ends_, pairing_, *s);
      // Who goes on, or says something else there, shows that his capture ran.
      if (made_because_ != MadeBecause::SenderWentOn && made_because_ != MadeBecause::OtherBytes &&
          may_have_stopped(ends_, sender, due_there(ends_, pairing_, *s)))
        note_stop(sender, here);
      return note(Fact::EndingNeverLeft, {here}, frames_beside(sender, *s),
                  std::string(describe(made_because_)));
    }
    if (s->fate == Fate::Unclear) note(Fact::EndingNotThere, {here}, frames_beside(sender, *s));
    if (s->fate == Fate::MissedHere) note(Fact::EndingPassed, {here}, frames_beside(sender, *s));
  }

  /// What a server says ends a handshake when the client gets it, in its place in the stream: then
  /// the client's capture holds it, with all before it, or the client acknowledges it.
  void ask_whether_it_arrived(bool holes) {
    const Event& event = scene_.event;
    const bool said = event.mechanism == Mechanism::Fin || event.mechanism == Mechanism::Alert ||
                      event.mechanism == Mechanism::Plaintext;
    if (!said || event.claims != Side::Server) return;
    if (ends_.joined == Joined::Terminated) return;
    const Sighting* s = pairing_.of(base_, event);
    if (s == nullptr || s->server == kNone || (s->client != kNone && !holes)) return;
    const Shared ending = shared(ends_, pairing_, Side::Server, s->server);
    for (const Side end : {Side::Client, Side::Server})
      for (const Shared& one : sightings(ends_, pairing_, end, Side::Client))
        if (one.header().flags.ack() && !one.header().flags.rst() && one.ack - ending.end() >= 0)
          return;
    note(Fact::EndingMayBeLost, {scene_.event.frame}, {ends_.at(other(base_)).last_frame});
  }

  /// Whether what ended it was not in the packet when it left: a box may add a text to a reset, and
  /// it is a reset all the same.
  [[nodiscard]] bool is_another(const Event& event, const Sighting& s) const {
    const TcpFlags sent = at(ends_.at(s.claims), s.at(s.claims)).header.flags;
    if (event.mechanism == Mechanism::Rst) return !sent.rst();
    if (event.mechanism == Mechanism::Fin) return !sent.fin();
    return s.changes.has(Change::Payload) || s.changes.has(Change::Flags);
  }

  static std::string_view word(Side side) { return side == Side::Client ? "client" : "server"; }

  /// The last packet its alleged sender sent before, and the first it sent after.
  [[nodiscard]] std::vector<FrameNo> frames_beside(Side sender, const Sighting& s) const {
    const Time moment = shared(ends_, pairing_, base_, s.at(base_)).at;
    FrameNo before{}, after{};
    for (const Shared& own : sightings(ends_, pairing_, sender, sender)) {
      if (own.at < moment)
        before = own.packet->frame();
      else if (after == FrameNo{})
        after = own.packet->frame();
    }
    std::vector<FrameNo> frames;
    for (const FrameNo one : {before, after})
      if (one != FrameNo{}) frames.push_back(one);
    return frames;
  }

  void ask_about_icmp() {
    const IcmpError& error = scene_.talk.icmp[*scene_.event.icmp];
    if (!scene_.event.claims) return;
    const Side sender = *scene_.event.claims;
    if (sender == base_)
      return note(is_untouched(error.ttl) ? Fact::EndingLeft : Fact::EndingPassed, {error.frame},
                  {});
    for (const IcmpError& own : ends_.at(sender).icmp)
      if (own.type == error.type && own.code == error.code) {
        const bool near = is_untouched(own.ttl);
        return note(near ? Fact::EndingLeft : Fact::EndingPassed, {error.frame}, {own.frame});
      }
    const auto usual = pairing_.hops[static_cast<std::size_t>(sender)];
    if (usual && hops(error.ttl) < *usual) {
      made_because_ = MadeBecause::OtherDistance;
      if (may_have_stopped(ends_, sender, ends_.common(base_, scene_.event.at)))
        note_stop(sender, error.frame);
      return note(Fact::EndingNeverLeft, {error.frame}, {ends_.at(sender).first_frame},
                  std::string(describe(made_because_)));
    }
    note(Fact::EndingNotThere, {error.frame}, {ends_.at(sender).first_frame});
  }

  /// That the capture at that end may have been over before a packet of the other's was due in it.
  void note_stop(Side end, FrameNo missing) {
    const FrameNo last = ends_.at(end).last_frame;
    note(Fact::CaptureMayHaveStopped, {end == base_ ? last : missing},
         {end == base_ ? missing : last});
  }

  // ── what never arrived ──────────────────────────────────────────────────────────────────────
  void note_swallowed(Fact fact, Side sender, const Copies& copies) {
    std::vector<FrameNo> sent;
    for (const Sighting* s : copies) sent.push_back(frame(sender, s->at(sender)));
    const std::string detail =
        fmt::format("{} copies left the {}, none arrived", copies.size(), word(sender));
    // The other end's last word from there, which shows that its capture was at work.
    FrameNo last{};
    for (const Shared& s : sightings(ends_, pairing_, other(sender), sender))
      last = s.packet->frame();
    std::vector<FrameNo> beside;
    if (last != FrameNo{}) beside.push_back(last);
    // One copy may be lost by chance; that the next is missing, too, has to be seen.
    const Sighting& telling = *copies[kFewestCopies - 1];
    if (may_have_stopped(ends_, other(sender), due_there(ends_, pairing_, telling)))
      note_stop(other(sender), frame(sender, telling.at(sender)));
    if (sender == base_)
      note(fact, std::move(sent), std::move(beside), detail);
    else
      note(fact, std::move(beside), std::move(sent), detail);
  }

  /// Whether the client, long after two copies were sent, still asks for what they carried: then it
  /// did not get them, whatever its capture may have missed.
  [[nodiscard]] bool denies_receipt(const Copies& copies) const {
    if (copies.size() < kFewestCopies) return false;
    const Shared second = shared(ends_, pairing_, Side::Server, copies[1]->server);
    const auto own = sightings(ends_, pairing_, Side::Client, Side::Client);
    return std::any_of(own.begin(), own.end(), [&](const Shared& s) {
      return s.header().flags.ack() && !s.header().flags.rst() && s.ack - second.seq <= 0 &&
             s.at > second.at + 2 * doubt(ends_);
    });
  }

  void ask_about_swallowed() {
    if (ends_.joined == Joined::Terminated) return;
    if (const Copies copies = swallowed_data(ends_, pairing_, Side::Client);
        !copies.empty() && !ends_.client.finished())
      note_swallowed(Fact::HelloNeverArrived, Side::Client, copies);
    // Where the client's capture is known to have holes, the answer may have fallen into them.
    const bool holes =
        std::any_of(pairing_.packets.begin(), pairing_.packets.end(), [](const Sighting& one) {
          return one.client == kNone &&
                 (one.fate == Fate::MissedThere || one.fate == Fate::MissedHere);
        });
    const Copies answers = swallowed_data(ends_, pairing_, Side::Server);
    if (holes && !denies_receipt(answers)) return;
    if (!answers.empty() && !ends_.client.finished())
      note_swallowed(Fact::ReplyNeverArrived, Side::Server, answers);
    if (const Copies copies = swallowed_syn(ends_, pairing_, Side::Server); !copies.empty())
      note_swallowed(Fact::SynAckNeverArrived, Side::Server, copies);
  }

  // ── what arrived and was not answered ───────────────────────────────────────────────────────
  void ask_about_silence() {
    if (scene_.event.mechanism != Mechanism::Silence || ends_.joined == Joined::Terminated) return;
    const Conversation& talk = ends_.server;
    const Landmarks marks = find_landmarks(talk);
    const auto own = sightings(ends_, pairing_, Side::Server, Side::Server);
    const bool at_server = std::all_of(
        own.begin(), own.end(), [](const Shared& s) { return is_untouched(s.header().ttl); });
    const Time end = ends_.server_span.end;
    if (own.empty() && marks.syn != Landmarks::kNone && talk.side(Side::Server).packets == 0) {
      // Where nothing of the server is in the capture, it may hold one direction only.
      const bool silent_here = ends_.client.side(Side::Server).packets == 0;
      if (silent_here && end - at(talk, marks.syn).at() >= kSilence)
        note(Fact::SynArrivedUnanswered, {frame(base_, base_ == Side::Server ? marks.syn : 0)},
             {frame(other(base_), base_ == Side::Server ? 0 : marks.syn)});
      return;
    }
    if (!at_server || marks.hello_end == Landmarks::kNone || !marks.hello_complete) return;
    const Placed& hello = at(talk, marks.hello_end);
    if (talk.side(Side::Server).sent_end > talk.server_answer_at || end - hello.at() < kSilence)
      return;
    const Sighting* s = pairing_.of(Side::Server, marks.hello_end);
    if (s == nullptr) return;
    std::vector<FrameNo> here, there;
    (base_ == Side::Server ? here : there).push_back(hello.frame());
    if (s->client != kNone)
      (base_ == Side::Server ? there : here).push_back(frame(Side::Client, s->client));
    note(Fact::HelloArrivedUnanswered, std::move(here), std::move(there),
         say(end - hello.at()) + " without a byte");
  }

  // ── packets by their fate ───────────────────────────────────────────────────────────────────
  void ask_about_fates() {
    note_fate(Fact::LostOnTheWay, "lost", [](const Sighting& s) { return s.fate == Fate::Lost; });
    note_fate(Fact::MadeOnTheWay, "made", [](const Sighting& s) { return s.fate == Fate::Made; });
    note_fate(Fact::ChangedOnTheWay, "changed",
              [](const Sighting& s) { return s.fate == Fate::Both && s.changes.on_the_way(); });
    note_fate(Fact::BytesChanged, "changed", [&](const Sighting& s) {
      return s.fate == Fate::Both && s.changes.has(Change::Payload) &&
             !at(ends_.at(s.claims), s.at(s.claims)).header.flags.rst();
    });
    const Side there = other(base_);
    note_fate(Fact::OtherCaptureHole, "missed", [&](const Sighting& s) {
      const bool missed = s.fate == Fate::MissedThere || s.fate == Fate::MissedHere;
      return missed && s.at(there) == kNone;
    });
  }

  template <class Of>
  void note_fate(Fact fact, std::string_view did, Of&& of) {
    std::vector<FrameNo> here, there;
    std::size_t number = 0;
    for (const Sighting& s : pairing_.packets) {
      if (!of(s)) continue;
      ++number;
      if (s.at(base_) != kNone) here.push_back(frame(base_, s.at(base_)));
      if (s.at(other(base_)) != kNone) there.push_back(frame(other(base_), s.at(other(base_))));
    }
    if (number > 0)
      note(fact, std::move(here), std::move(there),
           count(number, "packet") + " " + std::string(did));
  }

  const Ends& ends_;
  const Pairing& pairing_;
  Side base_;
  const Scene& scene_;
  Observations& into_;
  MadeBecause made_because_{};
};

}  // namespace

MadeBecause observe_together(const TwoScene& scene, const Observations& there, Observations& into) {
  return Witness(scene, into).ask(there);
}

bool was_swallowed(const Ends& ends, const Pairing& pairing, Side sender) {
  return !swallowed_data(ends, pairing, sender).empty() ||
         !swallowed_syn(ends, pairing, sender).empty();
}

}  // namespace whohungup
