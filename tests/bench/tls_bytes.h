// TLS bytes for generated traffic, written independently of dissect/ so that it can be wrong
// about them only on its own account.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/random.h"

namespace whohungup::bench {

using Octets = std::vector<std::uint8_t>;

/// A ClientHello record of exactly `size` bytes on the wire (at least 300, at most 16000), as
/// browsers send it: server name, ALPN, key share, padding.
Octets client_hello(Random&, const std::string& name, std::size_t size);
/// A ServerHello record of TLS 1.3 or 1.2.
Octets server_hello(Random&, bool tls13);
/// A record of `type` with `length` bytes of noise in it.
Octets sealed(Random&, std::uint8_t type, std::size_t length);
/// Handshake records of TLS 1.2 in clear: one message of `type`, or one that has a form.
Octets handshake(Random&, std::uint8_t type, std::size_t length);
Octets certificate(Random&, std::size_t length);
Octets server_key_exchange(Random&);
Octets new_session_ticket(Random&);
Octets change_cipher_spec();
Octets alert(std::uint8_t level, std::uint8_t description);
Octets text(const std::string&);

Octets operator+(Octets left, const Octets& right);

}  // namespace whohungup::bench
