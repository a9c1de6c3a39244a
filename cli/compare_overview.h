// What was learnt of all captures of a comparison before its flows are told.
#pragma once

#include <optional>

#include "cli/compare.h"
#include "cli/compare_reader.h"

namespace whohungup {

/// What was learnt of all captures before flows are compared.
struct Overview {
  CaptureRead ends[2];  // by Side
  std::optional<CaptureRead> middle;
  std::optional<TraceSaid> trace;
  FlowMatch match;
  FlowMatch to_middle;    // client's capture with the middle one
  FlowMatch from_middle;  // the middle one with the server's
  bool torn{};            // of every pair (see FlowPair)
};

}  // namespace whohungup
