// What programs print when a handshake ends, in one table that is read both ways: client_view()
// foretells texts from an ending, explain() finds the ending of a text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace whohungup {

/// Who prints. From Dovecot on these are logs of servers, who see their client's side end it – and
/// of a connection to an upstream are clients themselves.
enum class Program : std::uint8_t {
  OpenSsl,
  Curl,
  Python,
  Go,
  Java,
  Node,
  GnuTls,
  DotNet,
  Firefox,
  Chrome,
  Other,  // several programs share these words
  Dovecot,
  Postfix,
  Nginx,
  HaProxy,
  GoServer,
  Apache,
  Stunnel,
  Postgres,
};
std::string_view to_string(Program);
/// Whether it is a library or a language that servers are made of, too.
bool can_serve(Program);

/// How it ended for the one who prints.
enum class PrintedEnding : std::uint8_t {
  Refused,          // no connection: a reset, or ICMP "port unreachable"
  Unreachable,      // no connection: another ICMP error, or no route
  NoConnection,     // no connection, and the text says no more
  ConnectTimeout,   // nothing answered the SYN
  Timeout,          // connected, and then nothing
  Closed,           // an end of file
  ClosedMostly,     // an end of file, seldom a reset: the words are the same
  CloseNotify,      // a TLS close before the handshake was done
  Warned,           // a warning alert, then the close
  Reset,            // a reset
  Broken,           // gone, and the text does not say whether by FIN or by reset
  NotTls,           // bytes that are not TLS
  Malformed,        // TLS that cannot be read, or not to the end
  Alert,            // a fatal alert
  NoStarttls,       // the peer does not offer TLS in its dialogue, or says no
  OwnRefusal,       // the one who prints broke off: certificate, version, policy
  Finished,         // the handshake was completed
  NoName,           // the name has no address: nothing was sent
  HandshakeFailed,  // it came to nothing, and the text does not say how
  LaterEnd,         // ended, and by the words behind the handshake
  ResetAtOnce,      // a reset came before the program knew of its connection
  // In a server's words, from here on: what came from its client's side, or what it did itself.
  PeerClosed,      // its client's side closed
  PeerReset,       // a reset came from its client's side
  PeerSilent,      // nothing more came from its client's side
  PeerNotTls,      // what came is not TLS
  PeerAlert,       // a fatal alert came
  PeerFailed,      // the handshake failed, and the text does not say how
  ServerRefused,   // the server broke off: nothing in common with the client, or its certificate
  TlsToPlaintext,  // a ClientHello came where the service speaks plaintext
  TurnedAway,      // it turned the client away: a limit, a rule, a ban
  ServerFault,     // it cannot speak TLS: no key, no certificate, no backend
};
inline constexpr std::size_t kNumEndings = 31;

/// Whether an ending is told in a server's words.
constexpr bool told_by_server(PrintedEnding ending) { return ending >= PrintedEnding::PeerClosed; }

/// How a row is known.
enum class Proof : std::uint8_t {
  Documented,  // from documentation or users' reports
  Measured,    // printed by the program when the event was made
  Foretold,    // measured, and client_view says it
};

/// One text. `<…>` in it stands for what differs from run to run, within a line.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct ClientText {
  Program program{};
  PrintedEnding ending{};
  std::string_view prints;  // as client_view tells it
  std::string_view
      look_for;  // what of it to look for, ^ and $ being a line's ends; empty: `prints`
  std::string_view remark{};  // what the words hide, or which versions say so
  Proof proof{};
};

std::span<const ClientText> client_texts();

/// All texts of a program for an ending that are foretold, joined by " or "; empty if none is
/// known.
std::string_view foretold(Program, PrintedEnding);

/// How OpenSSL 3.0, curl, Python, Node, Go, Java, GnuTLS … word a fatal alert they received.
std::string alert_text(Program, std::uint8_t description);

/// The same alert in words that are not one program's alone: OpenSSL's reason without its number,
/// as a sentence and as a constant, rustls's, and GnuTLS's as git prints them.
std::vector<std::string> other_alert_texts(std::uint8_t description);

}  // namespace whohungup
