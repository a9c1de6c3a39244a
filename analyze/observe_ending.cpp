// Questions about how it ended: which packet came first, and whether it looks like its sender's
// others.
#include <algorithm>

#include "analyze/observe.h"
#include "analyze/sender.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

using Where = Placed::Where;

/// Reordering and capture on several queues shuffle packets by less than this
/// (diagnosis.md §6.1 A4).
constexpr Duration kShuffle = std::chrono::milliseconds{3};

Fact fact_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::Fin:
      return Fact::FinEndedIt;
    case Mechanism::Rst:
      return Fact::RstEndedIt;
    case Mechanism::Alert:
      return Fact::AlertEndedIt;
    case Mechanism::Plaintext:
      return Fact::PlaintextEndedIt;
    case Mechanism::Icmp:
      return Fact::IcmpEndedIt;
    case Mechanism::Silence:
      return Fact::SilenceEndedIt;
    case Mechanism::None:
      break;
  }
  return Fact::NothingEndedIt;
}

std::string describe(const Conversation& talk, const Event& event) {
  if (!event.segment || event.mechanism == Mechanism::Silence) return {};
  const Placed& s = talk.segments[*event.segment];
  std::string text = fmt::format("{} seq {}", to_string(s.header.flags), s.offset + 1);
  if (s.offset == Placed::kUnknown) text = to_string(s.header.flags);
  if (s.ack_offset != Placed::kUnknown) text += fmt::format(" ack {}", s.ack_offset + 1);
  return text + fmt::format(", TTL {}, window {}", s.header.ttl, s.header.window);
}

void ask_what_was_seen(const Scene& scene, Notebook& notes) {
  const Landmarks& marks = scene.marks;
  const auto note = [&](Fact fact, std::int32_t index) {
    if (index == Landmarks::kNone) return;
    const Placed& s = scene.talk.segments[static_cast<std::size_t>(index)];
    notes.note(fact, {s.frame()}, [&] {
      return fmt::format("{}, TTL {}, window {}, IP-ID {:#06x}", to_string(s.header.flags),
                         s.header.ttl, s.header.window, s.header.ip_id);
    });
  };
  note(Fact::ServerFinSeen, marks.fin(Side::Server));
  note(Fact::ServerRstSeen, marks.rst(Side::Server));
  note(Fact::ClientFinSeen, marks.fin(Side::Client));
  note(Fact::ClientRstSeen, marks.rst(Side::Client));
}

void ask_about_silence(const Scene& scene, Notebook& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  if (event.gave_up)
    notes.note(Fact::ClientGaveUp,
               {event.frame, event.segment ? talk.segments[*event.segment].frame() : FrameNo{}},
               [&] { return "after " + say(event.waited); });
  if (event.in_flight)
    notes.note(Fact::CaptureEndsInFlight, {event.frame, talk.last_frame},
               [&] { return say(event.waited) + " before the capture ends"; });
}

/// Opened, closed, not a byte between: what balancers and monitors do all day.
bool is_health_probe(const Scene& scene) {
  const Event& event = scene.event;
  const bool closes = event.mechanism == Mechanism::Fin || event.mechanism == Mechanism::Rst;
  if (!closes || event.claims != Side::Client || !event.segment) return false;
  const Placed& last = scene.talk.segments[*event.segment];
  const bool answered = scene.marks.syn_ack != Landmarks::kNone;
  return answered && scene.marks.client_payloads == 0 && last.offset <= 0 &&
         scene.talk.side(Side::Server).acked <= 1;
}

