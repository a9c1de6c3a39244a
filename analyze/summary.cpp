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

/// Everything the sentences need. Their parts are written one behind the other.
class Sentence {
 public:
  Sentence(const Scene& scene, Judgement& judgement)
      : talk_(scene.talk),
        marks_(scene.marks),
        event_(scene.event),
        facts_(judgement.facts),
        verdict_(judgement.verdict),
        text_(judgement.verdict.summary) {}

  void write() const {
    text_.clear();
    ending();
    if (facts_.has(Fact::ChecksumRefused) && event_.mechanism != Mechanism::None) refused();
  }

 private:
  template <class... Pieces>
  void say(const Pieces&... pieces) const {
    put(text_, pieces...);
  }

  void ending() const {
    if (facts_.has(Fact::HealthProbe))
      return say(
          "The client opened the connection and closed it again without sending a byte, as a "
          "health probe does.");
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
  void refused() const {
    const Placed& first = talk_.refused.front();
    say(" A ", first.header.flags.rst() ? "reset" : "FIN", " in the ",
        first.is(Side::Client) ? "client" : "server", "'s name (frame ", number(first.frame()),
        ") ended nothing: its checksum is wrong, and no host takes such a packet.");
  }

  [[nodiscard]] bool probable() const { return verdict_.confidence == Confidence::Suggested; }

  /// "The server closed", "Probably the client closed", "Somebody closed … in the server's name".
  void who(std::string_view did) const {
    const std::string_view claimed = event_.claims == Side::Client ? "client" : "server";
    switch (verdict_.actor) {
      case Actor::Server:
      case Actor::Client:
        return say(probable() ? "Probably the " : "The ", to_string(verdict_.actor), " ", did,
                   " the connection");
      case Actor::Middlebox:
        return say(probable() ? "Probably something" : "Something", " between client and server ",
                   did, " the connection in the ", claimed, "'s name");
      default:
        return say("Somebody ", did, " the connection in the ", claimed,
                   "'s name, and these packets do not prove who,");
    }
  }

  void since(std::int32_t mark, std::string_view what) const {
    if (mark == Landmarks::kNone || at(talk_, mark).frame() > event_.frame)
      return say("after ", what);
    say(piece::Elapsed{event_.at - at(talk_, mark).at()}, " after ", what);
  }

  /// Seen from the client, a round trip lies between its ACK and what the server does on it.
  void since_accepting() const {
    const auto trip = shortest_round_trip(talk_, marks_, Side::Server);
    if (!facts_.has(Fact::CapturedAtClient) || !trip || marks_.connected == Landmarks::kNone)
      return since(marks_.connected, "accepting it");
    const Duration reaction = event_.at - at(talk_, marks_.connected).at() - *trip;
    if (reaction < Duration{}) return since(marks_.connected, "accepting it");
    say(piece::Elapsed{reaction}, " after accepting it");
  }

  /// By the number of the server's reset, in bytes.
  [[nodiscard]] std::int64_t lost_before_reset() const {
    const Placed& reset = event_.mechanism == Mechanism::Rst ? talk_.segments[*event_.segment]
                                                             : at(talk_, marks_.rst(Side::Server));
    return reset.offset - talk_.side(Side::Server).sent_end;
  }

  /// Of an ending before a byte of the server's handshake.
  void answer_so_far() const {
    if (facts_.has(Fact::ServerFinUnseen))
      return say(", after a FIN of the server's that was not captured");
    if (facts_.has(Fact::ServerStreamHole)) return say(", when the server's answer had been lost");
    if (event_.mechanism == Mechanism::Rst && facts_.has(Fact::RstAheadOfCapture))
      return say("; the reset stands ", count(lost_before_reset(), "byte"),
                 " ahead of what came: so much of an answer was lost, or that number is a guess");
    const Message* said = talk_.first<tls::Alert>(Side::Server);
    if (said != nullptr && said->frames.front() <= event_.frame) {
      const auto& alert = std::get<tls::Alert>(said->what);
      return say(", having answered with the ", alert.fatal() ? "fatal" : "warning", " alert ",
                 tls::name(alert), " (", alert.description, ") alone");
    }
    say(", without a byte of answer");
  }

  void when_accepted() const {
    if (event_.claims == Side::Client) {
      since(marks_.connected, "making it");
      return say(", before it sent a ClientHello");
    }
    if (marks_.client_payloads > 0 && !has_hello(talk_)) return say("before TLS had begun");
    since_accepting();
    say(", before it had seen the ClientHello");
  }

  void when_hello_was_sent() const {
    const bool in_part = facts_.has(Fact::RstAcksPartOfHello) && event_.mechanism == Mechanism::Rst;
    since(in_part ? marks_.hello : marks_.hello_end, "the ClientHello");
    in_part ? say(", having taken in only a part of it") : answer_so_far();
  }

  /// Where it stood: "0.2 ms after the ClientHello, without a byte of answer".
  void when() const {
    switch (event_.stage) {
      case Stage::Syn:
        since(marks_.syn, "the SYN");
        return say(", before it was made");
      case Stage::Accepted:
        return when_accepted();
      case Stage::ClientHello:
        return when_hello_was_sent();
      case Stage::ServerHello:
        since(marks_.hello_end, "the ClientHello");
        return say(", when the server's handshake had begun and was not finished");
      case Stage::Established:
        break;
    }
    since_finish();
    say(verdict_.actor == Actor::Server ? ", without having sent any data"
                                        : ", before any data of the server's");
  }

  void since_finish() const {
    say(piece::Elapsed{event_.at - talk_.finished_at},
        " after the client's last handshake message");
  }

  void fin() const {
    who("closed");
    say(" ");
    when();
    say(".");
  }

  void rst() const {
    if (event_.stage == Stage::Syn && event_.claims == Side::Server) {
      say(refuser(), " refused the connection ");
      since(marks_.syn, "the SYN");
      return say(".");
    }
    who("reset");
    say(" ");
    when();
    if (verdict_.actor == Actor::Middlebox && facts_.has(Fact::FinishedAfterRst))
      say("; the server finished the handshake all the same");
    else if (verdict_.actor == Actor::Middlebox && facts_.has(Fact::ServerBytesBeyondRst))
      say("; the server itself went on");
    else if (facts_.has(Fact::ClientSocketGone))
      say("; its system knew of no such connection any more, and what ended it is not here");
    say(".");
  }

  [[nodiscard]] std::string_view refuser() const {
    if (verdict_.actor == Actor::Server) return probable() ? "Probably the server" : "The server";
    return "Something at the server's address or before it";
  }

  /// "with the alert handshake_failure (40)"
  void with_what_alert() const {
    if (!event_.sealed)
      return say("with the alert ", tls::name({event_.alert_level, event_.alert_description}), " (",
                 event_.alert_description, ")");
    say("with an encrypted alert (its length says so; ", facts_.has(Fact::AlertMayBeGoodbye)
                                                             ? "sealed, it may be a mere good-bye)"
                                                             : "what it says is sealed)");
  }

  void alert() const {
    const std::string_view side = event_.claims == Side::Client ? "client" : "server";
    if (verdict_.actor == Actor::Unknown) {
      say("The handshake was broken off ");
      with_what_alert();
      say(" bearing the ", side, "'s address, ");
    } else {
      say(probable() ? "Probably the " : "The ", verdict_.actor == Actor::Middlebox ? "path" : side,
          " broke the handshake off ");
      with_what_alert();
      say(", ");
    }
    when_alerted();
    say(".");
  }

  void when_alerted() const {
    const bool client = event_.claims == Side::Client;
    switch (event_.stage) {
      case Stage::Established:
        return since_finish();
      case Stage::ServerHello:
        since(marks_.hello_end, "the ClientHello");
        return say(", when the server had answered");
      case Stage::Accepted:
        if (client) return since(marks_.connected, "making it");
        since_accepting();
        return say(", before it had seen the ClientHello");
      default:
        return since(marks_.hello_end, "the ClientHello");
    }
  }

  void plaintext() const {
    const std::string_view dialogue =
        talk_.dialogue ? std::string_view(talk_.dialogue->protocol) : std::string_view();
    if (event_.refused_starttls && facts_.has(Fact::StarttlsRewritten))
      return say("The request for TLS in the ", dialogue,
                 " dialogue was refused, and words of that dialogue had been overwritten on the "
                 "way.");
    if (event_.refused_starttls)
      return say("The ", dialogue, " server was asked for TLS and refused.");
    if (event_.turned_away)
      return say("The ", dialogue,
                 " server turned the client away in plaintext, before TLS was asked for.");
    const std::string_view protocol =
        talk_.server_plaintext ? talk_.server_plaintext->protocol : std::string_view("unknown");
    const bool greeting = facts_.has(Fact::SpokeBeforeHello);
    const std::string_view side = verdict_.actor == Actor::Server
                                      ? (probable() ? "Probably the server" : "The server")
                                      : "Something bearing the server's address";
    say(side, greeting ? " greeted the client with " : " answered the ClientHello with ");
    protocol == "unknown" ? say("something that is not TLS")
                          : say("plaintext that looks like ", protocol);
    say(greeting ? ", where the client expected TLS." : ".");
  }

  void icmp() const {
    const IcmpError& error = talk_.icmp[*event_.icmp];
    const std::string_view packet = event_.stage == Stage::Syn ? "the SYN" : "the client's packets";
    std::string_view reason = "could not be delivered";
    if (facts_.has(Fact::IcmpTimeExceeded)) reason = "ran out of hops";
    if (facts_.has(Fact::IcmpTooBig)) reason = "were too big for the path";
    say(error.reporter, " said that ", packet, " ", reason, ", by ",
        icmp_text(error.is_v6, error.type, error.code),
        ", and nothing more was heard from the server's address.");
  }

  /// How long nothing came, at the end of a sentence.
  void waited() const {
    say(piece::Elapsed{event_.waited}, event_.gave_up ? ", until the client gave up" : "");
  }

  void silence() const {
    if (event_.in_flight && talk_.memory_bounded)
      return say(
          "The memory for flows was used up in the middle of the handshake: how it went on was "
          "not looked at.");
    if (event_.in_flight)
      return say(
          "The capture ends in the middle of the handshake, too soon to call anybody silent.");
    if (facts_.has(Fact::SynAckUntaken)) return syn_ack_not_taken();
    if (event_.stage == Stage::Syn) return syn_unanswered();
    if (facts_.has(Fact::AnswerUntaken)) return answer_not_taken();
    what_stopped();
    waited();
    if (facts_.has(Fact::RstAheadOfCapture))
      say(", but a later reset in the server's name stands ", count(lost_before_reset(), "byte"),
          " ahead of what came: so much of an answer was lost, or that number is a guess");
    say(".");
  }

  void syn_unanswered() const {
    marks_.syns == 1 ? say("No answer came to the SYN")
                     : say("No answer came to any of ", marks_.syns, " SYNs");
    say(" in ", piece::Elapsed{event_.waited}, ".");
  }

  /// Up to "for", of a connection that was made.
  void what_stopped() const {
    if (facts_.has(Fact::RstAheadOfCapture)) return say("Nothing came for ");
    if (facts_.has(Fact::ServerStreamHole))
      return say(
          "The server answered, but bytes of its answer were lost before they got here, and "
          "nothing more came for ");
    if (event_.stage == Stage::ServerHello && is_clients_turn(talk_, marks_))
      return say(
          "The server had sent its part of the handshake, up to ServerHelloDone, and the client "
          "did not go on for ");
    if (event_.stage == Stage::ServerHello)
      return say("The server's handshake stopped halfway and nothing more came for ");
    if (event_.stage == Stage::Accepted) {
      unsaid();
      return say(" for ");
    }
    if (facts_.has(Fact::HelloAcked))
      return say(verdict_.actor == Actor::Server
                     ? (probable() ? "Probably the server" : "The server")
                     : "The server's address",
                 " took the whole ClientHello in and did not answer it for ");
    if (facts_.has(Fact::HelloPartlyAcked))
      return say("Only the beginning of the ClientHello arrived, and no answer came for ");
    say("The ClientHello was never acknowledged, though it was sent ",
        count(marks_.hello_copies, "time"), ", and nothing came for ");
  }

  void syn_ack_not_taken() const {
    const bool went_on = marks_.last_syn > marks_.syn_ack;
    say(count(marks_.syn_acks, "SYN+ACK"),
        " came to where this was captured, and the client acknowledged none",
        went_on ? " and sent its SYN again" : "", " in ", piece::Elapsed{event_.waited},
        ": lost between there and the client, dropped by its own firewall, or refused for a wrong "
        "checksum or acknowledgement number.");
  }

  void answer_not_taken() const {
    const auto untaken = find_untaken_answer(talk_, event_);
    say(!untaken || untaken->all ? "The server's answer" : "A part of the server's answer",
        " came to where this was captured ", count(untaken ? untaken->copies : 2, "time"),
        ", and the client never acknowledged it for ");
    waited();
    say(": lost between there and the client, or dropped by the client's own firewall.");
  }

  /// What was not said before there was a hello.
  void unsaid() const {
    if (talk_.dialogue && talk_.dialogue->asked && !talk_.dialogue->granted)
      return say("The request for TLS in the ", talk_.dialogue->protocol,
                 " dialogue was not answered");
    if (talk_.dialogue)
      return say("The ", talk_.dialogue->protocol,
                 " dialogue stopped before TLS began, and nothing more was said");
    say(server_greets_on(talk_.server.port)
            ? "The connection was made, and the greeting that a server owes here did not come"
            : "The connection was made and then nothing was said");
  }

  void completed() const {
    if (talk_.finished() && marks_.hello != Landmarks::kNone)
      return say("The handshake was completed in ",
                 piece::Elapsed{talk_.finished_at - at(talk_, marks_.hello).at()}, ".");
    say(talk_.finished() ? "The handshake was completed."
                         : "The handshake was completed, as far as the captured part shows.");
  }

  const Conversation& talk_;
  const Landmarks& marks_;
  const Event& event_;
  const Observations& facts_;
  const Verdict& verdict_;
  std::string& text_;
};

}  // namespace

void write_summary(const Scene& scene, Judgement& judgement) { Sentence(scene, judgement).write(); }

}  // namespace whohungup
