// What a probe is pointed at: a host, a port, and the dialogue that comes before TLS, if any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace whohungup {

struct Target {
  std::string text;  // as given
  std::string host;  // a name or an address, without brackets
  std::uint16_t port{};
  std::string starttls;  // protocol of the dialogue; empty: TLS at once
  bool is_address{};
};

/// Reads `host`, `host:port`, `[v6]:port`, a bare IPv6 address or a URL whose scheme gives port
/// and dialogue (CONTRACT.md). Without a scheme the port is 443 and TLS comes at once. Throws
/// UsageError that says what is wrong.
Target read_target(std::string_view text);

}  // namespace whohungup
