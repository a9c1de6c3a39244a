// The table. To add a rule: write a story in samples/ in which it should fire, add the row here,
// add a question to fact.h only if no existing one will do, and run the tests.
//
// A rule that favours Unknown says that nobody can be named from these packets, and why.
#include "analyze/rules.h"

#include <algorithm>
#include <array>

namespace whohungup {
namespace {

using enum Actor;
using enum Weight;
using enum Fact;

/// What makes the strictest claims unsafe: then something may have been sent that is not here.
constexpr FactSet kIncomplete{ServerStreamHole, CaptureDroppedFrames, RecordingBounded,
                              RstAfterFin};
constexpr FactSet kIncompleteOrBare{ServerStreamHole, CaptureDroppedFrames, RecordingBounded,
                                    RstAfterFin, RstLacksAckFlag};

constexpr std::array kRules{
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
         .because = "it travelled as far as the server's other packets and continues them, though "
                    "the server went on: such a contradiction proves nothing"},
    Rule{.id = "continues-server",
         .favours = Server,
         .weight = Points,
         .group = Group::HeaderShape,
         .when = {ServerEndedIt, EndingContinuesSender},
         .unless = {StarttlsRewritten,
                    PacketsRemade},  // what changes words leaves the headers as they are
         .because = "its header continues the server's other packets: the same TTL and flags, the "
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
    Rule{.id = "owes-the-answer",
         .favours = Server,
         .weight = Points,
         .group = Group::State,
         .when = {SilenceEndedIt, SilenceAfterHello, HelloAcked},
         .unless = {ServerStreamHole, SynAckResentLate, CaptureEndsInFlight},
         .because = "the server's TCP acknowledged the whole hello, and nothing answered it"},
    Rule{.id = "owes-the-rest",
         .favours = Server,
         .weight = Points,
         .group = Group::State,
         .when = {SilenceEndedIt, ServerHandshakeBegun, HelloAcked, ClientGaveUp},
         .unless = {ServerStreamHole, SynAckResentLate, CaptureEndsInFlight, AnswerUnacked},
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
         .because = "its header continues the client's other packets: the same TTL and flags, the "
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

    // ── something between: what decides ───────────────────────────────────────────────────────
    Rule{.id = "server-outlives-its-rst",
         .favours = Middlebox,
         .weight = Decides,
         .group = Group::State,
         .when = {RstEndedIt, ServerEndedIt, RstSeqExact, ServerBytesBeyondRst},
         .unless = kIncompleteOrBare,
         .because = "a host that has reset a connection has nothing left to send on it, yet the "
                    "server went on",
         .class_a = true},
    Rule{.id = "handshake-outlives-rst",
         .favours = Middlebox,
         .weight = Decides,
         .group = Group::State,
         .when = {RstEndedIt, ServerEndedIt, RstSeqExact, FinishedAfterRst},
         .unless = kIncompleteOrBare,
         .because = "the server finished the TLS handshake after the reset that bears its address",
         .class_a = true},
    Rule{.id = "client-outlives-its-rst",
         .favours = Middlebox,
         .weight = Decides,
         .group = Group::State,
         .when = {RstEndedIt, ClientEndedIt, RstSeqExact, ClientBytesBeyondRst},
         .unless = {ClientStreamHole, CaptureDroppedFrames, RecordingBounded, RstAfterFin,
                    RstLacksAckFlag, CapturedAtClient},
         .because = "a host that has reset a connection has nothing left to send on it, yet the "
                    "client went on",
         .class_a = true},
    Rule{.id = "rst-guesses-sequence",
         .favours = Middlebox,
         .weight = Decides,
         .group = Group::Multiplicity,
         .when = {RstEndedIt, RstSeqExact, RstSeqSteps},
         .unless = kIncomplete,
         .because = "several resets with rising sequence numbers, beyond anything sent or "
                    "acknowledged: an endpoint knows its place in the stream and need not guess",
         .class_a = true},

    // ── something between: what points there ──────────────────────────────────────────────────
    Rule{.id = "bare-rst-outlived",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::State,
         .when = {RstEndedIt, ServerEndedIt, RstLacksAckFlag, ServerBytesBeyondRst},
         .unless = {RstTtlSame, RstAfterFin},
         .because = "the server went on after the reset, so the reset came from something that "
                    "does not hold the connection",
         .class_a = true},
    Rule{.id = "server-acks-after-rst",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::State,
         .when = {RstEndedIt, ServerEndedIt, ServerAcksAfterRst},
         .unless = {RstLacksAckFlag, RstAfterFin},
         .because = "the server's TCP went on acknowledging after the reset that bears its address",
         .class_a = true},
    Rule{.id = "server-outlives-its-fin",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::State,
         .when = {FinEndedIt, ServerEndedIt, ServerBytesBeyondFin},
         .because = "a host that has sent a FIN sends no new bytes, yet the server did",
         .class_a = true},
    Rule{.id = "server-contradicts-ending",
         .favours = Middlebox,
         .weight = Decides,
         .group = Group::State,
         .when = {ServerEndedIt, EndingContradicted},
         .unless = {ServerStreamHole, CaptureDroppedFrames, RecordingBounded, SynProxyLikely},
         .because =
             "the server itself had other bytes to say in that place: what ended it does not "
             "look like the server's packets, and what contradicts it does",
         .class_a = true},
    Rule{.id = "rst-from-other-neighbour",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Address,
         .when = {RstEndedIt, ServerEndedIt, RstMacDiffers, RstUndecremented, CapturedAtClient},
         .because = "the reset was made on this network: its TTL is untouched, and another "
                    "neighbour delivered it than the server's packets",
         .class_a = true},
    Rule{.id = "rst-from-other-distance",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Ttl,
         .when = {RstEndedIt, RstTtlFar},
         .unless = {RstOtherStack, SynProxyLikely},
         .because = "the reset did not travel as far as its sender's other packets"},
    Rule{.id = "rst-made-nearby",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Ttl,
         .when = {RstEndedIt, RstUndecremented},
         .unless = {RstOtherStack, SynProxyLikely, NoHopBetween},
         .because = "the reset's TTL is untouched, so it was made next to where the capture was "
                    "taken, while its sender's packets came from further away"},
    Rule{.id = "rst-too-near",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Ttl,
         .when = {RstEndedIt, RstTooNear},
         .unless = {RstOtherStack, SynProxyLikely},
         .because = "the reset came not half as far as its sender's other packets"},
    Rule{.id = "rst-hop-off",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::Ttl,
         .when = {RstEndedIt, RstTtlDiffers},
         .unless = {RstOtherStack, SynProxyLikely, RstTtlFar, RstUndecremented, RstTooNear},
         .because = "the reset's TTL is not that of its sender's other packets, though a detour "
                    "may explain so little"},
    Rule{.id = "rst-before-round-trip",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Timing,
         .when = {RstEndedIt, ServerEndedIt, RstBeforeRoundTrip},
         .unless = {SynProxyLikely},
         .because = "the hello cannot have reached the server and been answered in that time"},
    Rule{.id = "rst-off-clock",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstTimestampOffLine},
         .because = "the reset's timestamps are not its sender's clock"},
    Rule{.id = "rst-copies-window",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstWindowOfPeer},
         .unless = {NoHopBetween, RstOtherStack},
         .because = "the reset's window is copied from the packet it answers"},
    Rule{.id = "rst-copies-ip-id",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstIpIdOfTrigger},
         .unless = {NoHopBetween, RstIpIdContinues},
         .because = "the reset's IP-ID is taken from the packet it answers"},
    Rule{.id = "rst-reserved-bits",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstReservedBits},
         .because = "no ordinary stack sets the reserved bits of a reset"},
    Rule{.id = "rst-known-payload",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Content,
         .when = {RstEndedIt, RstKnownPayload},
         .because =
             "the reset carries ten bytes that some devices on the way write into resets and no "
             "known host does"},
    Rule{.id = "rst-triplet",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Multiplicity,
         .when = {RstEndedIt, RstRepeated},
         .unless = {CaptureDuplicates},
         .because = "the same reset came several times at once, though one is enough for a host "
                    "that knows its connection"},
    Rule{.id = "rst-acks-change",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::Multiplicity,
         .when = {RstEndedIt, RstAckChanges},
         .because = "the resets disagree about what their sender had received"},
    Rule{.id = "syn-answered-twice",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Multiplicity,
         .when = {RstEndedIt, ServerEndedIt, SynAnsweredTwice},
         .because = "one host cannot both refuse and accept the same SYN"},
    Rule{.id = "rst-stale",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Sequence,
         .when = {RstEndedIt, RstSeqStale},
         .unless = {RstLacksAckFlag},
         .because = "the reset does not know of bytes its own sender had sent before"},
    Rule{.id = "rst-outside-window",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::Sequence,
         .when = {RstEndedIt, RstSeqOutsideWindow},
         .unless = {RstLacksAckFlag},
         .because = "the reset's sequence number is no place in this connection"},
    Rule{.id = "rst-doubted",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::Sequence,
         .when = {RstEndedIt, ChallengeAckProvoked},
         .because = "the receiver's own TCP doubted the reset and asked back"},
    Rule{.id = "rst-lacks-timestamps",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstLacksTimestamp},
         .unless = {RstOtherStack},
         .because = "a reset sent from the connection's own state usually carries the timestamps "
                    "that were agreed on"},
    Rule{.id = "rst-off-counter",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstIpIdOffLine},
         .unless = {RstOtherStack},
         .because = "the reset's IP-ID is off the counter its sender's packets keep"},
    Rule{.id = "rst-other-df",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstDfDiffers},
         .unless = {RstOtherStack},
         .because = "the reset treats don't-fragment unlike its sender's other packets"},
    Rule{.id = "rst-other-tos",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstTosDiffers},
         .unless = {RstOtherStack},
         .because = "the reset bears another type of service than its sender's other packets"},
    Rule{.id = "rst-other-flow-label",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::HeaderShape,
         .when = {RstEndedIt, RstFlowLabelDiffers},
         .because = "the reset bears another flow label than its sender's other packets"},
    Rule{.id = "ending-from-other-distance",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::Ttl,
         .when = {ServerEndedIt, EndingTtlDiffers},
         .unless = {SynProxyLikely},
         .because = "the packet that ended it did not travel as far as the server's others, though "
                    "a detour may explain it"},
    Rule{.id = "ending-made-elsewhere",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::HeaderShape,
         .when = {ServerEndedIt, EndingTtlDiffers, EndingLacksTimestamp},
         .unless = {SynProxyLikely, PacketsRemade},
         .because =
             "the packet that ended it came another distance than the server's, and without "
             "the timestamps that the server, having agreed on them, puts into every packet"},
    Rule{.id = "ending-lacks-timestamps",
         .favours = Middlebox,
         .weight = Hints,
         .group = Group::HeaderShape,
         .when = {ServerEndedIt, EndingLacksTimestamp},
         .unless = {SynProxyLikely, PacketsRemade, EndingTtlDiffers},
         .because = "the packet that ended it lacks the timestamps that were agreed on for every "
                    "packet of the connection"},
    Rule{.id = "server-bytes-disagree",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Content,
         .when = {ServerEndedIt, ServerBytesDisagree},
         .because = "two packets bearing the server's address say different things in the same "
                    "place: one of them is not the server's"},
    Rule{.id = "starttls-rewritten",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::Content,
         .when = {StarttlsRewritten},
         .because = "something overwrote words of the plaintext dialogue, as inspecting boxes do "
                    "to keep TLS from being asked for"},
    Rule{.id = "icmp-from-elsewhere",
         .favours = Middlebox,
         .weight = Points,
         .group = Group::State,
         .when = {IcmpEndedIt, IcmpHardError, IcmpFromElsewhere},
         .unless = {IcmpQuoteForeign},
         .because = "a router or firewall on the way said that it turned the packet away"},

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
         .because = "the server went on after a reset made without knowledge of the connection: a "
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

