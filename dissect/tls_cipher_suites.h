// The cipher suites that ever had a number (IANA, "TLS Cipher Suites", and a few it never had): one
// long table, apart from the short ones in tls_names.cpp.
#pragma once

#include <cstdint>
#include <string_view>

namespace whohungup::tls {

/// "TLS_AES_128_GCM_SHA256"; empty for a stranger.
std::string_view known_cipher_suite(std::uint16_t);

}  // namespace whohungup::tls
