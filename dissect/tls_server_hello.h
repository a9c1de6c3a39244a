// The ServerHello and HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4).
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

/// The drafts of TLS 1.3 up to the 21st had neither session id nor compression method; they are
/// known by their version, 0x7f00 to 0x7f15, and read and written in that form.
struct ServerHello {
  std::uint16_t legacy_version{};
  std::array<std::uint8_t, 32> random{};
  ShortList<std::uint8_t, 32> session_id;
  std::uint16_t cipher_suite{};
  std::uint8_t compression_method{};
  std::vector<Extension> extensions;
  bool has_extensions{};
  bool cut{};

  /// Reads a handshake message body (without its 4-byte header), as ClientHello::read does.
  static std::optional<ServerHello> read(Bytes body, bool lenient = false);
  /// The body; read(write(h)) == h.
  [[nodiscard]] std::vector<std::uint8_t> write() const;

  /// The negotiated version: supported_versions if present, else legacy_version.
  [[nodiscard]] std::uint16_t version() const;
  /// Its random is the SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3).
  [[nodiscard]] bool is_hello_retry_request() const;
  /// The group of its key share, or the one a HelloRetryRequest asks for.
  [[nodiscard]] std::optional<std::uint16_t> selected_group() const;
  [[nodiscard]] std::optional<std::string> alpn() const;
  /// The same where it lies in this hello.
  [[nodiscard]] std::optional<std::string_view> alpn_here() const&;
  // JA3S is left out on purpose (only JA3 and JA4 are ours to ship).

  friend bool operator==(const ServerHello&, const ServerHello&) = default;
};

}  // namespace whohungup::tls
