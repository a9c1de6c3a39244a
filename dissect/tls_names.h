// The IANA registries' names for TLS numbers. Strangers print as 0x1a2b (a handshake type as
// 0x7f), the reserved values of RFC 8701 as "GREASE 0x1a1a".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace whohungup::tls {

std::string version_name(
    std::uint16_t);  // "1.3", "1.2", "1.1", "1.0", "SSL 3.0", "SSL 2.0", "0x7f1c"
std::string cipher_suite_name(std::uint16_t);  // "TLS_AES_128_GCM_SHA256"
std::string group_name(std::uint16_t);         // "x25519", "X25519MLKEM768"
std::string signature_scheme_name(std::uint16_t);
std::string extension_name(std::uint16_t);      // "server_name"
std::string handshake_type_name(std::uint8_t);  // "ServerHello", "Certificate"

/// The same where there is a name, else nothing, as known_cipher_suite() does.
std::string_view known_version(std::uint16_t);
std::string_view known_group(std::uint16_t);
/// How a number without one is called.
std::string name_of_stranger(std::uint16_t);

}  // namespace whohungup::tls
