// Whose turn it is in a handshake that has stopped.
#pragma once

#include <optional>

#include "analyze/event.h"
#include "analyze/landmarks.h"
#include "dissect/conversation.h"

namespace whohungup {

/// Whether the server had said all it says before the client's key exchange (TLS up to 1.2: its
/// ServerHelloDone was read), and no handshake message of the client came after its hello.
bool is_clients_turn(const Conversation&, const Landmarks&);

/// Whether servers on that usual port of a STARTTLS protocol speak first: ftp, smtp, lmtp, pop3,
/// nntp, imap, mysql, sieve. The clients of ldap, xmpp and postgres do.
bool server_greets_on(std::uint16_t port);

/// The server's next bytes, as the client's acknowledgements have it, that came to the capture
/// again and again.
struct Untaken {
  FrameNo first{}, last{};  // that carried them
  Time since{};             // of the first
  int copies{};
  bool all{};  // nothing of the answer was acknowledged
};
/// What the client never acknowledged though it was captured two or more times before the frame
/// `until`: the server had no acknowledgement either.
std::optional<Untaken> find_untaken_answer(const Conversation&, FrameNo until);
/// The same of a silence: until the client gave up and left, if it did.
std::optional<Untaken> find_untaken_answer(const Conversation&, const Event& silence);

}  // namespace whohungup
