// Probes of a trace, as the tests of its judgement put them together.
#pragma once

#include "analyze/hop.h"

namespace whohungup::test {

/// A probe of the sweep `sweep` that left with `hops` hops, from the port that the sweep's number
/// gives, and what came back.
inline HopProbe probe(HopKind kind, int hops, unsigned sweep,
                      HopAnswer answer = HopAnswer::Nothing) {
  HopProbe one;
  one.kind = kind;
  one.hops = static_cast<std::uint8_t>(hops);
  one.sweep = sweep;
  one.port = kind == HopKind::Udp ? 0 : static_cast<std::uint16_t>(40000 + sweep);
  one.sent = true;
  one.answer = answer;
  return one;
}

}  // namespace whohungup::test
