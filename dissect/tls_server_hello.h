// The ServerHello and HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "dissect/bytes.h"
#include "dissect/tls_client_hello.h"

namespace whohungup::tls {

struct ServerHello {
  std::uint16_t legacy_version{};
  std::array<std::uint8_t, 32> random{};
  std::vector<std::uint8_t> session_id;
  std::uint16_t cipher_suite{};
  std::uint8_t compression_method{};
  std::vector<Extension> extensions;
  bool has_extensions{};
  bool cut{};

  static std::optional<ServerHello> read(Bytes body, bool lenient = false);
  [[nodiscard]] std::vector<std::uint8_t> write() const;

  /// The negotiated version: supported_versions if present, else legacy_version.
  [[nodiscard]] std::uint16_t version() const;
  /// Its random is the SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3).
  [[nodiscard]] bool is_hello_retry_request() const;
  [[nodiscard]] std::optional<std::uint16_t> selected_group() const;
  [[nodiscard]] std::optional<std::string> alpn() const;
  /// JA3S is left out on purpose (only JA3 and JA4 are ours to ship).

  friend bool operator==(const ServerHello&, const ServerHello&) = default;
};

}  // namespace whohungup::tls
