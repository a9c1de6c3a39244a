// ^C: the first one stops reading cleanly, so that what is known so far is still told; the second
// one kills.
#pragma once

namespace whohungup {

/// From now on SIGINT, SIGTERM and SIGHUP only set a flag, once. System calls that wait are
/// interrupted.
void watch_for_interrupt();
/// Whether the user asked to stop.
bool interrupted();

}  // namespace whohungup
