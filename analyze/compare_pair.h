// Inside the pairing of two captures: what its parts hand each other. compare.h is the way in.
#pragma once

#include <cstdint>
#include <vector>

#include "analyze/compare.h"
#include "analyze/landmarks.h"

namespace whohungup {

/// A TCP segment in numbers and times both captures share: the client's.
struct Shared {
  std::int32_t index{};  // in its conversation
  Seq seq, ack;
  Time at{};
  const Placed* packet{};

  [[nodiscard]] const SegmentHeader& header() const { return packet->header; }
  [[nodiscard]] Seq end() const { return seq + packet->header.payload_len; }
  [[nodiscard]] bool has_data() const {
    return packet->header.payload_len > 0 && !packet->header.flags.rst();
  }
};

/// That end's sightings of the packets that bear `claims`, without those captured twice.
std::vector<Shared> sightings(const Ends&, const Pairing&, Side end, Side claims);

/// The packet by the numbers and times both captures share.
Shared shared(const Ends&, const Pairing&, Side end, std::int32_t index);

/// What packets that were seen at both ends show of the path: hops, times, what it always changes.
void measure_path(const Ends&, Pairing&);

/// What differs between two sightings of one packet; the TTL is left out.
Changes differences(const Ends&, const Pairing&, const Placed& sent, const Placed& received);

/// Whether a packet cannot have arrived when it did, were it the one that was sent then.
bool is_too_early(const Ends&, Time sent, Time received);

/// How much the two clocks may disagree about an order of events.
Duration doubt(const Ends&);

/// What became of a packet without a partner, by everything else that was paired.
Fate fate_alone(const Ends&, const Pairing&, const Sighting&);

}  // namespace whohungup
