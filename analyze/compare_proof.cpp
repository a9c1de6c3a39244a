// See compare_proof.h.
#include "analyze/compare_proof.h"

#include <algorithm>

#include "analyze/compare_pair.h"
#include "analyze/sender.h"

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

constexpr ProofGap kUncertain{
    "not-two-ends", "only time and the server's address say that the two captures are of one flow",
    "capture again at both ends, with the whole connection in either capture"};
constexpr ProofGap kTorn{
    "capture-torn",
    "one of the captures holds another piece of this connection, at a time that fits no packet of "
    "the other: what seems to be missing may be there",
    "capture again at both ends, with clocks that nobody sets meanwhile"};
constexpr ProofGap kClock{
    "capture-torn",
    "no steady difference of the clocks fits: one was set while it captured, or stamps are out of "
    "order",
    "capture again at both ends, with clocks that nobody sets meanwhile"};
constexpr ProofGap kElsewhere{
    "capture-elsewhere",
    "by its TTLs the capture was not made at that end itself, and packets may take another way",
    "capture on the host itself, whose own packets bear an untouched TTL there (64, 128 or 255)"};
constexpr ProofGap kPlaceUnknown{
    "capture-elsewhere",
    "the server's capture holds no packet of the server's, so nothing shows that it was made there",
    "capture again on the server's host, with a connection that it does answer in the same file"};
constexpr ProofGap kNoResets{
    "capture-filtered",
    "the capture that lacks the reset holds no reset at all, and a filter may leave them out",
    "capture again without a filter on TCP's flags"};
constexpr ProofGap kNoErrors{
    "capture-filtered",
    "the capture that lacks the ICMP error holds no ICMP at all, and a filter may leave it out",
    "capture again with a filter that takes ICMP as well"};
constexpr ProofGap kNoneOfTheKind{
    "capture-filtered",
    "the capture that lacks what is missing holds no packet like it without SYN, FIN or RST, and a "
    "filter may leave them out",
    "capture again without a filter on TCP's flags"};
constexpr ProofGap kTakesNotAll{
    "capture-filtered",
    "the capture that lacks what is missing lacks what other clients sent as well, though it was "
    "acknowledged: a filter may leave such packets out",
    "capture again without a filter on sizes or flags"};
constexpr ProofGap kNothingOfServers{
    "capture-filtered",
    "the client's capture holds nothing that came from a server, and may be of one direction",
    "capture again at the client without a filter, with another connection in the same file"};
constexpr ProofGap kOneWay{"other-cause-unseen",
                           "the capture at the end that left holds nothing that was sent to it, "
                           "and so not what it may have "
                           "answered",
                           "capture both directions at that end"};
constexpr ProofGap kPartial{
    "other-cause-unseen",
    "the capture at the end that left is cut, begins too late or has holes, and may lack what it "
    "answered",
    "capture whole packets at both ends, from before the connection begins"};
constexpr ProofGap kProvoked{
    "other-cause-unseen",
    "the end that left was sent something before that the other end's capture lacks, and may have "
    "answered that",
    "capture again at both ends without a filter"};
constexpr ProofGap kNotTaken{"other-cause-unseen",
                             "no packet of the server's acknowledges what the client sent last: it "
                             "may have left first, by a "
                             "packet that neither capture holds",
                             "capture again at both ends without a filter on TCP's flags"};

/// Whether all its own packets are as they leave a host. What goes out to expire on the way is no
/// sign of another place.
bool is_at_end(const Ends& ends, Side end) {
  constexpr std::uint8_t kMeantToExpire = 30;
  unsigned untouched = 0, others = 0;
  for (const Placed& s : ends.at(end).segments) {
    if (s.claims != end || s.where == Placed::Where::Duplicate) continue;
    if (is_untouched(s.header.ttl))
      ++untouched;
    else if (s.header.ttl > kMeantToExpire)
      ++others;
  }
  for (const IcmpError& error : ends.at(end).icmp)
    if (error.reporter == (end == Side::Client ? ends.at(end).client : ends.at(end).server).ip)
      is_untouched(error.ttl) ? ++untouched : ++others;
  return untouched > 0 && others == 0;
}

/// What would be worth an answer: anything but a bare ACK.
bool says_something(const SegmentHeader& header) {
  return header.payload_len > 0 || header.flags.has(TcpFlags::kFin | TcpFlags::kRst);
}

/// Whether, before that end left, its capture holds something that the other end's lacks.
bool was_provoked(const Ends& ends, const Pairing& pairing, Side leaver, const Sighting& ending) {
  if (ending.at(leaver) == kNone) return false;
  const Time left = at(ends.at(leaver), ending.at(leaver)).at();
  return std::any_of(pairing.packets.begin(), pairing.packets.end(), [&](const Sighting& s) {
    if (s.claims == leaver || s.at(leaver) == kNone || s.at(other(leaver)) != kNone) return false;
    const Placed& packet = at(ends.at(leaver), s.at(leaver));
    return packet.at() <= left && says_something(packet.header);
  });
}

