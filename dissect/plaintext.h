// Names the protocol of bytes that are not TLS where TLS was expected. Recognised from content,
// never from the port.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dissect/bytes.h"

namespace whohungup {

/// "http", "imap", "pop3", "smtp", "lmtp", "ftp", "smtp-or-ftp" (a bare 220), "ssh", "mysql",
/// "postgres", "ldap", "xmpp", "nntp", "sieve", "irc", "redis", "amqp", "rdp", "vnc", "socks",
/// "telnet", "proxy-protocol", "inspected" (XXXXXXXA and friends), "sslv2", "zeros", "unknown".
struct Plaintext {
  std::string_view protocol;
  std::string excerpt;  // printable() of the first bytes
};

/// Names the protocol of the first bytes a server sent. Nothing if there are none, or if they
/// begin a TLS record.
std::optional<Plaintext> recognise_server_plaintext(Bytes first_bytes);
/// The same for a client's first bytes (HTTP request, PROXY header, SSH banner …).
std::optional<Plaintext> recognise_client_plaintext(Bytes first_bytes);

/// Printable excerpt of hostile bytes, at most `most` characters long: ASCII 0x20..0x7e kept, the
/// rest as \r \n \t \xNN, and a backslash as \\.
std::string printable(Bytes, std::size_t most = 80);

}  // namespace whohungup
