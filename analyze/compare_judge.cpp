// The joint verdict: which end's event came first, what both captures show of it, and whom that
// names (see compare.h).
#include <algorithm>

#include "analyze/compare_doubt.h"
#include "analyze/compare_pair.h"
#include "analyze/compare_proof.h"
#include "analyze/compare_words.h"
#include "analyze/judge.h"
#include "analyze/observe_together.h"
#include "analyze/rules.h"
#include "analyze/rules_two_captures.h"
#include "analyze/tell.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

/// One end's capture, judged as far as its event.
struct View {
  Landmarks marks;
  Event event;
  Observations facts;
};

View look(const Conversation& talk) {
  View view;
  view.marks = find_landmarks(talk);
  view.event = find_event(talk, view.marks);
  view.facts = observe({talk, view.marks, view.event});
  return view;
}

bool is_quiet(const Event& event) {
  return event.mechanism == Mechanism::Silence || event.mechanism == Mechanism::None;
}

/// Holds only a part of the flow, so that the other capture tells it better.
bool is_partial(const View& view) {
  for (const Fact fact :
       {Fact::OneWayOnly, Fact::FramesCut, Fact::StartMissing, Fact::ClientStreamHole,
        Fact::ServerStreamHole, Fact::CaptureEndsInFlight, Fact::FinishUnseen})
    if (view.facts.has(fact)) return true;
  return false;
}

/// Whether the event at one end is a packet that went on to be, or came as, the other end's event.
bool is_known_there(const Ends& ends, const Pairing& pairing, Side end, const Event& event) {
  const Sighting* s = pairing.of(end, event);
  return s != nullptr && s->at(other(end)) != Sighting::kNone && !ends.at(end).segments.empty();
}

/// Whether the client left on an ending of the server's that the client's capture lacks: what it
/// left with acknowledges that.
bool is_answer_to(const Ends& ends, const Pairing& pairing, const Event& at_client,
                  const Event& at_server) {
  const Sighting* cause = pairing.of(Side::Server, at_server);
  const Sighting* leaving = pairing.of(Side::Client, at_client);
  if (cause == nullptr || leaving == nullptr || cause->claims != Side::Server ||
      leaving->claims != Side::Client || cause->client != Sighting::kNone)
    return false;
  const Shared said = shared(ends, pairing, Side::Server, cause->server);
  const Shared left = shared(ends, pairing, Side::Client, leaving->client);
  const Seq end = said.end() + (said.header().flags.fin() ? 1U : 0U);
  return left.header().flags.ack() && end != said.seq && left.ack - end >= 0;
}

/// Whose event is told: the one that came first. The client's where both are the same.
Side choose_end(const Ends& ends, const Pairing& pairing, const View& client, const View& server) {
  if (ends.joined == Joined::Terminated) return Side::Client;
  // What one capture alone could not even recognize is told from the other.
  if (ends.server.judged_for == JudgedFor::Nothing) return Side::Client;
  if (ends.client.judged_for == JudgedFor::Nothing) return Side::Server;
  const Sighting* at_server = pairing.of(Side::Server, server.event);
  const bool made_at_server = at_server != nullptr && at_server->fate == Fate::Made;
  // Something was swallowed first, and an end gave up on it later.
  const bool swallowed =
      was_swallowed(ends, pairing, Side::Client) || was_swallowed(ends, pairing, Side::Server);
  if (swallowed && !made_at_server && client.event.mechanism == Mechanism::Silence)
    return Side::Client;
  if (is_partial(client) && !is_partial(server)) {
    // That it was finished is no silence: it takes packets to show.
    const bool finished =
        server.event.mechanism == Mechanism::None && server.event.stage == Stage::Established;
    const bool quiet_truth = is_quiet(server.event) && !is_quiet(client.event) && !finished;
    if (!quiet_truth) return Side::Server;
  }
  if (is_quiet(server.event)) return Side::Client;
  if (is_quiet(client.event)) {
    if (client.event.mechanism == Mechanism::None)
      return made_at_server || client.event.stage != Stage::Established ? Side::Server
                                                                        : Side::Client;
    // The client's own leaving, after it had waited long enough, is what its silence ended with.
    if (server.event.claims == Side::Client && !made_at_server) return Side::Client;
    return Side::Server;
  }
  if (is_answer_to(ends, pairing, client.event, server.event)) return Side::Server;
  if (is_known_there(ends, pairing, Side::Client, client.event) &&
      is_known_there(ends, pairing, Side::Server, server.event)) {
    const Time here = ends.common(Side::Client, client.event.at);
    const Time there = ends.common(Side::Server, server.event.at);
    const Side first = there + doubt(ends) < here ? Side::Server : Side::Client;
    return client.event.claims == server.event.claims ? Side::Client : first;
  }
  const Time here = ends.common(Side::Client, client.event.at);
  const Time there = ends.common(Side::Server, server.event.at);
  return there + doubt(ends) < here ? Side::Server : Side::Client;
}