/// Whether what that end left with acknowledges more than its capture holds until then.
bool knows_more(const Ends& ends, const Pairing& pairing, Side leaver, const Sighting& ending) {
  constexpr Duration kOutOfOrder = std::chrono::milliseconds{1};  // stamps of two directions
  if (ending.at(leaver) == kNone) return false;
  const Shared left = shared(ends, pairing, leaver, ending.at(leaver));
  if (!left.header().flags.ack()) return false;
  const auto heard = sightings(ends, pairing, leaver, other(leaver));
  return std::none_of(heard.begin(), heard.end(), [&](const Shared& s) {
    const TcpFlags flags = s.header().flags;
    const Seq end = s.end() + (flags.syn() ? 1U : 0U) + (flags.fin() ? 1U : 0U);
    return s.at <= left.at + kOutOfOrder && end - left.ack >= 0;
  });
}

/// Whether any packet of the server's in either capture acknowledges the client's last words.
bool was_taken(const Ends& ends, const Pairing& pairing, const Sighting& ending) {
  const Side seen_at = ending.client != kNone ? Side::Client : Side::Server;
  const Shared last = shared(ends, pairing, seen_at, ending.at(seen_at));
  const Seq end = last.end() + (last.header().flags.fin() ? 1U : 0U);
  for (const Side at_end : {Side::Client, Side::Server})
    for (const Shared& s : sightings(ends, pairing, at_end, Side::Server))
      if (s.header().flags.ack() && !s.header().flags.rst() && s.ack - end >= 0) return true;
  return false;
}

/// Of who left: given by a packet that both captures should explain.
std::optional<ProofGap> lacks_of_leaving(const Ends& ends, const Pairing& pairing,
                                         const Claimed& claimed, Side leaver) {
  if (!is_at_end(ends, leaver)) return kElsewhere;
  if (ends.at(leaver).side(other(leaver)).packets == 0 &&
      ends.at(other(leaver)).side(other(leaver)).packets > 0)
    return kOneWay;
  const Sighting* ending = pairing.of(claimed.from, claimed.event);
  if (ending == nullptr) return std::nullopt;
  if (was_provoked(ends, pairing, leaver, *ending)) return kProvoked;
  if (knows_more(ends, pairing, leaver, *ending)) return kPartial;
  if (leaver == Side::Server) return std::nullopt;
  for (const Fact hole : {Fact::StartMissing, Fact::FramesCut, Fact::OneWayOnly,
                          Fact::ServerStreamHole, Fact::ServerFinUnseen, Fact::HelloUnseen})
    if (claimed.at_client.has(hole)) return kPartial;
  const bool is_owed_an_ack =
      claimed.event.mechanism == Mechanism::Fin || claimed.event.mechanism == Mechanism::Alert;
  if (is_owed_an_ack && !was_taken(ends, pairing, *ending)) return kNotTaken;
  return std::nullopt;
}

std::optional<ProofGap> lacks_of_silence(const Ends& ends, const Claimed& claimed) {
  if (claimed.facts.has(Fact::SynArrivedUnanswered)) return kPlaceUnknown;
  if (!is_at_end(ends, Side::Server)) return kElsewhere;
  return std::nullopt;
}

/// Of a packet that its alleged sender is said not to have sent.
std::optional<ProofGap> lacks_of_made(const Ends& ends, const Pairing& pairing,
                                      const Claimed& claimed) {
  // Who sends other bytes, or goes on, shows it by what he does and not by what is missing.
  if (claimed.because == MadeBecause::OtherBytes || claimed.because == MadeBecause::SenderWentOn)
    return std::nullopt;
  if (ends.clock.contradictory) return kClock;
  const Side sender = *claimed.event.claims;
  if (!is_at_end(ends, sender)) return kElsewhere;
  const KindsHeld& holds = ends.span(sender).holds;
  if (claimed.event.mechanism == Mechanism::Icmp)
    return holds.icmp ? std::nullopt : std::optional(kNoErrors);
  if (claimed.event.mechanism != Mechanism::Rst)
    return holds.plain[0] || holds.plain[1] ? std::nullopt : std::optional(kNoneOfTheKind);
  // What came too soon could not have been the sender's, whatever its capture takes; a way that one
  // packet alone has measured may be shorter than that.
  if (holds.resets || (claimed.because == MadeBecause::TooSoon &&
                       pairing.ways[static_cast<std::size_t>(sender)].number > 1))
    return std::nullopt;
  // One hop may be another way through the same network; more are not.
  constexpr int kFarOff = 2;
  const auto usual = pairing.hops[static_cast<std::size_t>(sender)];
  const auto index = static_cast<std::int32_t>(*claimed.event.segment);
  if (usual && *usual - hops(at(ends.at(claimed.from), index).header.ttl) >= kFarOff)
    return std::nullopt;
  return kNoResets;
}

