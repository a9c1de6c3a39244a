// What the hello and the answer to it were, as every report tells it. The packets everything is
// measured from are found by analyze/landmarks.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dissect/conversation.h"

namespace whohungup {

/// The first ClientHello's message; null if there was none.
const Message* find_hello(const Conversation&);
/// Where the first ClientHello ends in the client's stream.
std::int64_t hello_end(const Message& hello);

/// Whether packets bearing the server's address acknowledged every byte of the first ClientHello;
/// nothing without a hello or without a packet from there.
std::optional<bool> hello_acked(const Conversation&);

/// What the server's first byte after the ClientHello was: "server_hello", "hello_retry_request",
/// "alert", "alert_encrypted", "plaintext", "binary", "ccs", "appdata", "handshake",
/// "sslv2_server_hello", "gap" (later bytes only) or "none"; empty without a ClientHello.
std::string_view server_reply(const Conversation&);

/// The host name the first ClientHello asks for, as it claims it (hostile bytes).
std::optional<std::string> claimed_name(const Conversation&);

}  // namespace whohungup
