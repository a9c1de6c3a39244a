// What is said before or instead of TLS: STARTTLS dialogues, and the protocols that answer on a
// port where TLS was expected. Recognised from content, never from the port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/bytes.h"

namespace whohungup {

/// "http", "imap", "pop3", "smtp", "ftp", "ssh", "mysql", "postgres", "ldap", "xmpp", "nntp",
/// "sieve", "proxy-protocol", "inspected" (XXXXXXXA and friends), "sslv2", "zeros", "unknown".
struct Plaintext {
  std::string_view protocol;
  std::string
      excerpt;  // the first bytes, printable ASCII kept, others as \x1f; at most 80 characters
};
/// Names the protocol of the first bytes a server sent. Empty input gives nothing.
std::optional<Plaintext> recognise_server_plaintext(Bytes first_bytes);
/// The same for a client's first bytes (HTTP request, PROXY header, SSH banner …).
std::optional<Plaintext> recognise_client_plaintext(Bytes first_bytes);

/// A line or message of the plaintext dialogue.
struct DialogueStep {
  bool from_client{};
  std::int64_t offset{};  // in that side's stream
  std::uint32_t bytes{};  // on the wire, line end included
  std::string text;       // printable excerpt, at most 80 characters
};

/// The plaintext part of a connection that was meant to become TLS (or could have).
struct Dialogue {
  std::string_view
      protocol;        // imap pop3 smtp lmtp sieve ftp ldap xmpp nntp postgres mysql http-connect
  bool banner_seen{};  // the server spoke first, as these protocols (but ldap, xmpp, postgres) do
  bool offered{};      // the server listed STARTTLS as a capability, where that is visible
  bool asked{};        // the client asked for TLS (STARTTLS, STLS, AUTH TLS, SSLRequest …)
  bool granted{};      // the server said go ahead
  bool refused{};      // the server said no
  bool inspected{};    // a box rewrote the dialogue (XXXXXXXA, XXXX capability)
  std::int64_t client_end{};  // bytes of the client's stream that belong to the dialogue
  std::int64_t server_end{};
  std::vector<DialogueStep> steps;  // at most 32, each side's in its own order
};

/// Reads what both sides said before TLS began (the plaintext prefixes of both streams) and
/// recognises the protocol. Nothing if neither side's bytes look like one of the protocols.
/// A banner alone is enough; a client's command alone too.
std::optional<Dialogue> recognise_dialogue(Bytes from_client, Bytes from_server);

/// Whether a client's byte string has just asked for TLS: the last complete message is STARTTLS,
/// STLS, AUTH TLS, an SSLRequest … Cheap; called for plaintext flows while packets arrive.
bool mentions_starttls(Bytes from_client);

/// Printable excerpt of hostile bytes: ASCII 0x20..0x7e kept, the rest as \r \n \t \xNN.
std::string printable(Bytes, std::size_t most = 80);

}  // namespace whohungup
