// Questions about how it ended: which packet came first, and whether it looks like its sender's
// others.
#include <fmt/compile.h>

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

void describe(std::string& text, const Conversation& talk, const Event& event) {
  if (!event.segment || event.mechanism == Mechanism::Silence) return;
  const Placed& s = talk.segments[*event.segment];
  put(text, s.header.flags);
  if (s.offset != Placed::kUnknown) put(text, " seq ", s.offset + 1);
  if (s.ack_offset != Placed::kUnknown) put(text, " ack ", s.ack_offset + 1);
  put(text, ", TTL ", s.header.ttl, ", window ", s.header.window);
}

void ask_what_was_seen(const Scene& scene, auto& notes) {
  const Landmarks& marks = scene.marks;
  const auto note = [&](Fact fact, std::int32_t index) {
    if (index == Landmarks::kNone) return;
    const Placed& s = scene.talk.segments[static_cast<std::size_t>(index)];
    notes.note(fact, {s.frame()}, [&](std::string& text) {
      put(text, s.header.flags, ", TTL ", s.header.ttl, ", window ", s.header.window);
      if (!s.header.is_v6) put(text, ", IP-ID ", piece::Hex{s.header.ip_id});  // IPv6 has none
    });
  };
  note(Fact::ServerFinSeen, marks.fin(Side::Server));
  note(Fact::ServerRstSeen, marks.rst(Side::Server));
  note(Fact::ClientFinSeen, marks.fin(Side::Client));
  note(Fact::ClientRstSeen, marks.rst(Side::Client));
}

void ask_about_silence(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  if (event.gave_up)
    notes.note(Fact::ClientGaveUp,
               {event.frame, event.segment ? talk.segments[*event.segment].frame() : FrameNo{}},
               [&] { return "after " + say(event.waited); });
  if (event.in_flight)
    notes.note(Fact::CaptureEndsInFlight, {event.frame, talk.last_frame}, [&] {
      return say(event.waited) +
             (talk.memory_bounded ? " before the memory was used up" : " before the capture ends");
    });
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

void ask_about_fin(const Scene& scene, auto& notes) {
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
          if (!has_hello(talk))
            return fmt::format(FMT_COMPILE("FIN acknowledges {}"), s.ack_offset + 1);
          return fmt::format(FMT_COMPILE("FIN acknowledges {}, the ClientHello is {}:{}"),
                             s.ack_offset + 1, marks.hello_begins + 1, marks.hello_ends + 1);
        });
  const bool answered = (marks.server_answer != Landmarks::kNone && marks.server_answer <= fin) ||
                        (s.offset != Placed::kUnknown && s.end() > talk.server_answer_at);
  if (!answered) notes.note(Fact::FinBeforeAnyAnswer, {s.frame()});
  for (const Placed& later : talk.segments)
    if (later.is(Side::Server) && later.frame() > s.frame() && later.where == Where::AfterEnd &&
        later.header.payload_len > 0 && !later.header.flags.rst() &&
        later.at() - s.at() >= kShuffle && !notes.has(Fact::ServerBytesBeyondFin))
      notes.note(Fact::ServerBytesBeyondFin, {s.frame(), later.frame()}, [&] {
        return fmt::format(FMT_COMPILE("FIN at {}, then {} at {}, {} later"), s.end() + 1,
                           count(later.header.payload_len, "byte"), later.offset + 1,
                           say(later.at() - s.at()));
      });
}

/// Where the server's stream ends, by the FIN that is the ending packet or comes behind it.
std::int64_t announced_end(const Conversation& talk, const Placed& ending) {
  for (const Placed& s : talk.segments)
    if (s.claims == ending.claims && s.frame() >= ending.frame() && s.header.flags.fin() &&
        s.offset != Placed::kUnknown && s.where != Where::Duplicate)
      return s.end();
  return INT64_MAX;
}

/// Bytes that look like the server's from before the ending, and that whoever made the ending did
/// not know of: others in its place, or more behind the end it announced. A FIN stands behind the
/// last byte its sender ever sends, so neither loss nor reordering can bring more.
void look_for_contradiction(const Scene& scene, const Sender& sender, auto& notes) {
  const Conversation& talk = scene.talk;
  const Placed& ending = sender.suspect();
  const std::int64_t end = announced_end(talk, ending);
  for (const Placed& s : talk.segments) {
    const bool later = s.claims == ending.claims && s.frame() > ending.frame() &&
                       s.header.payload_len > 0 && s.offset != Placed::kUnknown &&
                       s.where != Where::Duplicate && s.where != Where::OutsideWindow;
    if (!later || s.header.flags.has(TcpFlags::kRst | TcpFlags::kSyn)) continue;
    const bool looks_like_server = sender.vouches_for_ttl(s.header.ttl) &&
                                   (s.header.has_timestamps || !sender.agreed_on_timestamps());
    if (!looks_like_server) continue;
    const bool beyond = s.end() > end;
    const auto& conflicts = talk.from_server.conflicts();
    const bool other_bytes =
        std::any_of(conflicts.begin(), conflicts.end(), [&](const Conflict& one) {
          return one.second == s.frame() && one.first == ending.frame();
        });
    if (!beyond && !other_bytes) continue;
    return notes.note(
        Fact::EndingContradicted, {sender.voucher()->frame(), ending.frame(), s.frame()}, [&] {
          return fmt::format(FMT_COMPILE("{} at {}, TTL {} as before it, {}"),
                             count(s.header.payload_len, "byte"), s.offset + 1, s.header.ttl,
                             beyond ? fmt::format(FMT_COMPILE("beyond the FIN at {}"), end + 1)
                                    : std::string("other bytes in the same place"));
        });
  }
}

