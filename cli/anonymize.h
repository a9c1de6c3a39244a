// A copy of packets without the people in them: addresses, names and payload are replaced, always
// the same by the same, while sizes, times, TTLs, identifications and sequence numbers stay.
//
// What is not understood to its last header is refused, not passed on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/bundle_judge.h"
#include "cli/bundle_pick.h"

namespace whohungup {

struct Anonymized {
  std::unique_ptr<PacketSpool> packets;
  std::vector<std::string> changes;  // the log: what was replaced, never by what
};

/// Replaces by a random key that is forgotten. The copy is judged and must give the same verdicts
/// and facts. Throws CaptureError if it does not, or if a packet is not understood.
Anonymized anonymize(PacketSpool&, const JudgedWith&, const CaptureNotes& original);

}  // namespace whohungup
