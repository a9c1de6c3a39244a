// The cryptography of sealed records, through OpenSSL: cipher suites, key derivation (RFC 8446
// §7.1, RFC 5246 §5), and opening one AEAD ciphertext.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dissect/bytes.h"

namespace whohungup::tls {

enum class Aead : std::uint8_t { Aes128Gcm, Aes256Gcm, Aes128Ccm, Aes256Ccm, ChaCha20Poly1305 };
enum class Hash : std::uint8_t { Sha256, Sha384 };

/// What a cipher suite says about records. How the keys were agreed does not matter here.
struct Suite {
  Aead aead{};
  Hash hash{};
  std::uint8_t tag_size{16};  // 8 for the CCM_8 suites
  [[nodiscard]] std::size_t key_size() const {
    return aead == Aead::Aes128Gcm || aead == Aead::Aes128Ccm ? 16 : 32;
  }
  /// TLS 1.2 only: whether 8 bytes of nonce travel in the record (RFC 5288 §3, RFC 6655 §3).
  [[nodiscard]] bool explicit_nonce() const { return aead != Aead::ChaCha20Poly1305; }
};

/// The suite of that number; nothing if it is none of TLS 1.3 (RFC 8446 §B.4) nor an AEAD suite
/// of TLS 1.2 with AES or ChaCha20.
std::optional<Suite> aead_suite(std::uint16_t cipher_suite);

using Nonce = std::array<std::uint8_t, 12>;
using Secret = std::vector<std::uint8_t>;

/// HKDF-Expand-Label with an empty context (RFC 8446 §7.1).
Secret expand_label(Hash, Bytes secret, std::string_view label, std::size_t length);
/// The TLS 1.2 PRF (RFC 5246 §5).
Secret prf(Hash, Bytes secret, std::string_view label, Bytes seed, std::size_t length);

/// The plaintext of `sealed` (ciphertext, then tag); nothing if it does not authenticate.
std::optional<std::vector<std::uint8_t>> aead_open(const Suite&, Bytes key, const Nonce&,
                                                   Bytes additional_data, Bytes sealed);

}  // namespace whohungup::tls
