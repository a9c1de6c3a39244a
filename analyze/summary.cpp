// The verdict in one sentence. What is not proven is said with "probably"; where nobody can be
// named the sentence speaks of addresses and packets only. Names from packets (SNI, banners) are
// hostile text and never appear.
#include "analyze/sender.h"
#include "analyze/tell.h"
#include "analyze/turn.h"
#include "analyze/words.h"
#include "dissect/icmp_names.h"
#include "dissect/tls_alert.h"

namespace whohungup {
namespace {

/// Everything the sentences need.
class Sentence {
 public:
  Sentence(const Scene& scene, const Judgement& judgement)
      : talk_(scene.talk),
        marks_(scene.marks),
        event_(scene.event),
        facts_(judgement.facts),
        verdict_(judgement.verdict) {}

  [[nodiscard]] std::string write() const {
    std::string text = ending();
    if (facts_.has(Fact::ChecksumRefused) && event_.mechanism != Mechanism::None)
      text += " " + refused();
    return text;
  }

 private:
  [[nodiscard]] std::string ending() const {
    if (facts_.has(Fact::HealthProbe))
      return "The client opened the connection and closed it again without sending a byte, as a "
             "health probe does.";
    switch (event_.mechanism) {
      case Mechanism::Fin:
        return fin();
      case Mechanism::Rst:
        return rst();
      case Mechanism::Alert:
        return alert();
      case Mechanism::Plaintext:
        return plaintext();
      case Mechanism::Icmp:
        return icmp();
      case Mechanism::Silence:
        return silence();
      case Mechanism::None:
        break;
    }
    return completed();
  }

  /// What looks like an ending and is none.
  [[nodiscard]] std::string refused() const {
    const Placed& first = talk_.refused.front();
    return fmt::format(FMT_COMPILE("A {} in the {}'s name (frame {}) ended nothing: its checksum "
                                   "is wrong, and no host takes "
                                   "such a packet."),
                       first.header.flags.rst() ? "reset" : "FIN",
                       first.is(Side::Client) ? "client" : "server", number(first.frame()));
  }

  [[nodiscard]] bool probable() const { return verdict_.confidence == Confidence::Suggested; }

  /// "The server closed", "Probably the client closed", "Somebody closed … in the server's name".
  [[nodiscard]] std::string who(std::string_view did) const {
    const std::string_view claimed = event_.claims == Side::Client ? "client" : "server";
    switch (verdict_.actor) {
      case Actor::Server:
      case Actor::Client:
        return fmt::format(FMT_COMPILE("{} {} {} the connection"),
                           probable() ? "Probably the" : "The", to_string(verdict_.actor), did);
      case Actor::Middlebox:
        return fmt::format(
            FMT_COMPILE("{} between client and server {} the connection in the {}'s name"),
            probable() ? "Probably something" : "Something", did, claimed);
      default:
        return fmt::format(
            FMT_COMPILE("Somebody {} the connection in the {}'s name, and these packets do not "
                        "prove who,"),
            did, claimed);
    }
  }

  [[nodiscard]] std::string since(std::int32_t mark, std::string_view what) const {
    if (mark == Landmarks::kNone || at(talk_, mark).frame() > event_.frame)
      return fmt::format(FMT_COMPILE("after {}"), what);
    return fmt::format(FMT_COMPILE("{} after {}"), say(event_.at - at(talk_, mark).at()), what);
  }

  /// Seen from the client, a round trip lies between its ACK and what the server does on it.
  [[nodiscard]] std::string since_accepting() const {
    const auto trip = shortest_round_trip(talk_, marks_, Side::Server);
    if (!facts_.has(Fact::CapturedAtClient) || !trip || marks_.connected == Landmarks::kNone)
      return since(marks_.connected, "accepting it");
    const Duration reaction = event_.at - at(talk_, marks_.connected).at() - *trip;
    if (reaction < Duration{}) return since(marks_.connected, "accepting it");
    return fmt::format(FMT_COMPILE("{} after accepting it"), say(reaction));
  }

  /// By the number of the server's reset, in bytes.
  [[nodiscard]] std::int64_t lost_before_reset() const {
    const Placed& reset = event_.mechanism == Mechanism::Rst ? talk_.segments[*event_.segment]
                                                             : at(talk_, marks_.rst(Side::Server));
    return reset.offset - talk_.side(Side::Server).sent_end;
  }

