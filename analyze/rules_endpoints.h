// The rows of the table (rules.cpp) that favour one of the two ends, or say that nobody ended it.
#pragma once

#include <array>

#include "analyze/rules.h"

namespace whohungup {

inline constexpr std::array kEndpointRules = [] {
  using enum Actor;
  using enum Weight;
  using enum Fact;
  return std::array{
      // ── nobody ────────────────────────────────────────────────────────────────────────────────
      Rule{.id = "server-went-on",
           .favours = Nobody,
           .weight = Decides,
           .group = Group::State,
           .when = {NothingEndedIt, ServerDataAfterFinished},
           .because = "the server sent encrypted data after the client's Finished, so it had "
                      "accepted the handshake"},
      Rule{.id = "server-finished-last",
           .favours = Nobody,
           .weight = Decides,
           .group = Group::Sequence,
           .when = {NothingEndedIt, HandshakeFinished, FinishedByServer},
           .because = "the server's Finished answers the client's, so both sides had accepted the "
                      "handshake"},
      Rule{.id = "handshake-finished",
           .favours = Nobody,
           .weight = Points,
           .group = Group::State,
           .when = {NothingEndedIt, HandshakeFinished},
           .because = "both sides sent what finishes a handshake, and neither took it back"},
      Rule{.id = "closed-in-order",
           .favours = Nobody,
           .weight = Points,
           .group = Group::Sequence,
           .when = {NothingEndedIt, HandshakeFinished, ClientFinSeen},
           .unless = {ServerStreamHole},  // an alert may be missing
           .because = "the client closed the connection in good order after the handshake"},
      Rule{.id = "went-on-unseen",
           .favours = Nobody,
           .weight = Points,
           .group = Group::State,
           .when = {NothingEndedIt, ClientWentOn},
           .unless = {HandshakeFinished},
           .because = "the client went on to encrypted data, as only a client does whose handshake "
                      "was answered; the rest is missing from the capture"},

      // ── the server ────────────────────────────────────────────────────────────────────────────
      Rule{.id = "bears-server-address",
           .favours = Server,
           .weight = Hints,
           .group = Group::Address,
           .when = {ServerEndedIt},
           .because = "the packet that ended it bears the server's address, which anyone on the "
                      "path can write"},
      Rule{.id = "from-server-distance",
           .favours = Server,
           .weight = Points,
           .group = Group::Ttl,
           .when = {ServerEndedIt, EndingTtlSame},
           // A server that goes on and takes in what the reset refused shares its host with nothing
           // that resets, however far away that is.
           .unless = {StarttlsRewritten, PacketsRemade, ServerAnswersAfterRst},
           .because = "it travelled as far as the server's other packets"},
      Rule{.id = "continued-from-server-distance",
           .favours = Server,
           .weight = Points,
           .group = Group::Ttl,
           .when = {RstEndedIt, ServerEndedIt, EndingTtlSame, RstContinuesSender,
                    ServerAnswersAfterRst},
           .unless = {PacketsRemade},
           .because =
               "it travelled as far as the server's other packets and continues them, though "
               "the server went on: such a contradiction proves nothing"},
      Rule{.id = "continues-server",
           .favours = Server,
           .weight = Points,
           .group = Group::HeaderShape,
           .when = {ServerEndedIt, EndingContinuesSender},
           .unless = {StarttlsRewritten,
                      PacketsRemade},  // what changes words leaves the headers as they are
           .because =
               "its header continues the server's other packets: the same TTL and flags, the "
               "next IP-ID or clock value"},
      Rule{.id = "rst-continues-server",
           .favours = Server,
           .weight = Points,
           .group = Group::HeaderShape,
           .when = {RstEndedIt, ServerEndedIt, RstContinuesSender},
           .unless = {PacketsRemade},
           .because = "the reset continues the server's own counters and clock, which only one "
                      "who watches or rewrites the server's packets could imitate"},
      Rule{.id = "closed-at-accept",
           .favours = Server,
           .weight = Points,
           .group = Group::State,
           .when = {FinEndedIt, ServerEndedIt, FinBeforeHello},
           .unless = {ServerBytesBeyondFin},
           .because = "it was closed before anything of the ClientHello had arrived, so nothing in "
                      "the hello provoked it: so does a server that refuses this client, or a "
                      "balancer with nothing behind it"},
      Rule{.id = "reset-at-accept",
           .favours = Server,
           .weight = Hints,
           .group = Group::State,
           .when = {RstEndedIt, ServerEndedIt, RstAcksNothing},
           .unless = {SynRefused},
           .because = "the reset had received nothing of the hello, as an application that refuses "
                      "connections at once"},
      Rule{.id = "had-acknowledged-hello",
           .favours = Server,
           .weight = Hints,
           .group = Group::State,
           .when = {ServerEndedIt, EndingAfterServerAck},
           .unless = {ServerBytesBeyondRst},
           .because = "the server's TCP had taken the hello in before it ended"},
      Rule{.id = "refused-syn",
           .favours = Server,
           .weight = Points,
           .group = Group::State,
           .when = {RstEndedIt, ServerEndedIt, SynRefused},
           .because = "a port without a listener answers a SYN like this (and so does a firewall "
                      "that rejects)"},
      Rule{.id = "rst-knows-lost-bytes",
           .favours = Server,
           .weight = Points,
           .group = Group::Sequence,
           .when = {RstEndedIt, ServerEndedIt, RstKnowsLostBytes},
           .unless = {RstSeqSteps, RstRepeated},
           .because = "the reset stands behind bytes the client never got: only their sender knows "
                      "how many"},
      Rule{.id = "spoke-tls-alert",
           .favours = Server,
           .weight = Points,
           .group = Group::Content,
           .when = {AlertEndedIt, ServerEndedIt, EndingTtlSame},
           .unless = {ServerBytesDisagree},
           .because = "an alert is said by what speaks TLS there; a box that cuts connections "
                      "resets them"},
      Rule{.id = "alert-under-session-keys",
           .favours = Server,
           .weight = Decides,
           .group = Group::Content,
           .when = {AlertEndedIt, ServerEndedIt, AlertOpened},
           .because = "the alert was encrypted with the session's keys, which only the server has"},
      Rule{.id = "refused-starttls",
           .favours = Server,
           .weight = Points,
           .group = Group::Content,
           .when = {PlaintextEndedIt, ServerEndedIt, StarttlsRefused},
           .unless = {StarttlsRewritten},
           .because = "the server was asked for TLS and said no"},
      Rule{.id = "turned-away",
           .favours = Server,
           .weight = Points,
           .group = Group::Content,
           .when = {PlaintextEndedIt, ServerEndedIt, GreetingRefused},
           .unless = {StarttlsRewritten},
           .because = "the server said in the words of its own protocol that it does not serve "
                      "this client"},
      Rule{
          .id = "owes-the-answer",
          .favours = Server,
          .weight = Points,
          .group = Group::State,
          .when = {SilenceEndedIt, SilenceAfterHello, HelloAcked},
          .unless = {ServerStreamHole, SynAckResentLate, CaptureEndsInFlight, ServerHandshakeBegun},
          .because = "the server's TCP acknowledged the whole hello, and nothing answered it"},
      Rule{.id = "answered-too-late",
           .favours = Server,
           .weight = Points,
           .group = Group::State,
           .when = {SilenceEndedIt, SilenceAfterHello, HelloAcked, ServerHandshakeBegun},
           .unless = {ServerStreamHole, SynAckResentLate, CaptureEndsInFlight, LaterBytesUnacked},
           .because =
               "the server's TCP acknowledged the whole hello, and its answer came only when "
               "the client had given up"},
      Rule{.id = "owes-the-rest",
           .favours = Server,
           .weight = Points,
           .group = Group::State,
           .when = {SilenceEndedIt, ServerHandshakeBegun, HelloAcked, ClientGaveUp},
           .unless = {ServerStreamHole, SynAckResentLate, CaptureEndsInFlight, AnswerUnacked,
                      SilenceAfterHello},
           .because = "the server's handshake had begun and the client waited for the rest of it, "
                      "though the rest may have been lost on the way"},
      Rule{.id = "hello-taken-at-server-distance",
           .favours = Server,
           .weight = Points,
           .group = Group::Ttl,
           .when = {SilenceEndedIt, SilenceAfterHello, HelloAcked, HelloAckTtlSame},
           .unless = {ServerStreamHole, SynAckResentLate, CaptureEndsInFlight, LaterBytesUnacked,
                      PacketsRemade},
           .because = "what acknowledged the hello is as far away as what accepted the connection"},
      Rule{.id = "icmp-from-server",
           .favours = Server,
           .weight = Points,
           .group = Group::State,
           .when = {IcmpEndedIt, IcmpHardError, IcmpFromServer},
           .unless = {IcmpQuoteForeign},
           .because = "an ICMP error bearing the server's own address turned the packet away, as a "
                      "ban or a REJECT rule on the server does"},

      // ── the client ────────────────────────────────────────────────────────────────────────────
      Rule{.id = "bears-client-address",
           .favours = Client,
           .weight = Hints,
           .group = Group::Address,
           .when = {ClientEndedIt},
           .because = "the packet that ended it bears the client's address"},
      Rule{.id = "from-client-distance",
           .favours = Client,
           .weight = Points,
           .group = Group::Ttl,
           .when = {ClientEndedIt, EndingTtlSame},
           .because = "it travelled as far as the client's other packets"},
      Rule{.id = "continues-client",
           .favours = Client,
           .weight = Points,
           .group = Group::HeaderShape,
           .when = {ClientEndedIt, EndingContinuesSender},
           .because =
               "its header continues the client's other packets: the same TTL and flags, the "
               "next IP-ID or clock value"},
      Rule{.id = "rst-continues-client",
           .favours = Client,
           .weight = Points,
           .group = Group::HeaderShape,
           .when = {RstEndedIt, ClientEndedIt, RstContinuesSender},
           .because = "the reset continues the client's own counters and clock"},
      Rule{.id = "seen-leaving-the-client",
           .favours = Client,
           .weight = Decides,
           .group = Group::State,
           .when = {ClientEndedIt, CapturedAtClient, EndingTtlSame, EndingContinuesSender},
           .because = "the capture was made at the client, before anything on the path could speak "
                      "in its name"},
      Rule{.id = "rst-seen-leaving-the-client",
           .favours = Client,
           .weight = Decides,
           .group = Group::State,
           .when = {RstEndedIt, ClientEndedIt, CapturedAtClient, RstContinuesSender},
           .because = "the capture was made at the client, before anything on the path could speak "
                      "in its name"},
      Rule{.id = "client-alert-under-session-keys",
           .favours = Client,
           .weight = Decides,
           .group = Group::Content,
           .when = {AlertEndedIt, ClientEndedIt, AlertOpened},
           .because = "the alert was encrypted with the session's keys, which only the client has"},
      Rule{.id = "client-said-goodbye",
           .favours = Client,
           .weight = Points,
           .group = Group::Content,
           .when = {DialogueCutShort, ClientSaidGoodbye},
           .because = "the client itself said goodbye in the plaintext dialogue"},
  };
}();

}  // namespace whohungup