/// The ending packet beside its sender's packets before it. Resets have questions of their own.
void compare_with_sender(const Scene& scene, auto& notes) {
  if (scene.ending == nullptr) return;
  const Event& event = scene.event;
  const Sender& sender = *scene.ending;
  const Placed& last = sender.suspect();
  const Placed* before = sender.voucher();
  if (before == nullptr) return;
  const auto ttls = [&](std::string& text) {
    put(text, "TTL ", last.header.ttl, ", its sender's before it ");
    if (sender.lowest_vouched_ttl() == sender.highest_vouched_ttl())
      put(text, before->header.ttl);
    else
      put(text, sender.lowest_vouched_ttl(), " to ", sender.highest_vouched_ttl());
  };
  const bool reset = event.mechanism == Mechanism::Rst;
  if (sender.vouches_for_ttl(last.header.ttl))
    notes.note(Fact::EndingTtlSame, {before->frame(), last.frame()}, ttls);
  else if (!reset)
    notes.note(Fact::EndingTtlDiffers, {before->frame(), last.frame()}, ttls);
  if (reset) return;
  if (!last.header.has_timestamps && sender.agreed_on_timestamps())
    notes.note(Fact::EndingLacksTimestamp, {before->frame(), last.frame()});
  if (sender.is_continued())
    notes.note(Fact::EndingContinuesSender, {before->frame(), last.frame()}, [&] {
      return fmt::format(FMT_COMPILE("IP-ID {:#06x} after {:#06x}, TSval {} after {}"),
                         last.header.ip_id, before->header.ip_id, last.header.tsval,
                         before->header.tsval);
    });
  const bool foreign = notes.has(Fact::EndingTtlDiffers) || notes.has(Fact::EndingLacksTimestamp);
  if (last.is(Side::Server) && foreign) look_for_contradiction(scene, sender, notes);
}

bool client_bytes_before(const Scene& scene) {
  const Conversation& talk = scene.talk;
  if (scene.marks.client_payloads == 0) return false;
  const auto is_before = [&](const Placed& s) {
    return s.is(Side::Client) && s.header.payload_len > 0 && s.frame() < scene.event.frame;
  };
  // Mostly the client spoke first.
  return is_before(at(talk, scene.marks.first_payload)) ||
         std::any_of(talk.segments.begin(), talk.segments.end(), is_before);
}

}  // namespace

template <class Notes>
void observe_ending(const Scene& scene, Notes& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const Event& event = scene.event;
  ask_what_was_seen(scene, notes);
  notes.note(fact_of(event.mechanism), {event.frame},
             [&](std::string& text) { describe(text, scene.talk, scene.event); });
  const bool ended_by_segment =
      event.segment && event.mechanism != Mechanism::Silence && event.mechanism != Mechanism::Icmp;
  if (ended_by_segment && event.claims)
    notes.note(event.claims == Side::Server ? Fact::ServerEndedIt : Fact::ClientEndedIt,
               {event.frame}, [&](std::string& text) {
                 put(text, event.claims == Side::Server ? talk.server : talk.client);
               });
  ask_about_silence(scene, notes);
  if (is_health_probe(scene)) notes.note(Fact::HealthProbe, {event.frame});
  ask_about_fin(scene, notes);
  const bool somebody = event.mechanism != Mechanism::Silence && event.mechanism != Mechanism::None;
  if (somebody && event.claims == Side::Server && bytes_acked(talk, Side::Client) <= 0 &&
      !client_bytes_before(scene))
    notes.note(Fact::EndingBeforeClientBytes, {event.frame});
  if (somebody && event.claims == Side::Server && marks.hello_ack != Landmarks::kNone &&
      at(talk, marks.hello_ack).frame() < event.frame)
    notes.note(Fact::EndingAfterServerAck, {at(talk, marks.hello_ack).frame(), event.frame},
               [&](std::string& text) {
                 put(text, piece::Elapsed{event.at - at(talk, marks.hello_ack).at()}, " later");
               });
  compare_with_sender(scene, notes);
}

template void observe_ending(const Scene&, Notebook&);
template void observe_ending(const Scene&, Checklist&);

}  // namespace whohungup