  /// Of an ending before a byte of the server's handshake.
  [[nodiscard]] std::string answer_so_far() const {
    if (facts_.has(Fact::ServerFinUnseen))
      return ", after a FIN of the server's that was not captured";
    if (facts_.has(Fact::ServerStreamHole)) return ", when the server's answer had been lost";
    if (event_.mechanism == Mechanism::Rst && facts_.has(Fact::RstAheadOfCapture))
      return fmt::format(FMT_COMPILE("; the reset stands {} ahead of what came: so much of an "
                                     "answer was lost, or that number "
                                     "is a guess"),
                         count(lost_before_reset(), "byte"));
    const Message* said = talk_.first<tls::Alert>(Side::Server);
    if (said != nullptr && said->frames.front() <= event_.frame) {
      const auto& alert = std::get<tls::Alert>(said->what);
      return fmt::format(FMT_COMPILE(", having answered with the {} alert {} ({}) alone"),
                         alert.fatal() ? "fatal" : "warning", tls::name(alert), alert.description);
    }
    return ", without a byte of answer";
  }

  /// Where it stood: "0.2 ms after the ClientHello, without a byte of answer".
  [[nodiscard]] std::string when() const {
    switch (event_.stage) {
      case Stage::Syn:
        return since(marks_.syn, "the SYN") + ", before it was made";
      case Stage::Accepted:
        if (event_.claims == Side::Client)
          return since(marks_.connected, "making it") + ", before it sent a ClientHello";
        if (marks_.client_payloads > 0 && !has_hello(talk_)) return "before TLS had begun";
        return since_accepting() + ", before it had seen the ClientHello";
      case Stage::ClientHello:
        if (facts_.has(Fact::RstAcksPartOfHello) && event_.mechanism == Mechanism::Rst)
          return since(marks_.hello, "the ClientHello") + ", having taken in only a part of it";
        return since(marks_.hello_end, "the ClientHello") + answer_so_far();
      case Stage::ServerHello:
        return since(marks_.hello_end, "the ClientHello") +
               ", when the server's handshake had begun and was not finished";
      case Stage::Established:
        break;
    }
    return say(event_.at - talk_.finished_at) + " after the client's last handshake message, " +
           (verdict_.actor == Actor::Server ? "without having sent any data"
                                            : "before any data of the server's");
  }

  [[nodiscard]] std::string fin() const {
    return fmt::format(FMT_COMPILE("{} {}."), who("closed"), when());
  }

  [[nodiscard]] std::string rst() const {
    if (event_.stage == Stage::Syn && event_.claims == Side::Server)
      return fmt::format(FMT_COMPILE("{} refused the connection {}."), refuser(),
                         since(marks_.syn, "the SYN"));
    std::string text = fmt::format(FMT_COMPILE("{} {}"), who("reset"), when());
    if (verdict_.actor == Actor::Middlebox && facts_.has(Fact::FinishedAfterRst))
      text += "; the server finished the handshake all the same";
    else if (verdict_.actor == Actor::Middlebox && facts_.has(Fact::ServerBytesBeyondRst))
      text += "; the server itself went on";
    else if (facts_.has(Fact::ClientSocketGone))
      text += "; its system knew of no such connection any more, and what ended it is not here";
    return text + ".";
  }

  [[nodiscard]] std::string refuser() const {
    if (verdict_.actor == Actor::Server) return probable() ? "Probably the server" : "The server";
    return "Something at the server's address or before it";
  }

  [[nodiscard]] std::string alert() const {
    const bool client = event_.claims == Side::Client;
    const std::string_view side = client ? "client" : "server";
    std::string name;
    if (event_.sealed)
      name = facts_.has(Fact::AlertMayBeGoodbye)
                 ? "with an encrypted alert (its length says so; sealed, it may be a mere good-bye)"
                 : "with an encrypted alert (its length says so; what it says is sealed)";
    else
      name = fmt::format(FMT_COMPILE("with the alert {} ({})"),
                         tls::name({event_.alert_level, event_.alert_description}),
                         event_.alert_description);
    if (verdict_.actor == Actor::Unknown)
      return fmt::format(
          FMT_COMPILE("The handshake was broken off {} bearing the {}'s address, {}."), name, side,
          when_alerted());
    return fmt::format(FMT_COMPILE("{} {} broke the handshake off {}, {}."),
                       probable() ? "Probably the" : "The",
                       verdict_.actor == Actor::Middlebox ? "path" : side, name, when_alerted());
  }

