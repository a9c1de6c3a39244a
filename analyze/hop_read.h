// Reads the packets that one limited packet brought back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/hop.h"
#include "dissect/segment.h"

namespace whohungup {

/// One of the frames around a limited packet, in the order they were caught.
struct HopFlow {
  std::uint16_t client_port{}, server_port{};
  Time sent_at{};  // a moment just before the packet in question left
};

/// Fills in what the frames say of the probe: answers, acknowledgement, ICMP with what it quotes.
/// Reading stops at a reset of our own: what comes behind it answers that.
void read_hop_packets(HopProbe&, const std::vector<Packet>& frames, const HopFlow&);

/// What differs between an IP packet as it was sent and as an ICMP error quotes it, in words; the
/// hop limit and the checksums change at every hop and are left out. `sent` and `quoting` are whole
/// frames with a link header of any kind.
std::vector<std::string> quoted_changes(Bytes sent, Bytes quoting, const Segment& sent_segment);

}  // namespace whohungup
