// The ClientHello (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2), read and written by the same file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/bytes.h"
#include "dissect/tls_extensions.h"

namespace whohungup::tls {

/// A key share's group and the size of its key.
struct KeyShare {
  std::uint16_t group{};
  std::uint16_t size{};
  friend bool operator==(const KeyShare&, const KeyShare&) = default;
};

struct ClientHello {
  std::uint16_t legacy_version{};
  std::array<std::uint8_t, 32> random{};
  ShortList<std::uint8_t, 32> session_id;
  std::vector<std::uint16_t> cipher_suites;
  ShortList<std::uint8_t, 8> compression_methods;
  std::vector<Extension> extensions;  // in wire order
  bool has_extensions{};              // an empty block and none at all differ on the wire
  bool sslv2{};  // came as an SSLv2-style hello; only versions and ciphers known
  bool cut{};    // the bytes ended early; what could be read is here

  /// Reads a handshake message body (without its 4-byte header), to its last byte: what is read so
  /// writes to the same bytes again. A body that ends early, leaves bytes over or contradicts
  /// itself gives nothing; with `lenient` it always gives what could be read, and sets `cut`.
  static std::optional<ClientHello> read(Bytes body, bool lenient = false);
  /// The same, written over whatever `into` was, for its memory; false: it gives nothing.
  static bool read_into(ClientHello& into, Bytes body, bool lenient);
  /// Reads an SSLv2-style hello from its first byte (RFC 5246 appendix E.2). Cipher kinds only
  /// SSL 2.0 had are left out; `random` is the challenge behind zeros. Bytes that end early give
  /// what was there and set `cut`.
  static std::optional<ClientHello> read_sslv2(Bytes);
  /// The body, and an extension block if there are extensions or `has_extensions`. For what
  /// read() gave without `cut` read(write(h)) == h; a field longer than its length can say gives
  /// a body that lies, as a crafted hello may want. An SSLv2 hello is not written: empty.
  [[nodiscard]] std::vector<std::uint8_t> write() const;

  [[nodiscard]] const Extension* find(std::uint16_t type) const;
  /// The host name as the bytes claim it (hostile text), or nothing.
  [[nodiscard]] std::optional<std::string> sni() const;
  /// The same where it lies in this hello.
  [[nodiscard]] std::optional<std::string_view> sni_here() const&;
  [[nodiscard]] std::vector<std::string> alpn() const;
  /// supported_versions, or the legacy version alone where the extension is missing. With GREASE.
  [[nodiscard]] Numbers versions() const;
  [[nodiscard]] Numbers groups() const;
  [[nodiscard]] Numbers signature_algorithms() const;
  [[nodiscard]] std::vector<std::uint8_t> point_formats() const;
  [[nodiscard]] ShortList<KeyShare, 4> key_shares() const;
  [[nodiscard]] bool encrypted_client_hello() const;  // extension 0xfe0d

  /// The JA3 string's MD5 (salesforce/ja3), and the string itself. Empty, as JA4 is, for an
  /// SSLv2 hello, for which it is not defined, and for a cut one, which would give a wrong one.
  [[nodiscard]] std::string ja3() const;
  [[nodiscard]] std::string ja3_string() const;
  /// JA4 (FoxIO, BSD-3): the TCP form, "t13d1516h2_…_…".
  [[nodiscard]] std::string ja4() const;

  friend bool operator==(const ClientHello&, const ClientHello&) = default;
};

/// RFC 8701 GREASE values: 0x?a?a.
constexpr bool is_grease(std::uint16_t v) {
  return (v & 0x0f0fU) == 0x0a0aU && (v >> 8U) == (v & 0xffU);
}

}  // namespace whohungup::tls
