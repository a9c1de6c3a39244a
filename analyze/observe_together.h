// The questions only two captures of one flow can answer.
#pragma once

#include "analyze/compare.h"
#include "analyze/observe.h"

namespace whohungup {

/// The flow as two captures show it, told from one of them.
struct TwoScene {
  const Ends& ends;
  const Pairing& pairing;
  Side base{};         // whose capture the event and the frames are of
  const Scene& scene;  // that capture alone
};

/// Adds what two captures show to what one of them showed, and takes away the doubts the other
/// dispels. `there` is what the other capture shows alone. Returns why the packet that ended it
/// is known to be made on the way, if it is.
MadeBecause observe_together(const TwoScene&, const Observations& there, Observations&);

/// Whether a stretch of the handshake was sent again and again by that side and never arrived.
bool was_swallowed(const Ends&, const Pairing&, Side sender);

}  // namespace whohungup
