// The PROXY protocol header that a balancer puts before everything else on a connection: whom it
// speaks for (haproxy.org, doc/proxy-protocol.txt, versions 1 and 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "dissect/bytes.h"

namespace whohungup {

struct ProxyHeader {
  /// An endpoint as the header names it.
  struct Named {
    std::string ip;  // digits, letters a to f, dots and colons only
    std::uint16_t port{};
  };
  std::uint8_t version{};  // 1 is text, 2 is binary
  std::size_t bytes{};     // on the wire, line end included
  /// Who is said to be connected to whom; neither for LOCAL (a health check of the balancer's
  /// own), UNKNOWN, and addresses that are not IP.
  std::optional<Named> source, destination;
};
/// "192.0.2.1:443" or "[2001:db8::1]:443".
std::string to_string(const ProxyHeader::Named&);

/// The header these bytes begin with; nothing if they begin with none, or if it is incomplete.
std::optional<ProxyHeader> read_proxy_header(Bytes);

/// Whether they begin with one, complete or not.
bool begins_with_proxy_header(Bytes);

}  // namespace whohungup
