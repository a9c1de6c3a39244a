// What of a connection passed this machine's interface, beside what its socket knows: packets are
// captured behind the firewall on their way out and before it on their way in, so what the one
// has and the other lacks was kept back on this machine.
#pragma once

#include <cstdint>

#include "cli/probe_attempt.h"

namespace whohungup {

struct Passage {
  bool never_left{};  // some of what the socket sent, or the SYN, was never seen to leave
  bool not_let_in{};  // what came from the other side in turn was never taken by our own TCP
  bool beside{};      // a connection came about without a packet on the interface
};

/// Of a connection whose packets were captured without losses.
Passage passage_of(const AttemptResult&, std::uint16_t server_port);

}  // namespace whohungup
