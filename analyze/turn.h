// Whose turn it is in a handshake that has stopped.
#pragma once

#include "analyze/landmarks.h"
#include "dissect/conversation.h"

namespace whohungup {

/// Whether the server had said all it says before the client's key exchange (TLS up to 1.2: its
/// ServerHelloDone was read), and no handshake message of the client came after its hello.
bool is_clients_turn(const Conversation&, const Landmarks&);

/// Whether servers on that usual port of a STARTTLS protocol speak first: ftp, smtp, lmtp, pop3,
/// nntp, imap, mysql, sieve. The clients of ldap, xmpp and postgres do.
bool server_greets_on(std::uint16_t port);

}  // namespace whohungup
