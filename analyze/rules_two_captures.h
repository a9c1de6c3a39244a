// The rows of the table (rules.cpp) that take two captures of one flow, made at its two ends.
//
// What both ends show outweighs how packets look at one of them: where one of these decides, rules
// about looks are told and do not weigh. And nobody is named for a packet that his own capture
// lacks (both in compare_judge.cpp).
#pragma once

#include <array>

#include "analyze/rules.h"

namespace whohungup {

/// What makes a packet's absence from a capture worthless.
inline constexpr FactSet kHoleyAtServer{Fact::ServerStreamHole, Fact::CaptureDroppedFrames,
                                        Fact::RecordingBounded};
inline constexpr FactSet kHoleyAtClient{Fact::ClientStreamHole, Fact::CaptureDroppedFrames,
                                        Fact::RecordingBounded};
/// The same where nothing but the absence speaks.
inline constexpr FactSet kMaybeUnseen{Fact::ClientStreamHole, Fact::ServerStreamHole,
                                      Fact::CaptureDroppedFrames, Fact::RecordingBounded,
                                      Fact::OtherCaptureHole};

inline constexpr std::array kTwoCaptureRules = [] {
  using enum Actor;
  using enum Weight;
  using enum Fact;
  return std::array{
      // ── the ends themselves ───────────────────────────────────────────────────────────────────
      Rule{.id = "seen-leaving-the-server",
           .favours = Server,
           .weight = Decides,
           .group = Group::State,
           .when = {ServerEndedIt, EndingLeft},
           .unless = {HelloNeverArrived, ReplyNeverArrived, BytesChanged, TerminatedBetween},
           .because = "the capture made at the server shows the packet that ended it leaving the "
                      "server, before anything on the path could speak in its name"},
      Rule{.id = "error-seen-leaving-the-server",
           .favours = Server,
           .weight = Decides,
           .group = Group::State,
           .when = {IcmpEndedIt, IcmpFromServer, EndingLeft},
           .unless = {IcmpQuoteForeign},
           .because = "the capture made at the server shows the ICMP error leaving the server"},
      Rule{.id = "came-through-the-other-capture",
           .favours = Server,
           .weight = Hints,
           .group = Group::State,
           .when = {ServerEndedIt, EndingPassed},
           .unless = {HelloNeverArrived, ReplyNeverArrived, BytesChanged, TerminatedBetween},
           .because = "the packet that ended it came through the other capture as well, so it was "
                      "made there or beyond, at the server's side of it"},
      Rule{.id = "left-the-client",
           .favours = Client,
           .weight = Decides,
           .group = Group::State,
           .when = {ClientEndedIt, EndingLeft},
           .unless = {BytesChanged, TerminatedBetween},
           .because = "the capture made at the client shows the packet that ended it leaving the "
                      "client"},
      Rule{.id = "client-side-of-the-other-capture",
           .favours = Client,
           .weight = Points,
           .group = Group::State,
           .when = {ClientEndedIt, EndingPassed},
           .unless = {BytesChanged, TerminatedBetween},
           .because = "the packet that ended it came through the client's capture as well"},
      Rule{.id = "server-kept-silent",
           .favours = Server,
           .weight = Decides,
           .group = Group::State,
           .when = {SilenceEndedIt, HelloArrivedUnanswered},
           .unless = {CaptureEndsInFlight, BytesChanged, CaptureDroppedFrames},
           .because = "the whole ClientHello reached the server, and the capture made there shows "
                      "that not a byte of answer left it"},
      Rule{.id = "server-ignored-the-syn",
           .favours = Server,
           .weight = Decides,
           .group = Group::State,
           .when = {SilenceEndedIt, SynArrivedUnanswered},
           .unless = {CaptureEndsInFlight, CaptureDroppedFrames},
           .because = "the SYN reached the server, and the capture made there shows that nothing "
                      "was sent back"},

      // ── something between ─────────────────────────────────────────────────────────────────────
      Rule{.id = "never-left-the-server",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {ServerEndedIt, EndingNeverLeft},
           .unless = kHoleyAtServer,
           .because = "the server never sent the packet that ended it: its own capture does not "
                      "contain it, and its other packets rule it out",
           .class_a = true},
      Rule{.id = "never-left-the-client",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {ClientEndedIt, EndingNeverLeft},
           .unless = kHoleyAtClient,
           .because = "the client never sent the packet that ended it: its own capture does not "
                      "contain it, and its other packets rule it out",
           .class_a = true},
      Rule{.id = "error-never-left-the-server",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {IcmpEndedIt, IcmpFromServer, EndingNeverLeft},
           .unless = kHoleyAtServer,
           .because = "the ICMP error bears the server's address, and the server never sent it",
           .class_a = true},
      Rule{.id = "servers-packet-changed",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::Content,
           .when = {ServerEndedIt, EndingChanged},
           .unless = kHoleyAtServer,
           .because = "the server sent another packet: what ended the connection was made of it on "
                      "the way",
           .class_a = true},
      Rule{.id = "clients-packet-changed",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::Content,
           .when = {ClientEndedIt, EndingChanged},
           .unless = kHoleyAtClient,
           .because = "the client sent another packet: what ended the connection was made of it on "
                      "the way",
           .class_a = true},
      Rule{.id = "hello-swallowed",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {SilenceEndedIt, HelloNeverArrived},
           .unless = kMaybeUnseen,
           .because = "the client sent its hello again and again, and it never reached the server: "
                      "it was swallowed between the two captures",
           .class_a = true},
      Rule{.id = "hello-turned-away",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {IcmpEndedIt, HelloNeverArrived},
           .unless = {ClientStreamHole, ServerStreamHole, CaptureDroppedFrames, RecordingBounded,
                      OtherCaptureHole, IcmpFromServer},
           .because = "the client's hello never reached the server; what reported the error turned "
                      "it away between the two captures",
           .class_a = true},
      Rule{.id = "hello-swallowed-before-the-close",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {ServerEndedIt, HelloNeverArrived, EndingLeft},
           .unless = kMaybeUnseen,
           .because = "the server closed a connection on which the client's hello, sent again and "
                      "again, had never reached it",
           .class_a = true},
      Rule{.id = "reply-swallowed",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {SilenceEndedIt, ReplyNeverArrived},
           .unless = {ClientStreamHole, CaptureDroppedFrames, RecordingBounded},
           .because = "the server answered, again and again, and the answer never reached the "
                      "client: it was swallowed between the two captures",
           .class_a = true},
      Rule{.id = "syn-swallowed",
           .favours = Middlebox,
           .weight = Points,
           .group = Group::State,
           .when = {SilenceEndedIt, SynNeverArrived},
           .unless = kMaybeUnseen,
           .because = "the client's SYNs never reached the server's capture, which holds its other "
                      "connections of that time",
           .class_a = true},
      Rule{.id = "syn-turned-away",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {IcmpEndedIt, SynNeverArrived},
           .unless = {ClientStreamHole, ServerStreamHole, CaptureDroppedFrames, RecordingBounded,
                      OtherCaptureHole, IcmpTimeExceeded},
           .because = "the client's SYN never reached the server's capture, which holds its other "
                      "connections of that time; what reported the error turned it away before",
           .class_a = true},
      Rule{.id = "syn-ack-swallowed",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {SilenceEndedIt, SynAckNeverArrived},
           .unless = kHoleyAtClient,
           .because = "the server accepted, again and again, and its SYN+ACK never reached the "
                      "client",
           .class_a = true},
      Rule{.id = "another-connection-at-the-server",
           .favours = Middlebox,
           .weight = Decides,
           .group = Group::State,
           .when = {ServerEndedIt, TerminatedBetween},
           .unless = kHoleyAtServer,
           .because = "the client's connection does not reach the server: something that bears the "
                      "server's address ends it and has another connection to the server",
           .class_a = true},

      Rule{.id = "server-answered-changed-bytes",
           .favours = Middlebox,
           .weight = Points,
           .group = Group::Content,
           .when = {ServerEndedIt, BytesChanged},
           .because = "something between the two captures changed bytes of packets that it passed "
                      "on, so each end may have answered what the other never said"},
      Rule{.id = "client-answered-changed-bytes",
           .favours = Middlebox,
           .weight = Points,
           .group = Group::Content,
           .when = {ClientEndedIt, BytesChanged},
           .because = "something between the two captures changed bytes of packets that it passed "
                      "on, so each end may have answered what the other never said"},

      // ── nobody can be named, and why ──────────────────────────────────────────────────────────
      Rule{.id = "ending-missing-at-the-server",
           .favours = Unknown,
           .weight = Hints,
           .group = Group::State,
           .when = {ServerEndedIt, EndingNotThere},
           .because = "the server's own capture lacks the packet that ended it, and nothing shows "
                      "whether the server did not send it or its capture missed it"},
      Rule{.id = "ending-missing-at-the-client",
           .favours = Unknown,
           .weight = Hints,
           .group = Group::State,
           .when = {ClientEndedIt, EndingNotThere},
           .because = "the client's own capture lacks the packet that ended it, and nothing shows "
                      "whether the client did not send it or its capture missed it"},
      Rule{.id = "absent-at-the-other-end",
           .favours = Unknown,
           .weight = Hints,
           .group = Group::Address,
           .when = {ServerEndedIt, AbsentAtOtherEnd},
           .because = "the server's capture holds nothing of this connection, so whether it ever "
                      "reached the server is open"},
  };
}();

}  // namespace whohungup
