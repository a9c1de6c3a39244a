// What is to be captured of one connection.
#pragma once

#include <cstdint>
#include <string>

#include "capture/dial_address.h"

namespace whohungup {

/// A filter (pcap-filter(7)) for the connection's own packets and the ICMP errors that quote the
/// client's.
std::string connection_filter(const Peer& from, const Peer& to, std::uint16_t local_port);

}  // namespace whohungup
