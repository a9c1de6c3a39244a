// See compare_words.h.
#include "analyze/compare_words.h"

#include <algorithm>

#include "analyze/landmarks.h"
#include "analyze/words.h"

namespace whohungup {
namespace {

/// What two captures add about the packet or the silence that ended it.
std::string_view about_ending(const Observations& facts, const Verdict& verdict) {
  if (verdict.actor == Actor::Middlebox) {
    if (facts.has(Fact::EndingNeverLeft))
      return verdict.event.claims == Side::Client
                 ? " The client never sent the packet that ended it."
                 : " The server never sent the packet that ended it.";
    if (facts.has(Fact::EndingChanged))
      return " That packet left its sender as another and was changed on the way.";
    if (facts.has(Fact::HelloNeverArrived))
      return " Its hello left the client and never reached the server.";
    if (facts.has(Fact::ReplyNeverArrived))
      return " The server's answer left the server and never reached the client.";
    if (facts.has(Fact::SynAckNeverArrived))
      return " The server's SYN+ACK left the server and never reached the client.";
    if (facts.has(Fact::SynNeverArrived))
      return " The SYN left the client and never reached the server.";
  }
  if (facts.has(Fact::EndingNotThere))
    return " The capture at the end whose address it bears lacks that packet, and these captures "
           "do not tell whether it was never sent or only missed.";
  if (verdict.actor == Actor::Server) {
    if (facts.has(Fact::HelloArrivedUnanswered))
      return " The hello reached the server, and no answer left it.";
    if (facts.has(Fact::SynArrivedUnanswered))
      return " The SYN reached the server, and nothing left it.";
    if (facts.has(Fact::EndingLeft)) return " The server's own capture shows it leaving.";
  }
  return {};
}

/// What became, between the captures, of the packet that ended a connection after its handshake.
/// Of a FIN that both ends saw there is nothing to tell.
std::string about_later_ending(const Ends& ends, const Pairing& pairing) {
  const Sighting* s = later_ending(ends, pairing);
  if (s == nullptr) return {};
  const Side end = s->at(s->claims) != Sighting::kNone ? s->claims : other(s->claims);
  const bool reset = at(ends.at(end), s->at(end)).header.flags.rst();
  const std::string_view sender = s->claims == Side::Client ? "client" : "server";
  const std::string_view receiver = s->claims == Side::Client ? "server" : "client";
  const std::string_view what = reset ? "reset" : "FIN";
  switch (s->fate) {
    case Fate::Both:
      return reset ? fmt::format(" Later the {} reset it, and both captures hold that packet.",
                                 sender)
                   : std::string();
    case Fate::Made:
      return fmt::format(
          " Later it was ended by a {} that bears the {}'s address and that the {} "
          "never sent: it was made on the way.",
          what, sender, sender);
    case Fate::Lost:
      return fmt::format(" Later the {} ended it with a {} that never reached the {}.", sender,
                         what, receiver);
    case Fate::NotKept:
    case Fate::BeyondCapture:
      return {};
    default:
      return fmt::format(
          " Later it was ended by a {} that bears the {}'s address and is in the "
          "{}'s capture only; packets behind the handshake are not compared, so "
          "whether it was made on the way is open.",
          what, sender, end == Side::Client ? "client" : "server");
  }
}

/// Of a proxy: what the headline is about is the client's connection, which is not the server's.
std::string about_two_connections(const Ends& ends, const Observations& facts) {
  if (ends.joined != Joined::Terminated || facts.has(Fact::TerminatedBetween)) return {};
  const bool known = ends.certain && ends.shown_apart;
  return fmt::format(
      " This is the client's connection to {}, which {}ends there: the one in the "
      "server's capture is another, {} → {}.",
      to_string(ends.client.server), known ? "" : "most likely ", to_string(ends.server.client),
      to_string(ends.server.server));
}

/// That what an end sent to end it never reached the other; of a silence, that its reset did not.
std::string_view about_arrival(const Ends& ends, const Pairing& pairing, const Event& event,
                               Side from) {
  const auto words = [](Side sender, bool is_the_ending) -> std::string_view {
    if (sender == Side::Client)
      return is_the_ending ? " That packet never reached the server."
                           : " The client sent a reset that never reached the server.";
    return is_the_ending ? " That packet never reached the client."
                         : " The server sent a reset that never reached the client.";
  };
  const Sighting* ending = pairing.of(from, event);
  if (ending != nullptr && ending->fate == Fate::Lost) return words(ending->claims, true);
  if (event.mechanism != Mechanism::Silence) return {};
  for (const Sighting& s : pairing.packets)
    if (s.fate == Fate::Lost && at(ends.at(s.claims), s.at(s.claims)).header.flags.rst())
      return words(s.claims, false);
  return {};
}

}  // namespace

std::string what_captures_add(const Observations& facts, const Verdict& verdict) {
  if (facts.has(Fact::TerminatedBetween))
    return " The client's connection and the server's are two: something between them ends both.";
  std::string text(about_ending(facts, verdict));
  if (facts.has(Fact::BytesChanged) && !facts.has(Fact::EndingChanged))
    text += " Bytes were changed on the way.";
  return text;
}

std::string what_ends_add(const ToldFrom& told, const Observations& facts, const Verdict& verdict) {
  std::string text = about_two_connections(told.ends, facts);
  text += about_arrival(told.ends, told.pairing, verdict.event, told.from);
  if (verdict.event.mechanism == Mechanism::None)
    text += about_later_ending(told.ends, told.pairing);
  return text;
}

void settle_look_alikes(const Observations& facts, Verdict& verdict) {
  const bool made = facts.has(Fact::EndingNeverLeft) || facts.has(Fact::EndingChanged);
  const bool left = facts.has(Fact::EndingLeft);
  if (!made && !left) return;
  for (LookAlike& one : verdict.look_alikes) {
    const bool about_sender = one.id == "rewriting-box" || one.id == "packet-remaker" ||
                              one.id == "local-security-software";
    const bool about_server = one.id == "load-balancer" || one.id == "firewall-at-server" ||
                              one.id == "lost-state" || one.id == "second-stack-at-server" ||
                              one.id == "anycast-or-ecmp" || one.id == "server-crash" ||
                              one.id == "ban-or-rate-limit";
    if (one.status == LookAlike::Status::Excluded) continue;
    if (left && about_sender) {
      one.status = LookAlike::Status::Excluded;
      one.why = "the capture at the end whose address it bears holds the same packet";
    }
    if (made && about_server && verdict.actor == Actor::Middlebox) {
      one.status = LookAlike::Status::Excluded;
      one.why =
          "the capture at the server shows that it did not come from there; a balancer or firewall "
          "between the two captures that only passes packets on counts as something between";
    }
  }
}

void tell_about_captures(const Ends& ends, const Pairing& pairing, const Observations& facts,
                         Verdict& verdict) {
  using Status = LookAlike::Status;
  std::erase_if(verdict.look_alikes, [](const LookAlike& one) { return one.id == "capture-loss"; });
  const auto missed = pairing.number(Fate::MissedThere) + pairing.number(Fate::MissedHere);
  const auto unclear = pairing.number(Fate::Unclear);
  const bool dropped = facts.has(Fact::CaptureDroppedFrames);
  std::erase_if(verdict.look_alikes, [&](const LookAlike& one) {
    return one.id == "rewriting-box" && verdict.actor == Actor::Middlebox;  // no look-alike of it
  });
  std::erase_if(verdict.next, [](const std::string& step) {
    return step.find("whohungup compare") != std::string::npos;  // that is what was done
  });
  const auto not_compared = pairing.number(Fate::NotKept) + pairing.number(Fate::BeyondCapture);
  LookAlike loss{"capture-loss", Status::Excluded,
                 not_compared == 0
                     ? "every packet of one capture is accounted for in the other"
                     : "every packet that both captures could hold is accounted for in both"};
  if (ends.joined == Joined::Terminated)
    loss = {
        "capture-loss", Status::Untestable,
        "the packets at the two ends are not the same ones, so neither capture checks the other"};
  else if (missed > 0 || dropped)
    loss = {"capture-loss", Status::Possible,
            missed > 0 ? fmt::format("{} that one end sent or received {} missing in its capture",
                                     count(missed, "packet"), missed == 1 ? "is" : "are")
                       : std::string("a capture reports lost frames")};
  else if (unclear > 0)
    loss = {"capture-loss", Status::Possible,
            fmt::format("{} at one end only, and nothing tells whether the other capture missed {}",
                        count(unclear, "packet"), unclear == 1 ? "it" : "them")};
  verdict.look_alikes.insert(verdict.look_alikes.begin(), std::move(loss));
  // What a SYN proxy sends twice bears IP-ID 0 twice, and was captured once each.
  if (ends.syn_proxied)
    std::erase_if(verdict.look_alikes,
                  [](const LookAlike& one) { return one.id == "capture-duplication"; });
  if (facts.has(Fact::CaptureMayHaveStopped)) {
    verdict.look_alikes.push_back(
        {"capture-stopped", Status::Possible,
         "the other end's capture holds nothing later, and may have been stopped before what it "
         "lacks was due"});
    verdict.next.insert(
        verdict.next.begin(),
        "capture again at both ends until long after, with dumpcap or tshark, which "
        "note when a capture ended, or with other traffic than this flow: a later "
        "packet shows that the capture ran");
  } else if (facts.has(Fact::HelloNeverArrived))
    verdict.look_alikes.push_back(
        {"capture-stopped", Status::Excluded, "the server's capture holds later packets"});
}

}  // namespace whohungup
