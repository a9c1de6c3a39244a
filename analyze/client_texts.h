// What programs print when a handshake ends, in one table that is read both ways: client_view()
// foretells texts from an ending, explain() finds the ending of a text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace whohungup {

/// Who prints. From Dovecot on these are logs of servers, who saw their client's side end it.
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
};
std::string_view to_string(Program);
bool logs_as_server(Program);

/// How it ended for the one who prints.
enum class PrintedEnding : std::uint8_t {
  Refused,         // no connection: a reset, or ICMP "port unreachable"
  Unreachable,     // no connection: another ICMP error, or no route
  NoConnection,    // no connection, and the text says no more
  ConnectTimeout,  // nothing answered the SYN
  Timeout,         // connected, and then nothing
  Closed,          // an end of file
  ClosedMostly,    // an end of file, seldom a reset: the words are the same
  CloseNotify,     // a TLS close before the handshake was done
  Warned,          // a warning alert, then the close
  Reset,           // a reset
  Broken,          // gone, and the text does not say whether by FIN or by reset
  NotTls,          // bytes that are not TLS
  Malformed,       // TLS that cannot be read, or not to the end
  Alert,           // a fatal alert
  NoStarttls,      // the peer does not offer TLS in its dialogue, or says no
  OwnRefusal,      // the one who prints broke off: certificate, version, policy
  Finished,        // the handshake was completed
  NoName,          // the name has no address: nothing was sent
  PeerClosed,      // in a server's log: its client's side closed
  PeerReset,       // in a server's log: a reset came from its client's side
  TurnedAway,      // in a server's log: it turned the client away: a limit, a rule, a ban
  ServerFault,     // in a server's log: it cannot speak TLS: no key, no certificate, no backend
};
inline constexpr std::size_t kNumEndings = 22;

/// One text. `<…>` in it stands for what differs from run to run, within a line.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct ClientText {
  Program program{};
  PrintedEnding ending{};
  std::string_view prints;  // as client_view tells it
  std::string_view
      look_for;  // what of it to look for, ^ and $ being a line's ends; empty: `prints`
  std::string_view remark{};  // what the words hide, or which versions say so
  bool foretold{};            // client_view says it
};

std::span<const ClientText> client_texts();

/// All texts of a program for an ending that are foretold, joined by " or "; empty if none is
/// known.
std::string foretold(Program, PrintedEnding);

/// How OpenSSL 3.0, curl, Python, Node, Go, Java, GnuTLS … word a fatal alert they received.
std::string alert_text(Program, std::uint8_t description);

}  // namespace whohungup
