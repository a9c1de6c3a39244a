// The packets of one flow that matter, a line each, as an engineer would point at them.
#pragma once

#include <string>

#include "cli/report/report.h"
#include "cli/report/style.h"

namespace whohungup {

/// The ladder with its header line. Numbers are those Wireshark shows: frame, relative sequence
/// and acknowledgement number. "*" marks the packets that ended it, "+" those the evidence cites.
std::string ladder(const JudgedFlow&, const Style&);

}  // namespace whohungup