void ask_about_fin(const Scene& scene, Notebook& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const std::int32_t fin = marks.fin(Side::Server);
  if (fin == Landmarks::kNone) return;
  const Placed& s = at(talk, fin);
  const bool acks_hello = has_hello(talk) && s.ack_offset > marks.hello_begins;
  if (!acks_hello && s.ack_offset != Placed::kUnknown &&
      (marks.hello_part_ack == Landmarks::kNone || marks.hello_part_ack > fin))
    notes.note(
        Fact::FinBeforeHello,
        {s.frame(), marks.hello != Landmarks::kNone ? at(talk, marks.hello).frame() : FrameNo{}},
        [&] {
          if (!has_hello(talk)) return fmt::format("FIN acknowledges {}", s.ack_offset + 1);
          return fmt::format("FIN acknowledges {}, the ClientHello is {}:{}", s.ack_offset + 1,
                             marks.hello_begins + 1, marks.hello_ends + 1);
        });
  const bool answered = marks.server_answer != Landmarks::kNone && marks.server_answer <= fin;
  if (!answered) notes.note(Fact::FinBeforeAnyAnswer, {s.frame()});
  for (const Placed& later : talk.segments)
    if (later.is(Side::Server) && later.frame() > s.frame() && later.where == Where::AfterEnd &&
        later.header.payload_len > 0 && !later.header.flags.rst() &&
        later.at() - s.at() >= kShuffle && !notes.has(Fact::ServerBytesBeyondFin))
      notes.note(Fact::ServerBytesBeyondFin, {s.frame(), later.frame()}, [&] {
        return fmt::format("FIN at {}, then {} at {}, {} later", s.end() + 1,
                           count(later.header.payload_len, "byte"), later.offset + 1,
                           say(later.at() - s.at()));
      });
}

/// The ending packet beside its sender's others. Resets have questions of their own.
void compare_with_sender(const Scene& scene, Notebook& notes) {
  if (scene.ending == nullptr) return;
  const Event& event = scene.event;
  const Sender& sender = *scene.ending;
  const Placed& last = sender.suspect();
  if (!sender.known()) return;
  const auto ttls = [&] {
    return sender.lowest_ttl() == sender.highest_ttl()
               ? fmt::format("TTL {}, its sender's others {}", last.header.ttl, sender.ttl())
               : fmt::format("TTL {}, its sender's others {} to {}", last.header.ttl,
                             sender.lowest_ttl(), sender.highest_ttl());
  };
  if (sender.bears_ttl(last.header.ttl))
    notes.note(Fact::EndingTtlSame, {sender.reference(), last.frame()}, ttls);
  else if (event.mechanism != Mechanism::Rst)
    notes.note(Fact::EndingTtlDiffers, {sender.reference(), last.frame()}, ttls);
  if (event.mechanism != Mechanism::Rst && sender.is_continued())
    notes.note(Fact::EndingContinuesSender, {sender.reference(), last.frame()}, [&] {
      const Placed& before = *sender.nearest();
      return fmt::format("IP-ID {:#06x} after {:#06x}, TSval {} after {}", last.header.ip_id,
                         before.header.ip_id, last.header.tsval, before.header.tsval);
    });
}

}  // namespace

void observe_ending(const Scene& scene, Notebook& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const Event& event = scene.event;
  ask_what_was_seen(scene, notes);
  notes.note(fact_of(event.mechanism), {event.frame},
             [&] { return describe(scene.talk, scene.event); });
  const bool ended_by_segment =
      event.segment && event.mechanism != Mechanism::Silence && event.mechanism != Mechanism::Icmp;
  if (ended_by_segment && event.claims)
    notes.note(event.claims == Side::Server ? Fact::ServerEndedIt : Fact::ClientEndedIt,
               {event.frame},
               [&] { return to_string(event.claims == Side::Server ? talk.server : talk.client); });
  ask_about_silence(scene, notes);
  if (is_health_probe(scene)) notes.note(Fact::HealthProbe, {event.frame});
  ask_about_fin(scene, notes);
  const bool somebody = event.mechanism != Mechanism::Silence && event.mechanism != Mechanism::None;
  const bool no_client_bytes =
      marks.client_payloads == 0 ||
      std::none_of(talk.segments.begin(), talk.segments.end(), [&](const Placed& s) {
        return s.is(Side::Client) && s.header.payload_len > 0 && s.frame() < scene.event.frame;
      });
  if (somebody && event.claims == Side::Server && no_client_bytes &&
      talk.side(Side::Server).acked <= 0)
    notes.note(Fact::EndingBeforeClientBytes, {event.frame});
  if (somebody && event.claims == Side::Server && marks.hello_ack != Landmarks::kNone &&
      at(talk, marks.hello_ack).frame() < event.frame)
    notes.note(Fact::EndingAfterServerAck, {at(talk, marks.hello_ack).frame(), event.frame}, [&] {
      return say(scene.event.at - at(scene.talk, scene.marks.hello_ack).at()) + " later";
    });
  compare_with_sender(scene, notes);
}

}  // namespace whohungup
