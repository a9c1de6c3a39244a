// Signs: yes/no questions about a whole matrix of trials that two engineers answer alike. What
// facts are to a verdict, signs are to a cause; the opinions are in causes.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "analyze/enum_set.h"
#include "analyze/trial.h"

namespace whohungup {

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): one list keeps enumerator, id and question
// together
#define WHOHUNGUP_SIGNS(SIGN)                                                                      \
  /* the connection */                                                                             \
  SIGN(SynRefused, "syns-refused", "Was every SYN answered by a reset?")                           \
  SIGN(SynUnreachable, "syns-unreachable",                                                         \
       "Were SYNs answered by ICMP errors and by nothing else?")                                   \
  SIGN(SynNoWay, "syns-no-way",                                                                    \
       "Did those ICMP errors say that no way was found: no route, no such host, too many hops?")  \
  SIGN(IcmpFromTarget, "icmp-from-target", "Did those ICMP errors bear the target's own address?") \
  SIGN(SynUnanswered, "syns-unanswered", "Was no SYN answered by anything?")                       \
  SIGN(Accepted, "connections-accepted", "Was a connection accepted at all?")                      \
  SIGN(NeverConnected, "never-connected", "Did no connection come about?")                         \
  SIGN(StoppedConnecting, "stopped-connecting",                                                    \
       "Did connections come about at first, and the last two not?")                               \
  SIGN(RefusedSinceHello, "refused-since-hello",                                                   \
       "Was the last connection that came about one whose hello got no answer, and was every SYN " \
       "since refused with a reset?")                                                              \
  SIGN(StoppedAnswering, "stopped-answering",                                                      \
       "Was the hello answered twice or more at first, and the last three times not?")             \
  SIGN(SomeNotConnected, "some-not-connected",                                                     \
       "Did some connections come about and others, in between, not?")                             \
  SIGN(AddressesDiffer, "addresses-differ",                                                        \
       "Is the hello answered at some of the target's addresses and at others not?")               \
  SIGN(AddressesAlike, "addresses-alike",                                                          \
       "Does the target have several addresses, all of which do the same?")                        \
  /* before a byte is said */                                                                      \
  SIGN(ClosedUntouched, "closed-untouched",                                                        \
       "Was every connection on which nothing was said closed by the other side?")                 \
  SIGN(ClosedUntouchedLate, "closed-untouched-late",                                               \
       "Did that closing come 200 ms or more after the connection was made?")                      \
  SIGN(ClosedSometimes, "closed-sometimes",                                                        \
       "Were some connections closed before a byte was taken, and others not?")                    \
  SIGN(OpenUntouched, "open-untouched",                                                            \
       "Did every connection on which nothing was said stay open, and silent but for a greeting "  \
       "that is due?")                                                                             \
  SIGN(GreetedInPlaintext, "greeted-in-plaintext",                                                 \
       "Did it greet in plaintext where TLS was to come at once?")                                 \
  SIGN(TurnedAway, "turned-away", "Did a greeting say to come back later or that it is too much?") \
  SIGN(Denied, "denied", "Did a plaintext reply say that this client is blocked or denied?")       \
  /* the baseline */                                                                               \
  SIGN(BaselineAnswered, "baseline-answered",                                                      \
       "Was the hello as asked for answered with a ServerHello every time?")                       \
  SIGN(BaselineFailed, "baseline-failed", "Was it never answered with a ServerHello?")             \
  SIGN(BaselineVaries, "baseline-varies", "Was it answered at some times and at others not?")      \
  SIGN(BaselineHungUp, "baseline-hung-up", "Was it always met by a FIN or a reset?")               \
  SIGN(BaselineReset, "baseline-reset", "Was it always met by a reset?")                           \
  SIGN(BaselineTakenIn, "baseline-taken-in",                                                       \
       "Did the one who answered the SYN always acknowledge the whole hello before it ended?")     \
  SIGN(BaselineSilent, "baseline-silent", "Was it always acknowledged and never answered?")        \
  SIGN(BaselineUnacked, "baseline-unacked", "Was it never even acknowledged, though resent?")      \
  SIGN(AnswerLost, "answer-lost",                                                                  \
       "Do packets show each time that the server sent an answer which never arrived?")            \
  SIGN(BaselineIcmp, "baseline-icmp", "Was it always met by an ICMP error?")                       \
  SIGN(BaselineAlert, "baseline-alert", "Was it always met by a fatal alert?")                     \
  SIGN(AlertName, "alert-name", "Was that alert unrecognized_name?")                               \
  SIGN(WarnedName, "warned-name",                                                                  \
       "Was it always met by a warning unrecognized_name and then a FIN or a reset?")              \
  SIGN(AlertVersion, "alert-version", "Was that alert protocol_version?")                          \
  SIGN(AlertHandshake, "alert-handshake", "Was that alert handshake_failure?")                     \
  SIGN(AlertInternal, "alert-internal", "Was that alert internal_error?")                          \
  SIGN(AlertContents, "alert-contents",                                                            \
       "Does that alert find fault with the hello's contents (illegal_parameter, decode_error, "   \
       "insufficient_security, missing_extension, unexpected_message)?")                           \
  SIGN(BaselineMismatched, "baseline-mismatched",                                                  \
       "Did the server choose a version of TLS that the hello does not offer?")                    \
  SIGN(BaselineBroken, "baseline-broken",                                                          \
       "Did a ServerHello come every time, and the handshake fail after it?")                      \
  SIGN(BrokenByHangUp, "broken-by-hang-up", "Was it a FIN or a reset that ended it then?")         \
  SIGN(BrokenBySilence, "broken-by-silence", "Did it fall silent then?")                           \
  SIGN(BaselinePlaintext, "baseline-plaintext", "Was it always answered in plaintext?")            \
  SIGN(NoGreeting, "no-greeting",                                                                  \
       "Did the greeting that comes before STARTTLS never come, on connections left open?")        \
  SIGN(StarttlsRefused, "starttls-refused-always", "Was STARTTLS refused or not offered?")         \
  SIGN(StarttlsRewritten, "starttls-rewritten",                                                    \
       "Was the word STARTTLS made unreadable on the "                                             \
       "way?")                                                                                     \
  SIGN(ServerNamed, "server-named",                                                                \
       "Does every verdict about the baseline name the server, at least strong?")                  \
  SIGN(ProvenBetween, "proven-between",                                                            \
       "Is it proven by a verdict that something between made or swallowed packets?")              \
  SIGN(FinishedAfterReset, "finished-after-reset-here",                                            \
       "Did the server finish and sign a handshake after a reset came in its name?")               \
  SIGN(ResetImmuneAsDead, "reset-immune-as-dead",                                                  \
       "Deaf to resets, did the baseline get no answer either?")                                   \
  /* all hellos together */                                                                        \
  SIGN(NoHelloAnswered, "no-hello-answered",                                                       \
       "Was no hello answered, of four or more kinds that were tried?")                            \
  SIGN(HellosAlike, "hellos-alike",                                                                \
       "Did the hellos of all kinds, four or more, end in the same way?")                          \
  SIGN(AnyHelloAnswered, "any-hello-answered", "Was any hello answered?")                          \
  SIGN(SomeHelloReplied, "some-hello-replied",                                                     \
       "Was any hello replied to in TLS, if only with an alert?")                                  \
  SIGN(OthersAlike, "other-data-alike", "Did HTTP and garbage meet the same end as the hello?")    \
  SIGN(OthersUnlike, "other-data-unlike",                                                          \
       "Were HTTP and garbage taken in, where the hello is reset, refused by ICMP or not even "    \
       "acknowledged?")                                                                            \
  SIGN(GarbageUnacked, "garbage-unacknowledged",                                                   \
       "Are full segments of garbage not even acknowledged?")                                      \
  SIGN(GarbageTakenIn, "garbage-taken-in", "Are full segments of garbage taken in?")               \
  SIGN(HttpAnswered, "http-answered", "Was HTTP answered in plaintext?")                           \
  /* one thing changed */                                                                          \
  SIGN(NoNameAnswered, "no-name-answered", "Is the hello answered when it bears no name?")         \
  SIGN(NoNameFailed, "no-name-failed", "Is the hello not answered when it bears no name?")         \
  SIGN(KnownNameTried, "known-name-tried",                                                         \
       "Was a hello sent for a name that the server is said to serve (--other-name)?")             \
  SIGN(OtherNameAnswered, "other-name-answered",                                                   \
       "Is the hello answered for another name, its own or a foreign one?")                        \
  SIGN(OtherNameFailed, "other-name-failed", "Is the hello answered for no other name?")           \
  SIGN(BroadAnswered, "broad-answered",                                                            \
       "Is a hello with every version and cipher suite answered?")                                 \
  SIGN(BroadFailed, "broad-failed",                                                                \
       "Is even a hello with every version and cipher suite not "                                  \
       "answered?")                                                                                \
  SIGN(BroadAlertHandshake, "broad-alert-handshake",                                               \
       "Is even a hello with every version and cipher suite met by handshake_failure?")            \
  SIGN(Tls12Answered, "tls12-answered", "Is the hello answered when it offers TLS 1.2 only?")      \
  SIGN(Tls12Failed, "tls12-failed", "Is the hello not answered when it offers TLS 1.2 only?")      \
  SIGN(OldTlsAnswered, "old-tls-answered",                                                         \
       "Is a hello answered that knows nothing above TLS 1.0?")                                    \
  SIGN(OldTlsFailed, "old-tls-failed", "Is no hello answered that knows nothing above TLS 1.0?")   \
  SIGN(OnlyOldTls, "only-old-tls", "Was TLS 1.0 or below the most that was ever agreed on?")       \
  SIGN(NewTlsAnswered, "new-tls-answered",                                                         \
       "Was any hello answered with TLS 1.2 or newer, or one that offers nothing older?")          \
  SIGN(SmallAnswered, "small-answered", "Is a hello of less than 256 bytes answered?")             \
  SIGN(SmallFailed, "small-failed", "Is a hello of less than 256 bytes not answered?")             \
  SIGN(MiddleAnswered, "middle-answered", "Is a hello of 256 to 511 bytes answered?")              \
  SIGN(MiddleFailed, "middle-failed", "Is a hello of 256 to 511 bytes not answered?")              \
  SIGN(LargeAnswered, "large-answered", "Is a hello of 600 bytes answered?")                       \
  SIGN(LargeFailed, "large-failed", "Is a hello of 600 bytes not answered?")                       \
  SIGN(HugeAnswered, "huge-answered", "Is a hello of two segments answered?")                      \
  SIGN(HugeFailed, "huge-failed", "Is a hello of two segments not answered?")                      \
  SIGN(HugeUnacked, "huge-unacknowledged", "Is a hello of two segments not even acknowledged?")    \
  SIGN(PiecesAnswered, "pieces-answered", "Is the same hello answered in segments of 500 bytes?")  \
  SIGN(PiecesFailed, "pieces-failed", "Is the same hello not answered in segments of 500 bytes?")  \
  SIGN(PostQuantumAnswered, "post-quantum-answered",                                               \
       "Is a hello with a post-quantum share "                                                     \
       "answered?")                                                                                \
  SIGN(PostQuantumFailed, "post-quantum-failed",                                                   \
       "Is a hello with a post-quantum share not answered?")                                       \
  SIGN(PostQuantumAlert, "post-quantum-alert",                                                     \
       "Is a hello with a post-quantum share met by a fatal alert?")                               \
  SIGN(SplitAnswered, "split-answered", "Is the hello answered when it comes in two segments?")    \
  SIGN(SplitFailed, "split-failed", "Is the hello not answered when it comes in two segments?")    \
  SIGN(RecordSplitAnswered, "record-split-answered",                                               \
       "Is the hello answered when it comes in two TLS records?")                                  \
  SIGN(RecordSplitFailed, "record-split-failed",                                                   \
       "Is the hello not answered when it comes in two TLS records?")                              \
  SIGN(NoTimestampsAnswered, "no-timestamps-answered",                                             \
       "Is the hello answered on a connection without TCP timestamps?")                            \
  SIGN(NoTimestampsFailed, "no-timestamps-failed",                                                 \
       "Is the hello not answered on a connection without TCP timestamps?")                        \
  SIGN(PatientAnswered, "patient-answered",                                                        \
       "Is the hello answered after all, later than it is usually waited for?")                    \
  SIGN(PatientFailed, "patient-failed",                                                            \
       "Is it not answered either when it is waited for three times as long?")                     \
  SIGN(StarttlsWorks, "starttls-works", "Is TLS granted after a plaintext dialogue instead?")      \
  SIGN(TlsAtOnceWorks, "tls-at-once-works", "Is a hello answered without STARTTLS instead?")       \
  /* certificates */                                                                               \
  SIGN(CertificateSeen, "certificate-seen", "Did a certificate come from the server?")             \
  SIGN(CertificateExpired, "certificate-expired", "Has it expired?")                               \
  SIGN(CertificateNotYetValid, "certificate-not-yet-valid", "Is it not valid yet?")                \
  SIGN(CertificateOtherName, "certificate-other-name", "Is it for another name?")                  \
  SIGN(CertificateUntrusted, "certificate-untrusted",                                              \
       "Does its chain lead to no root this machine trusts?")                                      \
  SIGN(CertificateAsked, "certificate-asked", "Does the server ask the client for one?")           \
  /* circumstances */                                                                              \
  SIGN(StarttlsAsked, "starttls-asked-for", "Does the baseline ask for TLS with STARTTLS?")        \
  SIGN(TlsAtOnceAsked, "tls-at-once-asked-for", "Does the baseline begin with TLS at once?")       \
  SIGN(NameSent, "name-sent", "Does the baseline bear a server name?")                             \
  SIGN(NameNotSent, "name-not-sent", "Does the baseline bear no server name?")                     \
  SIGN(BothVersionsOffered, "both-versions-offered", "Does the baseline offer TLS 1.2 and 1.3?")   \
  SIGN(LdapPort, "ldap-port", "Is it the port of LDAP over TLS?")                                  \
  SIGN(ClockDoubtful, "clock-doubtful", "Is this machine's clock not synchronised?")               \
  SIGN(LocalRuleHit, "local-rule-hit",                                                             \
       "Did a rule of this machine's firewall that drops or refuses count whenever something "     \
       "failed or was kept back?")                                                                 \
  SIGN(NeverLeft, "hello-never-left",                                                              \
       "Is something of every connection that failed missing among the packets captured on their " \
       "way out of this machine?")                                                                 \
  SIGN(NotLetIn, "answer-not-let-in",                                                              \
       "Did in every connection that failed packets reach this machine that its own TCP was "      \
       "never given?")                                                                             \
  SIGN(Beside, "beside-the-interface",                                                             \
       "Did every connection that failed come about without a packet on the interface that leads " \
       "to the target?")

enum class Sign : std::uint8_t {
#define WHOHUNGUP_SIGN(name, id, question) name,
  WHOHUNGUP_SIGNS(WHOHUNGUP_SIGN)
#undef WHOHUNGUP_SIGN
      Count
};
inline constexpr std::size_t kNumSigns = static_cast<std::size_t>(Sign::Count);
using SignSet = EnumSet<Sign>;

struct SignInfo {
  std::string_view id;
  std::string_view question;
};
const SignInfo& info(Sign);

/// What a matrix shows. A sign about one changed thing bears the probability that chance alone
/// makes such a difference from the baseline; all others bear 0.
struct Signs {
  SignSet set;
  std::array<double, kNumSigns> chance{};
  [[nodiscard]] bool has(Sign sign) const { return set.has(sign); }
};

/// The trials in the order in which they were made.
Signs signs_of(std::span<const Trial>, const Circumstances&);

}  // namespace whohungup
