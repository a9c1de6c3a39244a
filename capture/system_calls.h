// The system calls that connecting, capturing, judging and telling need; every other one is refused
// from then on, whoever gets hold of the process.
#pragma once

#include "capture/privileges.h"

namespace whohungup {

/// Refuses all other calls (with EPERM), for good and for every thread to come. False if the kernel
/// has no seccomp; then all stay permitted.
bool permit_only_needed_calls(const StillNeeded&);

}  // namespace whohungup
