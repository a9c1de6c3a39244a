// The questions. A fact is a yes/no question about packets that two engineers answer alike,
// answered with frame numbers and measured values. Opinions live in rules.h.
//
// An address claims, a packet bears it: "the server's packets" below are those that bear its
// address. "The reset" is the one that ended the connection, or else the first one that bears the
// server's address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/enum_set.h"
#include "analyze/spare_texts.h"
#include "dissect/short_list.h"

namespace whohungup {

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): one list keeps enumerator, id and question
// together
#define WHOHUNGUP_FACTS(FACT)                                                                      \
  /* the capture */                                                                                \
  FACT(StartMissing, "start-missing", "Does the capture begin after the connection did?")          \
  FACT(ClientStreamHole, "client-stream-hole",                                                     \
       "Are bytes the client sent missing from the capture?")                                      \
  FACT(ServerStreamHole, "server-stream-hole",                                                     \
       "Are bytes the server sent missing from the capture?")                                      \
  FACT(                                                                                            \
      HelloUnseen, "hello-unseen",                                                                 \
      "Did the server acknowledge bytes of the client's that are missing from the capture, where " \
      "the hello would be?")                                                                       \
  FACT(FramesCut, "frames-cut", "Did the snap length cut payload off?")                            \
  FACT(ServerWordsCut, "server-words-cut",                                                         \
       "Did the snap length cut off what the server had said before the client ended it, and was " \
       "none of it TLS?")                                                                          \
  FACT(FinishUnseen, "finish-unseen",                                                              \
       "Did the client go on after its hello while records are cut or missing, so that the "       \
       "handshake may have been finished unseen?")                                                 \
  FACT(CaptureDroppedFrames, "capture-dropped-frames", "Does the capture report frames it lost?")  \
  FACT(CaptureDamaged, "capture-damaged", "Is the file damaged, or does it end inside a frame?")   \
  FACT(RecordingBounded, "recording-bounded",                                                      \
       "Did a limit of this program keep packets of the flow from being examined?")                \
  FACT(OneWayOnly, "one-way-only",                                                                 \
       "Does one side acknowledge what the other sent, though nothing of the other was captured?") \
  FACT(ChecksumOffloadLikely, "checksum-offload-likely",                                           \
       "Are one side's TCP checksums all wrong while the other side's are right?")                 \
  FACT(ChecksumRefused, "checksum-refused",                                                        \
       "Is there a reset or FIN whose checksum is wrong, so that no host takes it, while its "     \
       "sender's other packets bear right ones?")                                                  \
  FACT(OffloadSizedSegments, "offload-sized-segments",                                             \
       "Do segments carry more than the MSS allows, so that the capture shows them unsegmented?")  \
  FACT(CaptureDuplicates, "capture-duplicates", "Does the capture hold the same packet twice?")    \
  FACT(TimesGoBack, "times-go-back",                                                               \
       "Do time stamps run backwards by more than 1 ms inside the flow?")                          \
  FACT(CaptureEndsInFlight, "capture-ends-in-flight",                                              \
       "Does the capture end less than 3 s after something that was still to be answered?")        \
  FACT(CapturedAtClient, "captured-at-client",                                                     \
       "Do the client's packets bear an untouched initial TTL while the server's came some way?")  \
  FACT(CapturedAtServer, "captured-at-server",                                                     \
       "Do the server's packets bear an untouched initial TTL while the client's came some way?")  \
  FACT(NoHopBetween, "no-hop-between",                                                             \
       "Do both sides' packets bear untouched initial TTLs (one host, one network, or a "          \
       "translator that remakes packets)?")                                                        \
  FACT(PacketsRemade, "packets-remade",                                                            \
       "Do the server's packets bear an untouched TTL although its SYN+ACK took 10 ms or more?")   \
  /* the connection */                                                                             \
  FACT(SynUnanswered, "syn-unanswered", "Was no SYN answered by anything?")                        \
  FACT(SynResent, "syn-resent", "Did the client send its SYN again?")                              \
  FACT(SynRefused, "syn-refused", "Was a SYN answered by a reset and by no SYN+ACK?")              \
  FACT(SynAnsweredTwice, "syn-answered-twice",                                                     \
       "Was the SYN answered by a reset and by a SYN+ACK?")                                        \
  FACT(SynAckSeenTwiceDifferently, "syn-ack-seen-twice-differently",                               \
       "Do two SYN+ACKs disagree about the server's initial sequence number?")                     \
  FACT(SynAckResentLate, "syn-ack-resent-late",                                                    \
       "Did the server repeat its SYN+ACK after the client had acknowledged it?")                  \
  FACT(SynAckUntaken, "syn-ack-untaken",                                                           \
       "Did SYN+ACKs come to where this was captured, and did the client acknowledge none?")       \
  FACT(SynProxyLikely, "syn-proxy-likely",                                                         \
       "Does the SYN+ACK offer window 0, as a box answering in the server's place does?")          \
  FACT(ConnectionMade, "connection-made", "Was the three-way handshake of TCP completed?")         \
  FACT(IcmpErrorAboutFlow, "icmp-error-about-flow",                                                \
       "Did an ICMP error quote a packet of this connection?")                                     \
  FACT(IcmpHardError, "icmp-hard-error",                                                           \
       "Does an ICMP error say that the destination or the port cannot be reached?")               \
  FACT(IcmpFromServer, "icmp-from-server",                                                         \
       "Does the ICMP error bear the server's own address as its source?")                         \
  FACT(IcmpFromElsewhere, "icmp-from-elsewhere",                                                   \
       "Does the ICMP error bear another source address than the server's?")                       \
  FACT(IcmpTooBig, "icmp-too-big", "Does an ICMP error say that a packet was too big?")            \
  FACT(IcmpTimeExceeded, "icmp-time-exceeded",                                                     \
       "Does an ICMP error say that a packet's TTL ran out?")                                      \
  FACT(IcmpQuoteForeign, "icmp-quote-foreign",                                                     \
       "Does the ICMP error quote a sequence number this connection never used?")                  \
  /* the hello */                                                                                  \
  FACT(HelloSent, "hello-sent", "Did the client send a ClientHello?")                              \
  FACT(ProxyHeaderSent, "proxy-header-sent",                                                       \
       "Does a PROXY protocol header stand before everything else the client said?")               \
  FACT(HelloSplit, "hello-split-across-segments", "Did the hello take more than one segment?")     \
  FACT(HelloAcked, "hello-acked", "Did the server's address acknowledge the whole hello?")         \
  FACT(HelloAckTtlSame, "hello-ack-ttl-same",                                                      \
       "Does the packet that acknowledges the hello bear the TTL of the SYN+ACK?")                 \
  FACT(HelloPartlyAcked, "hello-partly-acked",                                                     \
       "Did the server's address acknowledge a part of the hello and never all of it?")            \
  FACT(LaterBytesUnacked, "later-bytes-unacked",                                                   \
       "Were bytes the client sent after the hello never acknowledged, repeated or for seconds?")  \
  FACT(HelloResent, "hello-resent", "Did the client send the hello (or part of it) again?")        \
  FACT(HelloBeyondSegment, "hello-bigger-than-segment",                                            \
       "Is the hello bigger than the largest segment the server takes?")                           \
  FACT(HelloInHazardZone, "hello-in-hazard-zone",                                                  \
       "Is the hello's record 256 to 511 bytes long, where known implementations hang "            \
       "(RFC 7685)?")                                                                              \
  FACT(SilenceAfterHello, "silence-after-hello",                                                   \
       "Did 3 s or more pass after the hello without a byte of answer?")                           \
  FACT(StarttlsAsked, "starttls-asked", "Did the client ask for TLS in a plaintext dialogue?")     \
  FACT(StarttlsRefused, "starttls-refused", "Did the server answer that request with a refusal?")  \
  FACT(GreetingRefused, "greeting-refused",                                                        \
       "Did the server turn the client away in plaintext before TLS was asked for?")               \
  FACT(StarttlsRewritten, "starttls-rewritten",                                                    \
       "Were words of the plaintext dialogue overwritten with X, as inspecting boxes do?")         \
  FACT(DialogueCutShort, "dialogue-cut-short",                                                     \
       "Did the plaintext dialogue break off before TLS was granted?")                             \
  FACT(ClientSaidGoodbye, "client-said-goodbye",                                                   \
       "Did the client end the plaintext dialogue itself (QUIT, LOGOUT)?")                         \
  FACT(ClientSentNothing, "client-sent-nothing", "Did the client send no byte at all?")            \
  /* the answer */                                                                                 \
  FACT(ServerHelloSeen, "server-hello-seen", "Did a ServerHello come back?")                       \
  FACT(HelloRetrySeen, "hello-retry-seen", "Did the server ask for a second hello?")               \
  FACT(ServerHandshakeBegun, "server-handshake-begun",                                             \
       "Did bytes of the server's TLS handshake come back?")                                       \
  FACT(ServerAlertSeen, "server-alert-seen",                                                       \
       "Did a TLS alert bearing the server's address come back, of any level?")                    \
  FACT(ServerFatalAlert, "server-fatal-alert", "Is that alert fatal?")                             \
  FACT(ServerWarningAlert, "server-warning-alert",                                                 \
       "Did the server's address send a warning alert that is no close_notify?")                   \
  FACT(ServerCloseNotify, "server-close-notify",                                                   \
       "Did the server's address say close_notify before the handshake was finished?")             \
  FACT(ClientAlertSeen, "client-alert-seen", "Did the client's address send a TLS alert?")         \
  FACT(ClientAlertAfterEnd, "client-alert-after-end",                                              \
       "Did the client send its alert only after the other side had ended the connection?")        \
  FACT(AlertOpened, "alert-opened",                                                                \
       "Was the alert decrypted with the session's keys, so that its author holds them?")          \
  FACT(SealedAlertSized, "sealed-alert-sized",                                                     \
       "Is the last encrypted record exactly as long as an alert?")                                \
  FACT(AlertMayBeGoodbye, "alert-may-be-goodbye",                                                  \
       "May the encrypted alert behind the finished handshake as well be a close_notify, since "   \
       "no certificate of the client's came before it?")                                           \
  FACT(ServerNotTls, "server-not-tls", "Did the server answer with something that is not TLS?")    \
  FACT(SpokeBeforeHello, "spoke-before-hello",                                                     \
       "Did the server send bytes before it could have seen a hello?")                             \
  FACT(AnswerUnacked, "answer-unacknowledged",                                                     \
       "Had the client, when it left, not acknowledged all that the server had answered?")         \
  FACT(AnswerUntaken, "answer-untaken",                                                            \
       "Did the server's bytes come to where this was captured two or more times, and did the "    \
       "client, which was still there, never acknowledge them?")                                   \
  FACT(HandshakeFinished, "handshake-finished",                                                    \
       "Did both sides send what finishes a TLS handshake?")                                       \
  FACT(FinishedByServer, "finished-by-server",                                                     \
       "Was the server's Finished the last one, so that it had accepted the client's?")            \
  FACT(ServerDataAfterFinished, "server-data-after-finished",                                      \
       "Did the server send application data (or session tickets) behind the last Finished?")      \
  FACT(ClientWentOn, "client-went-on",                                                             \
       "Did the client go on to encrypted records, as only one that was answered does?")           \
  /* the ending */                                                                                 \
  FACT(ServerFinSeen, "server-fin-seen", "Is there a FIN bearing the server's address?")           \
  FACT(ServerRstSeen, "server-rst-seen", "Is there a reset bearing the server's address?")         \
  FACT(ClientFinSeen, "client-fin-seen", "Is there a FIN bearing the client's address?")           \
  FACT(ClientRstSeen, "client-rst-seen", "Is there a reset bearing the client's address?")         \
  FACT(ServerEndedIt, "server-address-ended-it",                                                   \
       "Does the packet that ended it bear the server's address?")                                 \
  FACT(ClientEndedIt, "client-address-ended-it",                                                   \
       "Does the packet that ended it bear the client's address?")                                 \
  FACT(FinEndedIt, "fin-ended-it", "Is a FIN the first thing that ends the connection?")           \
  FACT(RstEndedIt, "rst-ended-it", "Is a reset the first thing that ends the connection?")         \
  FACT(AlertEndedIt, "alert-ended-it", "Is an alert the first thing that ends the handshake?")     \
  FACT(PlaintextEndedIt, "plaintext-ended-it",                                                     \
       "Is an answer that is not TLS the first thing that ends the handshake?")                    \
  FACT(IcmpEndedIt, "icmp-ended-it",                                                               \
       "Is an ICMP error the last that was heard about the connection from beyond the client?")    \
  FACT(SilenceEndedIt, "silence-ended-it",                                                         \
       "Did nobody end the connection: did it just fall silent?")                                  \
  FACT(NothingEndedIt, "handshake-completed", "Was the handshake finished and not undone?")        \
  FACT(ClientGaveUp, "client-gave-up",                                                             \
       "Did the client leave after 3 s or more without the answer it was owed?")                   \
  FACT(HealthProbe, "health-probe",                                                                \
       "Did the client open the connection and close it again without sending a byte?")            \
  FACT(FinBeforeHello, "fin-before-hello",                                                         \
       "Does the server's FIN acknowledge nothing of the hello?")                                  \
  FACT(FinBeforeAnyAnswer, "fin-before-any-answer",                                                \
       "Did the server's FIN come before a byte of answer?")                                       \
  FACT(EndingBeforeClientBytes, "ending-before-client-bytes",                                      \
       "Was the connection ended before the client had sent a byte?")                              \
  FACT(EndingAfterServerAck, "ending-after-server-ack",                                            \
       "Had the server's TCP acknowledged the hello in an earlier packet?")                        \
  FACT(EndingTtlSame, "ending-ttl-same",                                                           \
       "Does the packet that ended it bear the TTL of its sender's packets before it?")            \
  FACT(EndingTtlDiffers, "ending-ttl-differs",                                                     \
       "Does the packet that ended it (no reset) bear a TTL unlike its sender's before it?")       \
  FACT(EndingChecksumWrong, "ending-checksum-wrong",                                               \
       "Does the packet that ended it bear a wrong checksum, unlike its sender's other packets?")  \
  FACT(EndingLacksTimestamp, "ending-lacks-timestamp",                                             \
       "Does the packet that ended it (no reset) lack the timestamps both sides had agreed on?")   \
  FACT(EndingContinuesSender, "ending-continues-sender",                                           \
       "Does the packet that ended it (no reset) continue its sender's header: clock, IP-ID, DF, " \
       "flow label?")                                                                              \
  FACT(ServerBytesBeyondFin, "server-bytes-beyond-fin",                                            \
       "Did the server's address send new bytes at or beyond its own FIN?")                        \
  FACT(EndingContradicted, "ending-contradicted",                                                  \
       "Did packets that look like the server's before it put other bytes in the place of the "    \
       "packet that ended it, which does not look so?")                                            \
  FACT(ServerFinUnseen, "server-fin-unseen",                                                       \
       "Had the client acknowledged one number more than the server was seen to send, as a FIN "   \
       "takes?")                                                                                   \
  FACT(ClientFinUnseen, "client-fin-unseen",                                                       \
       "Had the server acknowledged one number more than the client was seen to send, as a FIN "   \
       "takes?")                                                                                   \
  /* the reset */                                                                                  \
  FACT(RstAfterFin, "rst-after-fin", "Does the reset follow a FIN?")                               \
  FACT(RstSeqExact, "rst-seq-exact", "Is the reset's sequence number the very next one expected?") \
  FACT(RstSeqInWindow, "rst-seq-in-window",                                                        \
       "Is the reset's sequence number ahead of the next one expected, but in the window?")        \
  FACT(RstSeqOutsideWindow, "rst-seq-outside-window",                                              \
       "Is the reset's sequence number outside the window?")                                       \
  FACT(RstSeqStale, "rst-seq-stale",                                                               \
       "Does the reset bear a sequence number below bytes its sender had already sent?")           \
  FACT(RstKnowsLostBytes, "rst-knows-lost-bytes",                                                  \
       "Is the reset's sequence number ahead by some bytes the receiver never got?")               \
  FACT(RstAheadOfCapture, "rst-ahead-of-capture",                                                  \
       "Is the server's reset ahead of all its bytes that were captured, by more than a FIN "      \
       "takes?")                                                                                   \
  FACT(RstAcksHello, "rst-acks-hello", "Does the reset acknowledge the whole hello?")              \
  FACT(RstAcksPartOfHello, "rst-acks-part-of-hello",                                               \
       "Does the reset acknowledge a part of the hello only?")                                     \
  FACT(RstAcksNothing, "rst-acks-nothing",                                                         \
       "Does the reset have the ACK flag and acknowledge nothing of the hello?")                   \
  FACT(RstLacksAckFlag, "rst-lacks-ack-flag", "Does the reset lack the ACK flag?")                 \
  FACT(ClientSocketGone, "client-socket-gone",                                                     \
       "Did the client answer a packet with a bare reset, as a system does whose connection is "   \
       "gone already, though nothing that ended it was captured?")                                 \
  FACT(RstRepeated, "rst-repeated",                                                                \
       "Did two or more resets with one IP-ID come within 5 ms, with nothing to provoke them?")    \
  FACT(RstSeqSteps, "rst-seq-steps",                                                               \
       "Do several resets bear rising sequence numbers, beyond anything sent or acknowledged?")    \
  FACT(RstAckChanges, "rst-ack-changes",                                                           \
       "Do several resets acknowledge different amounts, though the client sent nothing new?")     \
  FACT(RstHasPayload, "rst-has-payload", "Does the reset carry payload?")                          \
  FACT(RstKnownPayload, "rst-known-payload", "Is that payload 01 02 03 04 05 06 07 08 09 00?")     \
  FACT(RstReservedBits, "rst-reserved-bits", "Does the reset set reserved bits of the header?")    \
  FACT(RstTtlSame, "rst-ttl-same", "Does the reset bear the TTL of its sender's other packets?")   \
  FACT(RstTtlDiffers, "rst-ttl-differs",                                                           \
       "Does the reset bear a TTL unlike every other packet of its sender?")                       \
  FACT(RstTtlFar, "rst-ttl-far",                                                                   \
       "Is it 2 or more away from the TTLs of two or more of its sender's ACKs and data?")         \
  FACT(RstOtherStack, "rst-other-initial-ttl",                                                     \
       "Did the reset travel as far as its sender's packets, but from another initial TTL?")       \
  FACT(RstUndecremented, "rst-ttl-undecremented",                                                  \
       "Does the reset bear an untouched initial TTL while its sender's packets came some way?")   \
  FACT(RstTooNear, "rst-ttl-too-near",                                                             \
       "Did the reset travel less than half as far as its sender's other packets?")                \
  FACT(RstMacDiffers, "rst-mac-differs",                                                           \
       "Did the reset come from another Ethernet address than all its sender's other packets?")    \
  FACT(RstIpIdContinues, "rst-ip-id-continues",                                                    \
       "Does the reset's IP-ID follow the counter of its sender's packets?")                       \
  FACT(RstIpIdOffLine, "rst-ip-id-off-line",                                                       \
       "Is the reset's IP-ID off a counter that three or more of its sender's packets keep?")      \
  FACT(RstIpIdOfTrigger, "rst-ip-id-of-trigger",                                                   \
       "Is the reset's IP-ID that of the packet it answers, or the next?")                         \
  FACT(RstBeforeRoundTrip, "rst-before-round-trip",                                                \
       "Did the reset come in less than half the shortest round trip after what it answers?")      \
  FACT(RstLacksTimestamp, "rst-lacks-timestamp",                                                   \
       "Does a reset with ACK flag lack the timestamps all its sender's packets carry?")           \
  FACT(RstTimestampOnLine, "rst-timestamp-on-line",                                                \
       "Does the reset's timestamp continue its sender's clock and echo one the peer sent?")       \
  FACT(RstTimestampOffLine, "rst-timestamp-off-line",                                              \
       "Is the reset's timestamp off its sender's clock, or does it echo one never sent?")         \
  FACT(RstWindowOfPeer, "rst-window-of-peer",                                                      \
       "Does the reset bear the raw window of the packet it answers, unlike its sender's own?")    \
  FACT(RstDfDiffers, "rst-df-differs",                                                             \
       "Does the reset's don't-fragment bit differ from all its sender's other packets?")          \
  FACT(RstTosDiffers, "rst-tos-differs",                                                           \
       "Does the reset's type of service differ from all its sender's other packets?")             \
  FACT(RstFlowLabelDiffers, "rst-flow-label-differs",                                              \
       "Does the reset's IPv6 flow label differ from all its sender's other packets?")             \
  FACT(RstContinuesSender, "rst-continues-sender",                                                 \
       "Does the reset continue its sender's header in everything: TTL, clock or IP-ID, DF, tos?") \
  FACT(ChallengeAckProvoked, "challenge-ack-provoked",                                             \
       "Did the reset's receiver answer it with an ACK, as RFC 5961 asks for doubtful resets?")    \
  /* after the reset */                                                                            \
  FACT(ServerBytesBeyondRst, "server-bytes-beyond-rst",                                            \
       "Did the server's address later send bytes at or beyond the reset's own sequence number?")  \
  FACT(ServerAnswersAfterRst, "server-answers-after-rst",                                          \
       "Do those later bytes acknowledge at least what the reset acknowledged?")                   \
  FACT(ServerAcksAfterRst, "server-acks-after-rst",                                                \
       "Did the server's address acknowledge again, on its own clock, after the reset?")           \
  FACT(ClientBytesBeyondRst, "client-bytes-beyond-rst",                                            \
       "Did the client's address later send bytes at or beyond its own reset?")                    \
  FACT(                                                                                            \
      FinishedAfterRst, "finished-after-rst",                                                      \
      "Was the TLS handshake finished after the reset all the same, with the server taking part?") \
  FACT(ServerBytesDisagree, "server-bytes-disagree",                                               \
       "Do two of the server's packets carry different bytes for the same place of the stream?")   \
  /* two captures */                                                                               \
  FACT(EndingLeft, "ending-left-its-sender",                                                       \
       "Is the packet that ended it in the capture made at the end whose address it "              \
       "bears, leaving it?")                                                                       \
  FACT(EndingPassed, "ending-passed-the-other-capture",                                            \
       "Is the packet that ended it in the other capture too, which was not made at "              \
       "the end whose address it bears?")                                                          \
  FACT(EndingNeverLeft, "ending-never-left-its-sender",                                            \
       "Did the end whose address it bears never send the packet that ended it, as its "           \
       "own capture and its other packets show?")                                                  \
  FACT(EndingNotThere, "ending-missing-at-its-sender",                                             \
       "Is the packet that ended it missing from the capture at the end whose address "            \
       "it bears, though nothing shows that it was not sent?")                                     \
  FACT(EndingChanged, "ending-changed-on-the-way",                                                 \
       "Was the packet that ended it another packet when it left the end whose address "           \
       "it bears?")                                                                                \
  FACT(SynNeverArrived, "syn-never-arrived",                                                       \
       "Did none of the SYNs that left the client reach the server's capture, which "              \
       "holds the client's other connections of that time?")                                       \
  FACT(SynAckNeverArrived, "syn-ack-never-arrived",                                                \
       "Did the server send its SYN+ACK more than once, and did none reach the client?")           \
  FACT(HelloNeverArrived, "hello-never-arrived",                                                   \
       "Did the client send the ClientHello (or a part of it) more than once, and did "            \
       "it never reach the server?")                                                               \
  FACT(ReplyNeverArrived, "reply-never-arrived",                                                   \
       "Did the server send its answer (or a part of it) more than once, and did it "              \
       "never reach the client?")                                                                  \
  FACT(SynArrivedUnanswered, "syn-arrived-unanswered",                                             \
       "Did the SYN reach the server, and did the server send nothing back?")                      \
  FACT(HelloArrivedUnanswered, "hello-arrived-unanswered",                                         \
       "Did the whole ClientHello reach the server, and did the server send no byte of "           \
       "answer for 3 s?")                                                                          \
  FACT(TerminatedBetween, "terminated-between",                                                    \
       "Does something that bears the server's address end the client's connection and "           \
       "open another to the server?")                                                              \
  FACT(BytesChanged, "bytes-changed-on-the-way",                                                   \
       "Do the two ends hold different bytes in the same packet?")                                 \
  FACT(CaptureMayHaveStopped, "capture-may-have-stopped",                                          \
       "Does what is missing at the other end lie behind the last packet of its capture?")         \
  FACT(EndingMayBeLost, "ending-may-be-lost",                                                      \
       "Does nothing show that what ended it at the server, and all before it, reached the "       \
       "client?")                                                                                  \
  FACT(OtherCaptureHole, "other-capture-hole",                                                     \
       "Does the other capture lack packets that its own end is shown to have sent or "            \
       "received?")                                                                                \
  FACT(AbsentAtOtherEnd, "absent-at-other-end",                                                    \
       "Does the capture at the other end hold nothing of this flow?")                             \
  FACT(LostOnTheWay, "lost-on-the-way", "Did packets leave one end and never reach the other?")    \
  FACT(MadeOnTheWay, "made-on-the-way", "Did packets reach one end that the other never sent?")    \
  FACT(ChangedOnTheWay, "changed-on-the-way",                                                      \
       "Do packets differ between the two ends in more than the way they came?")

