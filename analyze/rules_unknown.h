// The rows of the table (rules.cpp) that say why nobody can be named from these packets.
#pragma once

#include <array>

#include "analyze/rules.h"

namespace whohungup {

inline constexpr std::array kUnknownRules = [] {
  using enum Actor;
  using enum Weight;
  using enum Fact;
  return std::array{
      // ── nobody can be named, and why ──────────────────────────────────────────────────────────
      Rule{.id = "second-stack-at-that-distance",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Ttl,
           .when = {RstEndedIt, RstOtherStack},
           .because = "the reset came as far as its sender's packets, but from another kind of "
                      "machine: a balancer, firewall or second host at or next to the endpoint"},
      Rule{.id = "bare-rst-from-server-distance",
           .favours = Unknown,
           .weight = Points,
           .group = Group::State,
           .when = {RstEndedIt, ServerEndedIt, RstLacksAckFlag, RstTtlSame, ServerBytesBeyondRst},
           .because =
               "the server went on after a reset made without knowledge of the connection: a "
               "host firewall's, or another node's at the server's address"},
      Rule{.id = "hello-vanished",
           .favours = Unknown,
           .weight = Points,
           .group = Group::State,
           .when = {SilenceEndedIt, SilenceAfterHello},
           .unless = {HelloAcked, HelloPartlyAcked},
           .because =
               "the connection was made, and then not even an ACK came for the ClientHello: it "
               "was swallowed on the way, or what accepted the connection was gone"},
      Rule{.id = "hello-stuck-midway",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Sequence,
           .when = {SilenceEndedIt, HelloPartlyAcked},
           .because = "the first part of the hello arrived and the rest did not: too big for the "
                      "path, or swallowed"},
      Rule{.id = "reply-lost",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Sequence,
           .when = {SilenceEndedIt, ServerStreamHole},
           .because = "the server did answer: bytes it sent before its later packets never arrived "
                      "here"},
      Rule{.id = "reply-not-taken",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Sequence,
           .when = {SilenceEndedIt, AnswerUnacked},
           .because = "the server did answer, and the client left without having acknowledged it: "
                      "the answer was lost on its way"},
      Rule{.id = "answer-not-taken",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Sequence,
           .when = {SilenceEndedIt, AnswerUntaken},
           .because = "the server's answer came to where this was captured again and again, and "
                      "the client never acknowledged it: lost between there and the client, or "
                      "dropped by the client's own firewall"},
      Rule{.id = "reset-knows-of-reply",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Sequence,
           .when = {SilenceEndedIt, RstAheadOfCapture},
           .because = "the reset that came later stands behind bytes of the server's that are not "
                      "here: it did answer, unless that number is a guess"},
      Rule{.id = "syn-ack-not-taken",
           .favours = Unknown,
           .weight = Points,
           .group = Group::State,
           .when = {SilenceEndedIt, SynAckUntaken},
           .because = "the SYN was answered where this was captured, and the client acknowledged "
                      "no answer: lost between there and the client, dropped by the client's own "
                      "firewall, or refused for its checksum or acknowledgement number"},
      Rule{.id = "syn-vanished",
           .favours = Unknown,
           .weight = Points,
           .group = Group::State,
           .when = {SilenceEndedIt, SynUnanswered},
           .because = "no SYN was answered: the host is down, its queue is full, or the SYN or its "
                      "answer was swallowed"},
      Rule{.id = "server-waits-for-handshake",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Timing,
           .when = {SilenceEndedIt, SynAckResentLate},
           .because = "the server repeats its SYN+ACK, so what the client sends does not reach its "
                      "TCP"},
      Rule{.id = "ttl-ran-out",
           .favours = Unknown,
           .weight = Points,
           .group = Group::State,
           .when = {IcmpEndedIt, IcmpTimeExceeded},
           .because = "the packet's TTL ran out before the server: a routing loop, or a probe that "
                      "meant it to"},
      Rule{.id = "too-big-for-the-path",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Content,
           .when = {IcmpEndedIt, IcmpTooBig},
           .because = "a router said the packet was too big, and nothing smaller followed"},
      Rule{.id = "capture-ends-too-soon",
           .favours = Unknown,
           .weight = Points,
           .group = Group::Address,
           .when = {SilenceEndedIt, CaptureEndsInFlight},
           .because = "the capture ends before the answer can be called missing"},
  };
}();

}  // namespace whohungup