bool is_of_two_captures(const Rule& rule) {
  return kTwoCaptureRules.end() != std::find_if(kTwoCaptureRules.begin(), kTwoCaptureRules.end(),
                                                [&](const Rule& one) { return one.id == rule.id; });
}

/// What both ends show outweighs how packets look at one of them.
Opinion weigh_together(const FactSet& facts) {
  const bool decided = std::any_of(
      kTwoCaptureRules.begin(), kTwoCaptureRules.end(),
      [&](const Rule& rule) { return rule.weight == Weight::Decides && fires(rule, facts); });
  if (!decided) return weigh(facts);
  std::vector<Rule> table;
  for (const Rule& rule : rules())
    if (is_of_two_captures(rule) || rule.favours == Actor::Nobody) table.push_back(rule);
  return weigh(facts, table, caps());
}

/// Nobody is named for a packet that the capture at his own end lacks, nor the server for a silence
/// in which what it should have got, or what it said, was swallowed, or that its own capture
/// belies.
bool is_vetoed(const Opinion& opinion, const FactSet& facts, bool server_answered) {
  if (opinion.actor == Actor::Server && facts.has(Fact::TerminatedBetween)) return true;
  if (opinion.actor == Actor::Server && facts.has(Fact::SilenceEndedIt)) {
    const bool arrived = facts.has_any({Fact::HelloArrivedUnanswered, Fact::SynArrivedUnanswered});
    const bool swallowed = facts.has_any({Fact::HelloNeverArrived, Fact::ReplyNeverArrived,
                                          Fact::SynAckNeverArrived, Fact::LostOnTheWay});
    if (server_answered || (swallowed && !arrived)) return true;
  }
  if (!facts.has_any({Fact::EndingNotThere, Fact::AbsentAtOtherEnd})) return false;
  return (opinion.actor == Actor::Server &&
          facts.has_any({Fact::ServerEndedIt, Fact::IcmpEndedIt})) ||
         (opinion.actor == Actor::Client && facts.has(Fact::ClientEndedIt) &&
          facts.has(Fact::EndingNotThere));
}

/// Nothing is more than suggested where `doubt` says why the captures prove nothing.
Opinion form_opinion(const FactSet& facts, bool server_answered, std::string_view doubt = {}) {
  Opinion opinion = weigh_together(facts);
  if (is_vetoed(opinion, facts, server_answered)) opinion = {};
  if (!doubt.empty() && opinion.actor != Actor::Nobody)
    opinion.confidence = std::min(opinion.confidence, Confidence::Suggested);
  return opinion;
}

/// A look-alike that is possible, before all others.
void leave_open(Verdict& verdict, std::string_view id, std::string_view why) {
  verdict.look_alikes.insert(verdict.look_alikes.begin(),
                             {id, LookAlike::Status::Possible, std::string(why)});
}

}  // namespace