enum class Fact : std::uint8_t {
#define WHOHUNGUP_FACT(name, id, question) name,
  WHOHUNGUP_FACTS(WHOHUNGUP_FACT)
#undef WHOHUNGUP_FACT
      Count
};
inline constexpr std::size_t kNumFacts = static_cast<std::size_t>(Fact::Count);

/// What a rule asks for, and what a flow shows.
using FactSet = EnumSet<Fact>;

/// "rst-ttl-differs" and its question; the id is never renamed.
struct FactInfo {
  std::string_view id;
  std::string_view question;
};
const FactInfo& info(Fact);

/// A fact that is so, born with its frames (never empty) and its numbers.
struct Observation {
  Fact fact{};
  Frames frames;
  std::string detail;
  Frames other_frames{};  // of the other capture, where two were compared
};

/// Sorts the frames, and leaves each out but once.
void sort_out(Frames&);
inline void tidy(Frames& frames) {
  if (frames.size() > 2 || (frames.size() == 2 && frames[0] >= frames[1])) sort_out(frames);
}

/// All that is so about one conversation. `seen` stays empty where only the verdict is wanted.
struct Observations {
  std::vector<Observation> seen;
  FactSet set;
  SpareTexts spare;
  [[nodiscard]] bool has(Fact fact) const { return set.has(fact); }
  [[nodiscard]] const Observation* find(Fact) const;
  void forget_all();
};

}  // namespace whohungup
