// One UDP datagram with a limited number of hops, and who complained about it: how traceroute asks
// for the path, without a privilege and without TCP. It tells whether the path goes on behind
// somebody who answers TCP in the server's place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "capture/dial.h"

namespace whohungup {

struct UdpEcho {
  SocketIcmp icmp;
  Duration after{};
};

/// Sends it from `source` to a port nobody listens on and waits for the ICMP error; nothing if none
/// came within `wait`, or a datagram with so many bytes does not fit.
std::optional<UdpEcho> send_udp(const Peer& to, const Peer& source, int hops, Duration wait,
                                std::size_t bytes = 12);

}  // namespace whohungup
