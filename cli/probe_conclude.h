// What one connection of a probe comes to: by its packets where they could be judged, else by what
// its socket saw.
#pragma once

#include <vector>

#include "cli/probe_run.h"
#include "cli/read.h"
#include "cli/report/report.h"

namespace whohungup {

/// How the packets of these connections are to be judged: TLS is expected on their ports.
ReadOptions judging_options(const std::vector<Attempt>&);

/// Whether the conversation is this connection's.
bool is_flow_of(const JudgedAttempt&, const Conversation&);

/// Keeps what was judged.
void take(JudgedAttempt&, const JudgedFlow&);

/// What the socket alone allows one to say: code, confidence (`suggested` at most) and sentence.
void conclude_from_socket(JudgedAttempt&);

}  // namespace whohungup
