// A third capture, made between the two ends: on which side of it something happened.
#pragma once

#include "analyze/compare.h"
#include "cli/compare.h"

namespace whohungup {

struct ThreeCaptures {
  const Ends& ends;
  const Pairing& pairing;  // of the two ends
  const JointJudgement& joint;
  const Ends& before;  // the client's capture and the middle one
  const Ends& behind;  // the middle one and the server's
};

/// Names the segment in which a packet that ended it was made or changed, or what was swallowed
/// went under.
MiddleSaid place_by_middle(const ThreeCaptures&);

}  // namespace whohungup