  [[nodiscard]] std::string when_alerted() const {
    const bool client = event_.claims == Side::Client;
    switch (event_.stage) {
      case Stage::Established:
        return say(event_.at - talk_.finished_at) + " after the client's last handshake message";
      case Stage::ServerHello:
        return since(marks_.hello_end, "the ClientHello") + ", when the server had answered";
      case Stage::Accepted:
        if (!client) return since_accepting() + ", before it had seen the ClientHello";
        return since(marks_.connected, "making it");
      default:
        return since(marks_.hello_end, "the ClientHello");
    }
  }

  [[nodiscard]] std::string plaintext() const {
    if (event_.refused_starttls && facts_.has(Fact::StarttlsRewritten))
      return fmt::format(FMT_COMPILE("The request for TLS in the {} dialogue was refused, and "
                                     "words of that dialogue had been "
                                     "overwritten on the way."),
                         talk_.dialogue ? talk_.dialogue->protocol : "");
    if (event_.refused_starttls)
      return fmt::format(FMT_COMPILE("The {} server was asked for TLS and refused."),
                         talk_.dialogue ? talk_.dialogue->protocol : "");
    if (event_.turned_away)
      return fmt::format(
          FMT_COMPILE(
              "The {} server turned the client away in plaintext, before TLS was asked for."),
          talk_.dialogue ? talk_.dialogue->protocol : "");
    const std::string_view protocol =
        talk_.server_plaintext ? talk_.server_plaintext->protocol : std::string_view("unknown");
    const std::string what =
        protocol == "unknown" ? std::string("something that is not TLS")
                              : fmt::format(FMT_COMPILE("plaintext that looks like {}"), protocol);
    const bool greeting = facts_.has(Fact::SpokeBeforeHello);
    const std::string_view side = verdict_.actor == Actor::Server
                                      ? (probable() ? "Probably the server" : "The server")
                                      : "Something bearing the server's address";
    if (greeting)
      return fmt::format(
          FMT_COMPILE("{} greeted the client with {}, where the client expected TLS."), side, what);
    return fmt::format(FMT_COMPILE("{} answered the ClientHello with {}."), side, what);
  }

  [[nodiscard]] std::string icmp() const {
    const IcmpError& error = talk_.icmp[*event_.icmp];
    const std::string_view packet = event_.stage == Stage::Syn ? "the SYN" : "the client's packets";
    std::string_view reason = "could not be delivered";
    if (facts_.has(Fact::IcmpTimeExceeded)) reason = "ran out of hops";
    if (facts_.has(Fact::IcmpTooBig)) reason = "were too big for the path";
    return fmt::format(
        FMT_COMPILE(
            "{} said that {} {}, by {}, and nothing more was heard from the server's address."),
        to_string(error.reporter), packet, reason, icmp_text(error.is_v6, error.type, error.code));
  }

