// When two captures are no two ends of a flow, or not sound ones: then they may point, and prove
// nothing.
#pragma once

#include <string_view>

#include "analyze/compare.h"

namespace whohungup {

/// Why these two captures can prove nothing of this flow, whatever they show; empty where they can.
/// `event` is what ended it, as the capture at `from` has it, `at_server` as the server's has it.
std::string_view what_forbids_proof(const Ends&, const Pairing&, Side from, const Event& event,
                                    const Event& at_server);

}  // namespace whohungup
