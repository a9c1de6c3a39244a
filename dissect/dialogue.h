// The plaintext part of a connection that was meant to become TLS: STARTTLS and its relatives.
// Recognised from content, never from the port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/bytes.h"

namespace whohungup {

/// A line or message of the plaintext dialogue.
struct DialogueStep {
  bool from_client{};
  std::int64_t offset{};  // in that side's stream
  std::uint32_t bytes{};  // on the wire, line end included
  std::string text;       // at most 80 printable characters; of a binary message, what it is
};

/// The plaintext part of a connection that was meant to become TLS (or could have).
struct Dialogue {
  /// imap pop3 smtp lmtp sieve ftp ldap xmpp nntp postgres mysql http-connect; "smtp-or-ftp" if a
  /// bare 220 is all there is.
  std::string_view protocol;
  bool banner_seen{};  // the server spoke first, as these protocols (but ldap, xmpp, postgres) do
  bool offered{};      // the server listed STARTTLS as a capability, where that is visible
  bool asked{};        // the client asked for TLS (STARTTLS, STLS, AUTH TLS, SSLRequest …)
  bool granted{};      // the server said go ahead (mysql has no such answer: it had offered)
  bool refused{};      // the server said no to TLS
  bool turned_away{};  // before TLS was asked for, the server said that it serves the client not
  bool inspected{};    // a box rewrote the dialogue (XXXXXXXA, XXXX capability, 220 *****)
  bool went_on_without_tls{};  // the client logged in or sent mail in plaintext
  std::int64_t client_end{};   // bytes of the client's stream that belong to the dialogue
  std::int64_t server_end{};
  /// Where in the server's stream it said no, if it is refused or turned away.
  std::int64_t no_at{};
  /// Where in the client's stream it said goodbye (QUIT, LOGOUT, an unbindRequest …), if it did.
  std::optional<std::int64_t> goodbye_at;
  std::vector<DialogueStep> steps;  // at most 32, each side's in its own order
};

/// Reads what both sides said before TLS began (the plaintext prefixes of both streams, or all of
/// them if it never did) and recognises the protocol. Nothing if neither side's bytes look like
/// one of the protocols. A banner alone is enough; a client's command alone too.
std::optional<Dialogue> recognise_dialogue(Bytes from_client, Bytes from_server);

/// The protocol in which TLS is asked for on that port by custom (IANA's names for it); empty:
/// none.
std::string_view usual_dialogue(std::uint16_t port);

/// Whether a client's byte string has just asked for TLS: the last complete message is STARTTLS,
/// STLS, AUTH TLS, an SSLRequest … Cheap (looks at the last bytes only); called for plaintext
/// flows while packets arrive.
bool mentions_starttls(Bytes from_client);

}  // namespace whohungup
