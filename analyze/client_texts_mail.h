// What mail servers log of their clients, and what turns clients away.
#pragma once

#include <array>

#include "analyze/client_texts.h"

namespace whohungup {

inline constexpr auto kTextsOfMail = [] {
  using enum Program;
  using enum PrintedEnding;
  using enum Proof;
  return std::to_array<ClientText>({
      {Dovecot, PeerClosed, "TLS handshaking: SSL_accept() failed: <reason>unexpected eof", ""},
      {Dovecot, PeerClosed, "Disconnected (no auth attempts", "",
       "also what a health probe or a port scan looks like"},
      {Dovecot, PeerClosed, "Disconnected: Connection closed (no auth attempts", ""},
      {Dovecot, PeerClosed, "TLS handshaking: Connection closed", "", "", Measured},
      {Postfix, PeerClosed, "lost connection after STARTTLS from", ""},
      {Postfix, PeerClosed, "lost connection after CONNECT from", "", "also a health probe"},
      {Postfix, PeerClosed, "SSL_accept error from <host>: lost connection", "", "", Measured},
      {Dovecot, PeerReset, "SSL_accept() failed: <reason>Connection reset by peer", ""},
      {Dovecot, PeerReset, "SSL_accept() syscall failed: Connection reset by peer", ""},
      {Dovecot, PeerReset, "TLS handshaking: read(size=<n>) failed: Connection reset by peer", "",
       "", Measured},
      {Postfix, PeerReset, "SSL_accept error from <host>: Connection reset by peer", "", "",
       Measured},

      {Dovecot, PeerClosed, "TLS handshaking: SSL connection closed during handshake", "", "",
       Measured},
      {Dovecot, Finished, "TLS: read(size=<n>) failed: Connection reset by peer", "",
       "behind the handshake", Measured},
      {Dovecot, PeerReset, "TLS: read(size=<n>) failed: Connection reset by peer", ""},
      {Postfix, Finished, "TLS connection established from", "", "", Measured},
      {Postfix, Finished, "TLS connection established to", ""},
      {Dovecot, Finished, "Disconnected (no auth attempts", ""},
      {Dovecot, PeerReset, "Disconnected (no auth attempts", ""},
      {Dovecot, Finished, "Disconnected: Connection closed (no auth attempts", ""},
      {Dovecot, PeerReset, "Disconnected: Connection closed (no auth attempts", ""},
      {Dovecot, PeerSilent, "Disconnected: Inactivity", ""},
      {Dovecot, Finished, "Disconnected: Inactivity", ""},
      {Dovecot, PeerClosed, "disconnected before auth was ready", ""},
      {Dovecot, Finished, "disconnected before auth was ready", ""},
      {Dovecot, PeerFailed, "SSL_accept() failed", "", "what stands behind it says more"},
      {Dovecot, PeerReset, "SSL_accept() syscall failed", ""},
      {Dovecot, PeerClosed, "SSL_accept() syscall failed", ""},
      {Postfix, PeerReset, "lost connection after STARTTLS from", ""},
      {Postfix, PeerReset, "lost connection after CONNECT from", ""},
      {Postfix, PeerReset, "SSL_accept error from <host>: lost connection", ""},
      {Postfix, PeerFailed, "SSL_accept error from <host>: -1", "", "the line before it says more"},
      {Postfix, PeerSilent, "SSL_accept error from <host>: Connection timed out", "", "", Measured},
      {Postfix, PeerSilent, "timeout after STARTTLS from", ""},
      {Postfix, PeerSilent, "timeout after CONNECT from", ""},
      {Other, PeerFailed, "TLS error on connection from", "", "Exim"},
      {Other, PeerFailed, "STARTTLS=server, error: accept failed", "", "sendmail"},
      {Other, HandshakeFailed, "STARTTLS=client, error: connect failed", "", "sendmail"},
      {Dovecot, TurnedAway, "process_limit (<n>) reached, client connections are being dropped",
       ""},
      {Dovecot, TurnedAway, "client connections are being dropped", ""},
      {Dovecot, TurnedAway, "Maximum number of connections from user+IP exceeded", ""},
      {Postfix, TurnedAway, "Connection concurrency limit exceeded", ""},
      {Postfix, TurnedAway, "Connection rate limit exceeded", ""},
      {Postfix, TurnedAway, "too many connections", ""},
      {Other, TurnedAway, "refused connect from", "", "TCP wrappers"},
      {Other, TurnedAway, "NOTICE  [<jail>] Ban ", "", "fail2ban"},
      {Dovecot, ServerFault, "Couldn't parse private ssl_key", ""},
      {Dovecot, ServerFault, "Can't load SSL certificate", ""},
      {Dovecot, ServerFault, "Can't load private key", ""},
      {Dovecot, ServerFault, "SSL context initialization failed", ""},
      {Postfix, ServerFault, "no server certificate", ""},
      {Postfix, ServerFault, "cannot get RSA certificate", ""},
      {Postfix, PeerFailed, "TLS library problem", "", "what stands behind it says more", Measured},

  });
}();

}  // namespace whohungup
