// The table (diagnosis.md §5.2 and §7.1, and what the lab's clients printed).
#include "analyze/explain_endings.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace whohungup {
namespace {

using enum Mechanism;

constexpr Stage kSyn = Stage::Syn, kAccepted = Stage::Accepted, kHello = Stage::ClientHello,
                kAnswer = Stage::ServerHello, kDone = Stage::Established;

constexpr EventSet kClosed{Fin, {kAccepted, kHello, kAnswer}};
constexpr EventSet kReset =
    EventSet{Rst, {kAccepted, kHello, kAnswer}} | EventSet{Fin, {kAccepted}};
// A greeting that turns the client away, or a refused STARTTLS, and then the close.
constexpr EventSet kSaidNo{Plaintext, {kAccepted, kHello}};
constexpr EventSet kAlert{Mechanism::Alert, {kHello, kAnswer}};
constexpr EventSet kAnyAlert{Mechanism::Alert, {kAccepted, kHello, kAnswer, kDone}};

// Long after the handshake: the verdict about it is that it was completed.
constexpr EventSet kLater{None, {kDone}};

// Whatever can happen to a connection once it is made. What one end sees of it is no more than a
// close or a reset, and that can be the end of any of these: a client that has waited in vain
// closes, one that was sent a page of plaintext resets.
constexpr EventSet kOnceConnected = EventSet{Fin, {kAccepted, kHello, kAnswer, kDone}} |
                                    EventSet{Rst, {kAccepted, kHello, kAnswer, kDone}} |
                                    EventSet{Icmp, {kAccepted, kHello, kAnswer, kDone}} |
                                    EventSet{Silence, {kAccepted, kHello, kAnswer, kDone}} |
                                    EventSet{Plaintext, {kAccepted, kHello, kAnswer}} | kAnyAlert |
                                    kLater;
// The hello, or what follows it, was lost on the way, and the server hung up when it had waited
// long enough: the program sees that end, the verdict is about the loss (measured: a hello dropped,
// a server that closes after 5 s, s_client's "unexpected eof").
constexpr EventSet kLost =
    EventSet{Silence, {kAccepted, kHello, kAnswer}} | EventSet{Icmp, {kAccepted, kHello, kAnswer}};
// The kernel tells of the reset instead of the connection, and throws away what came before it.
constexpr EventSet kResetAtOnce = EventSet{Rst, {kAccepted}} | EventSet{Fin, {kAccepted}} |
                                  EventSet{Plaintext, {kAccepted}} |
                                  EventSet{Mechanism::Alert, {kAccepted}};
constexpr EventSet kPeerClosed = kClosed;
constexpr EventSet kPeerReset{Rst, {kAccepted, kHello, kAnswer}};
// The server's own close, when it has waited long enough, is the first end on the wire.
constexpr EventSet kPeerSilent = EventSet{Silence, {kAccepted, kHello, kAnswer}} | kClosed;
// It answers with an alert, a page or a close; no hello came, or none that could be read.
constexpr EventSet kPeerNotTls = EventSet{Mechanism::Alert, {kAccepted, kHello}} |
                                 EventSet{Plaintext, {kAccepted, kHello}} |
                                 EventSet{Fin, {kAccepted, kHello}};
constexpr EventSet kServerRefused{Mechanism::Alert, {kHello, kAnswer}};
constexpr EventSet kTlsToPlaintext{Plaintext, {kAccepted, kHello}};
constexpr EventSet kHandshakeFailed = kClosed | kReset | kSaidNo | kAlert;
constexpr EventSet kLaterEnd = kLater | EventSet{Fin, {kDone}} | EventSet{Rst, {kDone}};
constexpr EventSet kServerFault = EventSet{Fin, {kAccepted, kHello}} | EventSet{Rst, {kHello}} |
                                  EventSet{Mechanism::Alert, {kHello}};
constexpr EventSet kTurnedAway = EventSet{Fin, {kAccepted}} | EventSet{Rst, {kAccepted}};

constexpr std::string_view kDiagnose = "whohungup diagnose <target>";
constexpr std::string_view kTrace = "whohungup trace <target>";

constexpr EndingRow kRows[] = {
    {PrintedEnding::Refused,
     "refused",
     EventSet{Rst, {kSyn}} | EventSet{Icmp, {kSyn}},
     {},
     "The SYN was refused: by a reset (nobody listens on that port, or a firewall says so) or by "
     "an "
     "ICMP \"port unreachable\". No connection was made.",
     "No byte of TLS was sent: name, version, cipher and certificate have nothing to do with it.",
     kTrace},
    {PrintedEnding::Unreachable, "unreachable", EventSet{Icmp, {kSyn}}, EventSet{Silence, {kSyn}},
     "The SYN was answered by an ICMP error (a router or a firewall), or this host has no route or "
     "no neighbour to send it to. No connection was made.",
     "No byte of TLS was sent: name, version, cipher and certificate have nothing to do with it.",
     kTrace},
    {PrintedEnding::NoConnection, "no-connection",
     EventSet{Rst, {kSyn}} | EventSet{Icmp, {kSyn}} | EventSet{Silence, {kSyn}}, kResetAtOnce,
     "The program got no connection: the SYN was refused, met an ICMP error or was never answered. "
     "A connection that a reset ended at once reads the same, whatever the server said before it.",
     "The ClientHello is not the reason: none was sent.", kTrace},
    {PrintedEnding::ConnectTimeout, "connect-timeout", EventSet{Silence, {kSyn}},
     EventSet{Icmp, {kSyn}} | EventSet{Silence, {kAccepted}},
     "Nothing answered the SYN: it was dropped on the way there or back, or the host is down or "
     "its "
     "accept queue full.",
     "Nobody refused: neither a reset nor a close reached the program.", kTrace},
    {PrintedEnding::Timeout, "timeout",
     EventSet{Silence, {kAccepted, kHello, kAnswer}} | EventSet{Icmp, {kHello, kAnswer}},
     EventSet{Icmp, {kAccepted, kDone}} | EventSet{Silence, {kDone}} | kLater |
         EventSet{Fin, {kAccepted, kHello, kAnswer, kDone}} |
         EventSet{Rst, {kAccepted, kHello, kAnswer, kDone}},
     "The connection was made and then nothing more came. Once connected, the kernel also swallows "
     "ICMP errors: to the program they are silence. A program that waited less than 3 s hung up "
     "itself.",
     "Neither a close (FIN) nor a reset reached the program.", kDiagnose},
    {PrintedEnding::Closed, "closed", kClosed,
     EventSet{Fin, {kDone}} | kSaidNo | kAlert | kLost | kLater,
     "A FIN reached the program: its peer, or something that answers in its place, closed the "
     "connection without a TLS message the program would show. A hello that is lost on the way "
     "ends so, too, if the server's patience ends before the program's.",
     "No reset ended it first (that is ECONNRESET, errno 104), and nobody refused the connection.",
     kDiagnose},
    {PrintedEnding::ClosedMostly, "closed-mostly", kClosed,
     EventSet{Fin, {kDone}} | kSaidNo | kAlert | (kReset - kClosed) | EventSet{Rst, {kDone}} |
         kLost | kLater,
     "The connection was closed before a TLS message that the program would show: by a FIN as a "
     "rule; a reset that comes before the program has read reads the same.",
     "Nobody refused the connection: it had been made.", kDiagnose},
    {PrintedEnding::CloseNotify, "close-notify",
     EventSet{Fin, {kHello, kAnswer}} | EventSet{Mechanism::Alert, {kHello}},
     EventSet{Fin, {kAccepted, kDone}} | (kAnyAlert - EventSet{Mechanism::Alert, {kHello}}) |
         kLost | kLater,
     "The peer said the TLS close (close_notify) before the handshake was finished, then closed.",
     "No reset ended it first, and whoever answered speaks TLS.", kDiagnose},
    {PrintedEnding::Warned, "warned",
     EventSet{Fin, {kHello}} | EventSet{Mechanism::Alert, {kHello}},
     EventSet{Fin, {kAnswer, kDone}} | EventSet{Mechanism::Alert, {kAnswer, kDone}} |
         EventSet{Rst, {kHello, kAnswer, kDone}} | EventSet{Silence, {kHello, kAnswer, kDone}} |
         EventSet{Icmp, {kHello, kAnswer, kDone}} | kLater,
     "The peer sent a warning alert and did not go on: as a rule it closed. Most clients show only "
     "the close.",
     "Whoever answered speaks TLS and read the hello.", kDiagnose},
    {PrintedEnding::Reset, "reset", kReset,
     EventSet{Rst, {kDone}} | EventSet{Fin, {kHello, kAnswer, kDone}} | kAnyAlert | kSaidNo |
         EventSet{Plaintext, {kAnswer}} | kLost | kLater,
     "A reset reached the program. The text does not say who sent it, nor whether a FIN or an "
     "alert "
     "came just before: a peer that closes at accept answers the hello with a reset.",
     "Nobody refused the connection: it had been made.", kDiagnose},
    {PrintedEnding::Broken, "broken", kClosed | kReset,
     EventSet{Rst, {kDone}} | EventSet{Fin, {kDone}} | kAnyAlert | kSaidNo | kLost | kLater,
     "The connection was ended by the other side, and these words do not tell a FIN from a reset.",
     "Nobody refused the connection: it had been made.", kDiagnose},
    // An alert of a version that the program did not expect reads the same (OpenSSL 3.0.22 of an
    // alert in SSL 2's version, older ones of any other than their own).
    {PrintedEnding::NotTls, "not-tls", kSaidNo, EventSet{Plaintext, {kAnswer}} | kAlert,
     "The first bytes that came are not TLS: a service that speaks plaintext (a greeting, an HTTP "
     "error, a block page) or that wants STARTTLS first.",
     "It was no close, no reset and no silence: somebody answered, in another language.",
     "whohungup probe <starttls>://<target>"},
    {PrintedEnding::Malformed, "malformed", kSaidNo | EventSet{Fin, {kAnswer}} | kAlert,
     EventSet{Rst, {kAnswer}} | EventSet{Fin, {kAccepted, kHello, kDone}} |
         EventSet{Plaintext, {kAnswer}} | (kAnyAlert - kAlert) | kLater,
     "What came could not be read as TLS, or not to its end: plaintext, a handshake cut short, or "
     "an "
     "alert this program does not tell apart.",
     "It was neither silence nor a refused connection: bytes came back.", kDiagnose},
    // Alerts of TLS 1.3 are encrypted: a capture without the keys shows the close behind them.
    {PrintedEnding::Alert, "alert", kAlert,
     (kAnyAlert - kAlert) | EventSet{Fin, {kAnswer, kDone}} | EventSet{Rst, {kAnswer, kDone}} |
         kLater,
     "A fatal TLS alert reached the program: whoever answered speaks TLS and read the hello.",
     "The FIN or reset behind an alert is only its consequence.", kDiagnose},
    {PrintedEnding::NoStarttls, "no-starttls", EventSet{Plaintext, {kAccepted}},
     EventSet{Fin, {kAccepted}} | EventSet{Silence, {kAccepted}} | EventSet{Rst, {kAccepted}},
     "The service does not offer TLS in its plaintext dialogue, refused to begin it, or turned the "
     "client away with its greeting.",
     "The ClientHello was not refused: as a rule it was never sent.",
     "whohungup probe <starttls>://<target>"},
    {PrintedEnding::OwnRefusal, "own-refusal", EventSet{Mechanism::Alert, {kAnswer}},
     EventSet{Fin, {kAccepted, kAnswer, kDone}} | EventSet{Rst, {kAnswer, kDone}} |
         EventSet{Mechanism::Alert, {kHello, kDone}} | kLater,
     "The program that prints this broke off itself: it did not like the peer's certificate or "
     "version. On the wire that is the client's own alert.",
     "Nobody else hung up: the peer's answer had arrived.",
     "openssl s_client -connect <target> -servername <host> -showcerts"},
    {PrintedEnding::Finished, "finished", EventSet{None, {kDone}},
     EventSet{Fin, {kAnswer, kDone}} | EventSet{Rst, {kAnswer, kDone}} |
         EventSet{Mechanism::Alert, {kAnswer, kDone}} | EventSet{Icmp, {kDone}} |
         EventSet{Silence, {kDone}},
     "The handshake was completed, as far as this program could see.",
     "Nothing hung up before that.", kDiagnose},
    {PrintedEnding::NoName,
     "no-name",
     {},
     {},
     "The name has no address here: no packet was sent to any server.",
     "No event on the wire to the server produces it.",
     "getent ahosts <host>"},
    {PrintedEnding::HandshakeFailed, "handshake-failed", kHandshakeFailed,
     kOnceConnected - kHandshakeFailed,
     "The handshake came to nothing, and these words do not tell how: a close, a reset, an alert, "
     "plaintext, silence or the program's own refusal.",
     "Nobody refused the connection: it had been made.", kDiagnose},
    {PrintedEnding::LaterEnd, "later-end", kLaterEnd,
     EventSet{Rst, {kAccepted, kHello, kAnswer}} | EventSet{Fin, {kAccepted, kHello, kAnswer}} |
         kAnyAlert | kSaidNo | kLost,
     "Words for data that could not be read or sent: as a rule the handshake was done when the "
     "connection ended. TLS 1.3 tells a client only then that its certificate is refused, and a "
     "plaintext dialogue before TLS can end with the same words.",
     "Nobody refused the connection: it had been made.", kDiagnose},
    {PrintedEnding::ResetAtOnce, "reset-at-once", EventSet{Rst, {kAccepted}},
     kResetAtOnce - EventSet{Rst, {kAccepted}},
     "A reset ended the connection before the program could use it. The SYN had been answered, so "
     "this is no refusal; what the server sent before the reset – a greeting, an error in "
     "plaintext, a close – the program never read.",
     "The ClientHello is not the reason: none was sent.", kDiagnose},
    {PrintedEnding::PeerClosed, "peer-closed", kPeerClosed, kOnceConnected - kPeerClosed,
     "A server's log: its client's side closed the connection before the handshake was done. That "
     "may be the client itself (it gave up, did not like the answer, or got none), a health probe, "
     "or something on the way.",
     "The server did not hang up: it was waiting.", kDiagnose},
    {PrintedEnding::PeerReset, "peer-reset", kPeerReset, kOnceConnected - kPeerReset,
     "A server's log: a reset came from its client's side. That may be the client itself or "
     "something on the way.",
     "The server did not hang up: it was waiting.", kDiagnose},
    {PrintedEnding::PeerSilent, "peer-silent", kPeerSilent, kOnceConnected - kPeerSilent,
     "A server's log: nothing more came from its client's side, and the server gave up. The client "
     "may never have spoken (a probe), or the path lost the hello, or the server's answer to it.",
     "No close and no reset had reached the server.", kDiagnose},
    {PrintedEnding::PeerNotTls, "peer-not-tls", kPeerNotTls, kOnceConnected - kPeerNotTls,
     "A server's words: what came from its client's side is not TLS: plain HTTP, a PROXY header, "
     "another protocol, or a hello changed on the way.",
     "Certificate and ciphers are not the reason: the server saw no hello that it could read.",
     kDiagnose},
    {PrintedEnding::PeerAlert, "peer-alert", EventSet{Mechanism::Alert, {kAnswer}},
     kOnceConnected - EventSet{Mechanism::Alert, {kAnswer}} - EventSet::of(Plaintext) -
         EventSet::of(Silence) - EventSet::of(Icmp),
     "A server's log: a fatal alert came from its client's side: the client did not like the "
     "server's certificate, version or choice, and says so.",
     "The server did not hang up first.",
     "openssl s_client -connect <target> -servername <host> -showcerts"},
    {PrintedEnding::PeerFailed, "peer-failed", kHandshakeFailed, kOnceConnected - kHandshakeFailed,
     "A server's log: the handshake with its client came to nothing, and these words do not tell "
     "how: a close, a reset, an alert, plaintext or the server's own refusal.",
     "The connection had been made.", kDiagnose},
    {PrintedEnding::ServerRefused, "server-refused", kServerRefused,
     kOnceConnected - kServerRefused - EventSet::of(Silence) - EventSet::of(Icmp),
     "A server's words: it could not agree with what its client offers – version, cipher, "
     "signature, or a certificate of the client's – and broke off: an alert of its own, as a rule.",
     "The client did not hang up first.", kDiagnose},
    {PrintedEnding::TlsToPlaintext, "tls-to-plaintext", kTlsToPlaintext,
     kOnceConnected - kTlsToPlaintext - kAnyAlert,
     "A server's log: a ClientHello came where the service speaks plaintext, or wants another "
     "dialogue first: the wrong port, STARTTLS left out, or TLS not switched on there.",
     "No alert: whoever answered does not speak TLS on that port.",
     "whohungup probe <starttls>://<target>"},
    // A ban is a firewall's rule from then on: whatever such a rule can do to a connection.
    {PrintedEnding::TurnedAway, "turned-away", kTurnedAway,
     ((kOnceConnected - kTurnedAway) - kAnyAlert) | EventSet{Rst, {kSyn}} | EventSet{Icmp, {kSyn}} |
         EventSet{Silence, {kSyn}},
     "A server's log: the server turned its client away: a limit, an access rule or a ban. The "
     "client sees the connection close at once, or nothing at all from then on.",
     "The hello is not the reason: the server did not go by it.", kDiagnose},
    {PrintedEnding::ServerFault, "server-fault", kServerFault, kOnceConnected - kServerFault,
     "A server's log: the server cannot do its part: no key or certificate it can read, or no "
     "backend.",
     "No middlebox is needed to explain it.", kDiagnose},
};
static_assert(std::size(kRows) == kNumEndings);

}  // namespace

EventSet all_events() {
  // No stage but the last knows "completed"; before the connection there is nothing to close.
  EventSet all;
  for (const Stage stage : {kAccepted, kHello, kAnswer, kDone}) all = all | EventSet::of(stage);
  all = all - EventSet::of(None) - EventSet{Mechanism::Plaintext, {kDone}};
  return all | EventSet{None, {kDone}} | EventSet{Rst, {kSyn}} | EventSet{Icmp, {kSyn}} |
         EventSet{Silence, {kSyn}};
}

std::vector<std::string> names(EventSet events) {
  std::vector<std::string> list;
  for (int s = 0; s < EventSet::kStages; ++s)
    for (int m = 0; m < EventSet::kMechanisms; ++m)
      if (const auto mechanism = static_cast<Mechanism>(m);
          events.has(mechanism, static_cast<Stage>(s)))
        list.push_back(std::string(to_string(mechanism)) + '.' +
                       std::string(to_string(static_cast<Stage>(s))));
  return list;
}

const EndingRow& ending_row(PrintedEnding ending) {
  return *std::find_if(std::begin(kRows), std::end(kRows),
                       [&](const EndingRow& row) { return row.ending == ending; });
}

}  // namespace whohungup
