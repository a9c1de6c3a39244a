// What `whohungup trace` found of the same server: between which hops something happens.
#pragma once

#include <string>

#include "cli/compare.h"

namespace whohungup {

/// Reads the last trace in an NDJSON file. Throws CaptureError where there is none.
TraceSaid read_trace(const std::string& path);

}  // namespace whohungup