/// Of packets that never arrived at that end.
std::optional<ProofGap> lacks_of_swallowed(const Ends& ends, const Claimed& claimed,
                                           Side receiver) {
  if (ends.clock.contradictory) return kClock;
  const KindsHeld& holds = ends.span(receiver).holds;
  const bool is_syn_ack = claimed.facts.has(Fact::SynAckNeverArrived);
  if (!is_syn_ack && !is_at_end(ends, receiver)) return kElsewhere;
  if (is_syn_ack) return holds.any[1] ? std::nullopt : std::optional(kNothingOfServers);
  // The client asks for what it did not get, whatever its capture holds.
  if (receiver == Side::Client) return std::nullopt;
  if (holds.gaps) return kTakesNotAll;
  return holds.plain[0] ? std::nullopt : std::optional(kNoneOfTheKind);
}

std::optional<ProofGap> lacks_of_box(const Ends& ends, const Pairing& pairing,
                                     const Claimed& claimed) {
  if (claimed.facts.has(Fact::EndingNeverLeft)) return lacks_of_made(ends, pairing, claimed);
  if (claimed.facts.has(Fact::HelloNeverArrived))
    return lacks_of_swallowed(ends, claimed, Side::Server);
  if (claimed.facts.has_any({Fact::ReplyNeverArrived, Fact::SynAckNeverArrived}))
    return lacks_of_swallowed(ends, claimed, Side::Client);
  return std::nullopt;
}

}  // namespace

std::optional<ProofGap> what_proof_lacks(const Ends& ends, const Pairing& pairing,
                                         const Claimed& claimed) {
  if (!ends.certain) return kUncertain;
  if (ends.joined == Joined::Terminated) return std::nullopt;
  if (ends.torn) return kTorn;
  switch (claimed.actor) {
    case Actor::Middlebox:
      return lacks_of_box(ends, pairing, claimed);
    case Actor::Client:
      return lacks_of_leaving(ends, pairing, claimed, Side::Client);
    case Actor::Server:
      return claimed.event.mechanism == Mechanism::Silence
                 ? lacks_of_silence(ends, claimed)
                 : lacks_of_leaving(ends, pairing, claimed, Side::Server);
    default:
      return std::nullopt;
  }
}

bool may_have_stopped(const Ends& ends, Side end, Time moment) {
  const CaptureSpan& span = ends.span(end);
  if (ends.common(end, span.end) < moment) return true;
  return !span.stretches.empty() &&
         std::none_of(span.stretches.begin(), span.stretches.end(), [&](const Stretch& file) {
           return ends.common(end, file.begin) <= moment && moment <= ends.common(end, file.end);
         });
}

Time due_there(const Ends& ends, const Pairing& pairing, const Sighting& s) {
  const bool sent = s.at(s.claims) != kNone;
  const Side here = sent ? s.claims : other(s.claims);
  const Time seen = shared(ends, pairing, here, s.at(here)).at;
  const Pairing::Ways& ways = pairing.ways[static_cast<std::size_t>(s.claims)];
  if (sent) {
    // What was sent later and came shows that this was due before; else a queue may still hold it.
    Time due = seen + std::max(ways.longest, Duration{}) + kSilence;
    for (const Sighting& later : pairing.packets) {
      if (later.claims != s.claims || later.fate != Fate::Both) continue;
      if (shared(ends, pairing, s.claims, later.at(s.claims)).at > seen)
        due = std::min(due, shared(ends, pairing, other(s.claims), later.at(other(s.claims))).at);
    }
    return due;
  }
  return ways.number > 0 ? seen - ways.shortest : seen;
}

void KindsHeld::add(const Conversation& talk) {
  icmp = icmp || !talk.icmp.empty();
  std::int64_t sent = talk.side(Side::Client).isn_seen ? 0 : INT64_MAX - 1;
  for (const Placed& s : talk.segments) {
    const TcpFlags flags = s.header.flags;
    resets = resets || flags.rst();
    if (s.is(Side::Client) && s.offset != Placed::kUnknown) sent = std::max(sent, s.end());
    gaps = gaps || (s.is(Side::Server) && !flags.rst() && s.where != Placed::Where::OutsideWindow &&
                    s.ack_offset != Placed::kUnknown && s.ack_offset > sent + 1);
    any[static_cast<std::size_t>(s.claims)] = true;
    if (!flags.has(TcpFlags::kSyn | TcpFlags::kFin | TcpFlags::kRst))
      plain[static_cast<std::size_t>(s.claims)] = true;
  }
}

void KindsHeld::add(const KindsHeld& more) {
  icmp = icmp || more.icmp;
  resets = resets || more.resets;
  gaps = gaps || more.gaps;
  for (std::size_t side = 0; side < plain.size(); ++side) {
    any[side] = any[side] || more.any[side];
    plain[side] = plain[side] || more.plain[side];
  }
}

}  // namespace whohungup
