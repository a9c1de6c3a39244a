// Questions about how the connection was made, and about ICMP errors.
#include <fmt/compile.h>

#include <algorithm>

#include "analyze/observe.h"
#include "analyze/words.h"
#include "dissect/segment.h"

namespace whohungup {
namespace {

using Where = Placed::Where;

const Placed* find_syn_ack_after(const Conversation& talk, FrameNo frame) {
  for (const Placed& s : talk.segments)
    if (s.is(Side::Server) && s.header.flags.syn() && s.header.flags.ack() &&
        s.where != Where::Duplicate && s.frame() > frame)
      return &s;
  return nullptr;
}

/// A client that writes its own packets may go on after a refusal; that makes no connection.
bool payload_before(const Conversation& talk, std::int32_t index) {
  return std::any_of(talk.segments.begin(), talk.segments.begin() + index,
                     [](const Placed& s) { return s.header.payload_len > 0; });
}

void ask_about_syn(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  if (marks.syn == Landmarks::kNone) return;
  const Placed& syn = at(talk, marks.syn);
  if (marks.syns > 1)
    notes.note(Fact::SynResent, {syn.frame(), at(talk, marks.last_syn).frame()}, [&] {
      return fmt::format(FMT_COMPILE("{} SYNs in {}"), marks.syns,
                         say(at(talk, marks.last_syn).at() - syn.at()));
    });
  const std::int32_t reset = marks.rst(Side::Server);
  const bool refused_first = reset != Landmarks::kNone &&
                             (marks.connected == Landmarks::kNone || marks.connected > reset) &&
                             !payload_before(talk, reset);
  if (refused_first && marks.syn_ack == Landmarks::kNone)
    notes.note(Fact::SynRefused, {syn.frame(), at(talk, reset).frame()}, [&] {
      return fmt::format(FMT_COMPILE("{} {} after the SYN, TTL {}, window {}"),
                         to_string(at(talk, reset).header.flags),
                         say(at(talk, reset).at() - syn.at()), at(talk, reset).header.ttl,
                         at(talk, reset).header.window);
    });
  if (refused_first && marks.syn_ack != Landmarks::kNone)
    notes.note(Fact::SynAnsweredTwice,
               {syn.frame(), at(talk, marks.syn_ack).frame(), at(talk, reset).frame()});
  if (talk.side(Side::Server).packets == 0 && talk.icmp.empty() &&
      marks.connected == Landmarks::kNone && marks.client_payloads == 0)
    notes.note(Fact::SynUnanswered, {syn.frame(), at(talk, marks.last_syn).frame()},
               [&] { return count(marks.syns, "SYN") + ", no answer"; });
}

void ask_about_more_syn_acks(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const Placed& first = at(talk, marks.syn_ack);
  for (const Placed* again = find_syn_ack_after(talk, first.frame()); again != nullptr;
       again = find_syn_ack_after(talk, again->frame())) {
    if (again->header.seq != first.header.seq && !notes.has(Fact::SynAckSeenTwiceDifferently))
      notes.note(Fact::SynAckSeenTwiceDifferently, {first.frame(), again->frame()}, [&] {
        return fmt::format(FMT_COMPILE("sequence numbers {} and {}, TTL {} and {}"),
                           first.header.seq.value, again->header.seq.value, first.header.ttl,
                           again->header.ttl);
      });
    const bool late =
        marks.connected != Landmarks::kNone && at(talk, marks.connected).frame() < again->frame();
    if (again->header.seq == first.header.seq && late && !notes.has(Fact::SynAckResentLate))
      notes.note(Fact::SynAckResentLate,
                 {first.frame(), at(talk, marks.connected).frame(), again->frame()});
  }
}

void ask_about_syn_ack(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  if (marks.syn_ack == Landmarks::kNone) return;
  const Placed& first = at(talk, marks.syn_ack);
  if (first.header.window == 0) notes.note(Fact::SynProxyLikely, {first.frame()});
  if (marks.syn_acks > 1) ask_about_more_syn_acks(scene, notes);
  if (marks.connected != Landmarks::kNone)
    notes.note(Fact::ConnectionMade, {first.frame(), at(talk, marks.connected).frame()},
               [&](std::string& text) {
                 if (marks.syn != Landmarks::kNone)
                   put(text, "SYN+ACK after ",
                       piece::Elapsed{first.at() - at(talk, marks.syn).at()});
               });
}

/// Of the SYN+ACKs: "… 3 SYN+ACKs, 4 SYNs, checksums right, acknowledging 1".
std::string describe_syn_acks(const Conversation& talk, const Landmarks& marks) {
  int wrong = 0;
  bool known = true;
  for (const Placed* s = &at(talk, marks.syn_ack); s != nullptr;
       s = find_syn_ack_after(talk, s->frame())) {
    wrong += s->header.tcp_checksum == ChecksumState::Bad ? 1 : 0;
    known = known && s->header.tcp_checksum == ChecksumState::Good;
  }
  return fmt::format(FMT_COMPILE("{}, {}, {}, acknowledging {}"), count(marks.syn_acks, "SYN+ACK"),
                     count(marks.syns, "SYN"),
                     wrong > 0 ? fmt::format(FMT_COMPILE("{} with a wrong checksum"), wrong)
                     : known   ? std::string("checksums right")
                               : std::string("checksums not to be told"),
                     at(talk, marks.syn_ack).ack_offset + 1);
}

/// The server did answer, and the client behaves as if it had not.
void ask_for_untaken_syn_ack(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const Event& event = scene.event;
  const bool waits = event.mechanism == Mechanism::Silence && event.stage == Stage::Syn;
  if (!waits || event.in_flight || marks.syn == Landmarks::kNone ||
      marks.syn_ack == Landmarks::kNone)
    return;
  notes.note(Fact::SynAckUntaken,
             {at(talk, marks.syn).frame(), at(talk, marks.syn_ack).frame(),
              at(talk, marks.last_syn).frame()},
             [&] { return describe_syn_acks(talk, marks); });
}

/// The quoted sequence number is one its sender used, give or take a window.
bool quotes_this_connection(const Conversation& talk, const IcmpError& error) {
  const Side sender = error.from == talk.client ? Side::Client : Side::Server;
  const SideCounts& side = talk.side(sender);
  if (!error.has_quoted_seq || !side.reference) return true;
  constexpr std::int32_t kWindow = 1 << 20;
  const std::int32_t offset = error.quoted_seq - side.isn;
  return offset >= -1 && offset <= side.sent_end + kWindow;
}

void ask_about_icmp(const Scene& scene, auto& notes) {
  const Conversation& talk = scene.talk;
  const Event& event = scene.event;
  for (std::size_t i = 0; i < talk.icmp.size(); ++i) {
    // Of several alike the one that ended it is cited.
    const std::size_t which = event.icmp && i == 0 ? *event.icmp : i;
    const IcmpError& error = talk.icmp[which];
    const auto note = [&](Fact fact) {
      if (notes.has(fact)) return;
      notes.note(fact, {error.frame}, [&] {
        return fmt::format(FMT_COMPILE("ICMP{} {}/{} from {}, TTL {}, quoted TTL {}"),
                           error.is_v6 ? "v6" : "", error.type, error.code,
                           to_string(error.reporter), error.ttl, error.quoted_ttl);
      });
    };
    note(Fact::IcmpErrorAboutFlow);
    const bool unreachable = error.is_v6 ? error.type == 1 : error.type == 3;
    const bool too_big = error.is_v6 ? error.type == 2 : error.type == 3 && error.code == 4;
    if (too_big) note(Fact::IcmpTooBig);
    if (unreachable && !too_big) note(Fact::IcmpHardError);
    if (error.type == (error.is_v6 ? 3 : 11)) note(Fact::IcmpTimeExceeded);
    if (!quotes_this_connection(talk, error)) note(Fact::IcmpQuoteForeign);
    const bool about_event = !event.icmp || *event.icmp == which;
    if (!about_event) continue;
    const Endpoint& target = error.from == talk.client ? talk.server : talk.client;
    note(error.reporter == target.ip ? Fact::IcmpFromServer : Fact::IcmpFromElsewhere);
  }
}

}  // namespace

template <class Notes>
void observe_connect(const Scene& scene, Notes& notes) {
  ask_about_syn(scene, notes);
  ask_about_syn_ack(scene, notes);
  ask_for_untaken_syn_ack(scene, notes);
  ask_about_icmp(scene, notes);
}

template void observe_connect(const Scene&, Notebook&);
template void observe_connect(const Scene&, Checklist&);

}  // namespace whohungup