  [[nodiscard]] std::string silence() const {
    if (event_.in_flight && talk_.memory_bounded)
      return "The memory for flows was used up in the middle of the handshake: how it went on was "
             "not looked at.";
    if (event_.in_flight)
      return "The capture ends in the middle of the handshake, too soon to call anybody silent.";
    const std::string waited = say(event_.waited);
    if (facts_.has(Fact::SynAckUntaken)) return syn_ack_not_taken(waited);
    if (event_.stage == Stage::Syn)
      return fmt::format(FMT_COMPILE("No answer came to {} in {}."),
                         marks_.syns == 1 ? std::string("the SYN")
                                          : fmt::format(FMT_COMPILE("any of {} SYNs"), marks_.syns),
                         waited);
    const std::string end = event_.gave_up ? ", until the client gave up" : "";
    if (facts_.has(Fact::AnswerUntaken)) return answer_not_taken(waited, end);
    if (facts_.has(Fact::RstAheadOfCapture))
      return fmt::format(
          FMT_COMPILE("Nothing came for {}{}, but a later reset in the server's name stands {} "
                      "ahead of what "
                      "came: so much of an answer was lost, or that number is a guess."),
          waited, end, count(lost_before_reset(), "byte"));
    if (facts_.has(Fact::ServerStreamHole))
      return fmt::format(
          FMT_COMPILE("The server answered, but bytes of its answer were lost before they got "
                      "here, and nothing more came for {}{}."),
          waited, end);
    if (event_.stage == Stage::ServerHello && is_clients_turn(talk_, marks_))
      return fmt::format(FMT_COMPILE("The server had sent its part of the handshake, up to "
                                     "ServerHelloDone, and the client "
                                     "did not go on for {}{}."),
                         waited, end);
    if (event_.stage == Stage::ServerHello)
      return fmt::format(
          FMT_COMPILE("The server's handshake stopped halfway and nothing more came for {}{}."),
          waited, end);
    if (event_.stage == Stage::Accepted)
      return fmt::format(FMT_COMPILE("{} for {}{}."), unsaid(), waited, end);
    if (facts_.has(Fact::HelloAcked))
      return fmt::format(
          FMT_COMPILE("{} took the whole ClientHello in and did not answer it for {}{}."),
          verdict_.actor == Actor::Server ? (probable() ? "Probably the server" : "The server")
                                          : "The server's address",
          waited, end);
    if (facts_.has(Fact::HelloPartlyAcked))
      return fmt::format(
          FMT_COMPILE(
              "Only the beginning of the ClientHello arrived, and no answer came for {}{}."),
          waited, end);
    return fmt::format(
        FMT_COMPILE("The ClientHello was never acknowledged, though it was sent {}, and nothing "
                    "came for {}{}."),
        count(marks_.hello_copies, "time"), waited, end);
  }

  [[nodiscard]] std::string syn_ack_not_taken(std::string_view waited) const {
    const bool went_on = marks_.last_syn > marks_.syn_ack;
    return fmt::format(
        FMT_COMPILE(
            "{} came to where this was captured, and the client acknowledged none{} in {}: lost "
            "between there and the client, dropped by its own firewall, or refused for a wrong "
            "checksum or acknowledgement number."),
        count(marks_.syn_acks, "SYN+ACK"), went_on ? " and sent its SYN again" : "", waited);
  }

  [[nodiscard]] std::string answer_not_taken(std::string_view waited, std::string_view end) const {
    const auto untaken = find_untaken_answer(talk_, event_);
    return fmt::format(
        FMT_COMPILE(
            "{} came to where this was captured {}, and the client never acknowledged it for {}{}: "
            "lost between there and the client, or dropped by the client's own firewall."),
        !untaken || untaken->all ? "The server's answer" : "A part of the server's answer",
        count(untaken ? untaken->copies : 2, "time"), waited, end);
  }

  /// What was not said before there was a hello.
  [[nodiscard]] std::string unsaid() const {
    if (talk_.dialogue && talk_.dialogue->asked && !talk_.dialogue->granted)
      return fmt::format(FMT_COMPILE("The request for TLS in the {} dialogue was not answered"),
                         talk_.dialogue->protocol);
    if (talk_.dialogue)
      return fmt::format(
          FMT_COMPILE("The {} dialogue stopped before TLS began, and nothing more was said"),
          talk_.dialogue->protocol);
    return server_greets_on(talk_.server.port)
               ? "The connection was made, and the greeting that a server owes here did not come"
               : "The connection was made and then nothing was said";
  }

  [[nodiscard]] std::string completed() const {
    if (talk_.finished() && marks_.hello != Landmarks::kNone)
      return fmt::format(FMT_COMPILE("The handshake was completed in {}."),
                         say(talk_.finished_at - at(talk_, marks_.hello).at()));
    if (talk_.finished()) return "The handshake was completed.";
    return "The handshake was completed, as far as the captured part shows.";
  }

  const Conversation& talk_;
  const Landmarks& marks_;
  const Event& event_;
  const Observations& facts_;
  const Verdict& verdict_;
};

}  // namespace

std::string summarize(const Scene& scene, const Judgement& judgement) {
  return Sentence(scene, judgement).write();
}

}  // namespace whohungup
