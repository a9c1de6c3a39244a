// A ClientHello made to order: what a named client would send, changed as asked for and brought
// to an exact size on the wire. tls_client_hello.h reads and writes it; here is only what it says.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/tls_client_hello.h"

namespace whohungup::tls {

/// Whose hello it is. The lists, their order and the sizes were taken from hellos of these
/// clients (see tls_hello_profiles.cpp).
enum class Profile : std::uint8_t { Plain, OpenSsl, Curl, Go, Java, Firefox, Chrome };
std::string_view to_string(Profile);
/// The profile of that name, or nothing.
std::optional<Profile> profile_named(std::string_view);

/// What the hello is to say. Empty lists and zeros leave it as the profile has it.
struct HelloWish {
  Profile profile{};
  std::optional<std::string> sni;  // nothing: no server_name extension
  std::optional<std::vector<std::string>> alpn;
  std::uint16_t lowest{}, highest{};  // versions: 0x0301 … 0x0304
  std::vector<std::uint16_t> cipher_suites, groups;
  std::size_t size{};  // on the wire in one record, its header included; 0: as it comes out
};

/// Fills a span with random bytes: this room has none of its own.
using Randomness = std::function<void(std::span<std::uint8_t>)>;

/// The hello, or why there is none: a sentence that says what would do.
struct BuiltHello {
  std::optional<ClientHello> hello;
  std::string problem;
};
BuiltHello build_hello(const HelloWish&, const Randomness&);

/// How long the hello is in one record: 9 bytes of headers and its body.
std::size_t wire_size(const ClientHello&);

/// The hello as a handshake message in records; `at` breaks it into two records there (bytes of
/// the message in the first; 0: one record, or several only where 2^14 bytes are exceeded).
std::vector<std::uint8_t> in_records(Bytes handshake_message, std::size_t at = 0);
/// Its 4-byte header and body.
std::vector<std::uint8_t> handshake_message(const ClientHello&);

/// The ClientHello in someone's bytes: records, a bare handshake message, or nothing if it is
/// neither. The records' headers are taken off.
std::optional<std::vector<std::uint8_t>> find_hello_message(Bytes);

/// A key share body's key for a group: well formed, so that a server can answer it, but nobody
/// holds its secret. Empty for a group that is not known here.
std::vector<std::uint8_t> make_key_share(std::uint16_t group, const Randomness&);

}  // namespace whohungup::tls