JointJudgement judge_together(const Ends& ends, const Pairing& pairing) {
  const View client = look(ends.client), server = look(ends.server);
  JointJudgement joint;
  joint.judged_from = choose_end(ends, pairing, client, server);
  const View& base = joint.judged_from == Side::Client ? client : server;
  const View& there = joint.judged_from == Side::Client ? server : client;
  Judgement& judgement = joint.judgement;
  judgement.verdict.event = {base.event, {}};
  judgement.facts = base.facts;
  const Scene scene{ends.at(joint.judged_from), base.marks, judgement.verdict.event};
  joint.made_because =
      observe_together({ends, pairing, joint.judged_from, scene}, there.facts, judgement.facts);
  const bool answered = ends.joined != Joined::Terminated &&
                        ends.server.side(Side::Server).sent_end > ends.server.server_answer_at;
  const std::string_view doubt =
      what_forbids_proof(ends, pairing, joint.judged_from, judgement.verdict.event, server.event);
  Opinion opinion = form_opinion(judgement.facts.set, answered, doubt);
  const std::optional<ProofGap> gap =
      opinion.confidence == Confidence::Proven
          ? what_proof_lacks(
                ends, pairing,
                {opinion.actor, joint.judged_from, judgement.verdict.event, judgement.facts.set,
                 joint.made_because, client.facts.set, server.facts.set})
          : std::nullopt;
  if (gap) opinion.confidence = Confidence::Strong;
  conclude(judgement, scene, opinion);
  Verdict& verdict = judgement.verdict;
  verdict.summary += what_captures_add(judgement.facts, verdict);
  verdict.summary += what_ends_add({ends, pairing, joint.judged_from}, judgement.facts, verdict);
  settle_look_alikes(judgement.facts, verdict);
  tell_about_captures(ends, pairing, judgement.facts, verdict);
  if (!doubt.empty()) leave_open(verdict, "not-two-ends", doubt);
  if (gap) {
    leave_open(verdict, gap->id, gap->why);
    verdict.next.insert(verdict.next.begin(), std::string(gap->measure));
  }
  return joint;
}

/// So many other connections of the same hosts have to be in a capture that lacks one of them.
constexpr std::size_t kFewestKnown = 2;

/// Whether something answered the SYN with a reset or an error.
bool is_turned_away(const View& view) {
  return view.event.stage == Stage::Syn &&
         (view.event.mechanism == Mechanism::Rst || view.event.mechanism == Mechanism::Icmp);
}

/// What it says of a SYN that the server's capture lacks it, beside other connections of the same
/// hosts.
template <class Note>
void note_absent_syn(const Conversation& talk, const View& view, const Absence& absence,
                     Note&& note) {
  constexpr int kFewestSyns = 2;
  const std::vector<FrameNo> frames{at(talk, view.marks.syn).frame(),
                                    at(talk, view.marks.last_syn).frame()};
  const std::string others =
      fmt::format("it holds {} of these hosts", count(absence.known, "other connection"));
  if (talk.side(Side::Server).packets == 0) {
    if (view.marks.syns >= kFewestSyns || is_turned_away(view))
      note(Fact::SynNeverArrived, frames,
           fmt::format("{}; {}", count(view.marks.syns, "SYN"), others));
  } else if (is_turned_away(view) && view.event.claims == Side::Server) {
    note(Fact::EndingNeverLeft, {view.event.frame},
         "the server's capture has neither the SYN nor this; " + others);
  }
}

JointJudgement judge_alone(const Conversation& talk, Side end, const Absence& absence) {
  const View view = look(talk);
  JointJudgement joint;
  joint.judged_from = end;
  Judgement& judgement = joint.judgement;
  judgement.verdict.event = {view.event, {}};
  judgement.facts = view.facts;
  const auto note = [&](Fact fact, const Frames& frames, std::string detail) {
    judgement.facts.set.add(fact);
    judgement.facts.seen.push_back({fact, frames, std::move(detail)});
  };
  if (!absence.elsewhen)
    note(Fact::AbsentAtOtherEnd, {talk.first_frame},
         absence.covered ? "it ran at that time" : "nothing tells whether it ran at that time");
  const bool turned_away = is_turned_away(view);
  if (end == Side::Client && absence.covered && absence.known > 0 && absence.lone == 0 &&
      view.marks.syn != Landmarks::kNone)
    note_absent_syn(talk, view, absence, note);
  Opinion opinion = form_opinion(judgement.facts.set, false);
  const bool by_absence =
      turned_away && judgement.facts.set.has_any({Fact::EndingNeverLeft, Fact::SynNeverArrived});
  // One SYN may be missing in a capture by chance, and one connection by another way.
  if (by_absence && opinion.actor == Actor::Middlebox)
    opinion.confidence =
        std::min(opinion.confidence,
                 absence.known >= kFewestKnown ? Confidence::Strong : Confidence::Suggested);
  conclude(judgement, {talk, view.marks, judgement.verdict.event}, opinion);
  judgement.verdict.summary += what_captures_add(judgement.facts, judgement.verdict);
  if (by_absence)
    leave_open(judgement.verdict, "capture-loss",
               "the server's capture may have lost that one SYN and its answer, or they took "
               "another way");
  return joint;
}

}  // namespace whohungup