/// The questions about the ending, the more telling first.
constexpr std::array kEndings{NothingEndedIt, SilenceEndedIt, IcmpEndedIt,      RstEndedIt,
                              FinEndedIt,     AlertEndedIt,   PlaintextEndedIt, ServerEndedIt,
                              ClientEndedIt,  Fact::Count};
static_assert(kRules.size() < 256, "rows are numbered in a byte");

constexpr std::size_t ending_of(const Rule& rule) {
  std::size_t i = 0;
  while (kEndings[i] != Fact::Count && !rule.when.has(kEndings[i])) ++i;
  return i;
}

/// Row numbers by ending; `begins[i]` is where the i-th list begins.
struct RowsByEnding {
  std::array<std::uint8_t, kRules.size()> rows{};
  std::array<std::size_t, kEndings.size() + 1> begins{};
};
constexpr RowsByEnding sort_rows() {
  RowsByEnding sorted;
  std::size_t next = 0;
  for (std::size_t ending = 0; ending < kEndings.size(); ++ending) {
    sorted.begins[ending] = next;
    for (std::size_t row = 0; row < kRules.size(); ++row)
      if (ending_of(kRules[row]) == ending) sorted.rows[next++] = static_cast<std::uint8_t>(row);
  }
  sorted.begins[kEndings.size()] = next;
  return sorted;
}
constexpr RowsByEnding kByEnding = sort_rows();

