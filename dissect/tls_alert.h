// Alerts (RFC 8446 §6, RFC 5246 §7.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace whohungup::tls {

struct Alert {
  std::uint8_t level{};        // 1 warning, 2 fatal; TLS 1.3 ignores it
  std::uint8_t description{};  // 0 close_notify, 40 handshake_failure …
  [[nodiscard]] bool fatal() const { return level == 2; }
  [[nodiscard]] bool close_notify() const { return description == 0; }
  friend bool operator==(Alert, Alert) = default;
};

/// "handshake_failure"; "alert 199" for a stranger.
std::string name(Alert);
/// What usually makes an implementation send it, in a sentence; empty if nothing useful is known.
std::string_view usual_cause(Alert);

}  // namespace whohungup::tls
