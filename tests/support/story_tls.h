// What story packets carry: TLS records made to measure. Deterministic, so that a story always
// gives the same capture.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace whohungup::story {

/// What a ClientHello of a story offers. It resembles the one OpenSSL 3 sends.
struct HelloWish {
  std::string name{};               // server name; empty: no such extension
  std::vector<std::string> alpn{};  // empty: no such extension
  std::size_t size{};               // bytes on the wire, padded to (RFC 7685); 0: as they come
  bool tls12{};                     // TLS 1.2 is the highest version offered
};

/// A ClientHello in one record. Throws std::length_error if `size` cannot be met.
std::vector<std::uint8_t> client_hello(const HelloWish&);
/// A ServerHello in one record, choosing TLS 1.2 or 1.3.
std::vector<std::uint8_t> server_hello(bool tls12);
/// A HelloRetryRequest asking for secp256r1 (RFC 8446 §4.1.4).
std::vector<std::uint8_t> hello_retry_request();
/// A handshake message of `type` with `size` bytes of zeros as body, in one record.
std::vector<std::uint8_t> handshake(std::uint8_t type, std::size_t size);
std::vector<std::uint8_t> alert(std::uint8_t level, std::uint8_t description);
std::vector<std::uint8_t> change_cipher_spec();
/// A record of `type` with `size` bytes that look encrypted.
std::vector<std::uint8_t> sealed(std::uint8_t type, std::size_t size);

}  // namespace whohungup::story