constexpr std::array kCaps{
    Cap{StartMissing, Confidence::Strong, "the start of the connection was not captured"},
    Cap{ClientStreamHole, Confidence::Strong, "bytes of the client are missing from the capture"},
    Cap{ServerStreamHole, Confidence::Suggested,
        "bytes of the server are missing from the capture"},
    Cap{CaptureDroppedFrames, Confidence::Strong, "the capture lost frames"},
    Cap{CaptureDamaged, Confidence::Strong, "the capture file is damaged"},
    Cap{RecordingBounded, Confidence::Strong, "not all packets of the flow were examined"},
    Cap{OneWayOnly, Confidence::Undetermined, "only one direction was captured"},
    Cap{ServerFinUnseen, Confidence::Undetermined,
        "the client acknowledges a FIN of the server's that was not captured"},
    Cap{FinishUnseen, Confidence::Undetermined,
        "records of the handshake are cut or missing, so that it may have been finished"},
    Cap{CaptureEndsInFlight, Confidence::Undetermined, "the capture ends in mid-handshake"},
};

}  // namespace

std::span<const Rule> rules() { return kRules; }
std::span<const Cap> caps() { return kCaps; }

std::span<const Fact> endings() { return kEndings; }

std::span<const std::uint8_t> rules_under(Fact ending) {
  std::size_t i = 0;
  while (kEndings[i] != ending && kEndings[i] != Fact::Count) ++i;
  return std::span(kByEnding.rows)
      .subspan(kByEnding.begins[i], kByEnding.begins[i + 1] - kByEnding.begins[i]);
}

const Rule* find_rule(std::string_view id) {
  const auto* found =
      std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == kRules.end() ? nullptr : found;
}

std::string_view to_string(Group group) {
  switch (group) {
    case Group::Address:
      return "address";
    case Group::Ttl:
      return "ttl";
    case Group::Timing:
      return "timing";
    case Group::HeaderShape:
      return "header-shape";
    case Group::Sequence:
      return "sequence";
    case Group::Multiplicity:
      return "multiplicity";
    case Group::State:
      return "state";
    case Group::Content:
      return "content";
  }
  return {};
}

}  // namespace whohungup
