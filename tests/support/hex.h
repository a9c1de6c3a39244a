// Bytes written as hex, for tests that quote packets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace whohungup {

/// The bytes that hex digits spell; anything else between them is left out.
inline std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  int high = -1;
  for (const char c : text) {
    const auto at = std::string_view("0123456789abcdef").find(c);
    if (at == std::string_view::npos) continue;
    const int digit = static_cast<int>(at);
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  return bytes;
}

}  // namespace whohungup
