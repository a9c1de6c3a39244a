// The capture of a comparison's bundle: the client's packets on its first interfaces, the server's
// on the next, those of a third capture on the last; and comparison.json, which says how to take it
// apart again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/compare.h"

namespace whohungup {

inline constexpr const char* kMergedCapture = "flow.pcapng";
inline constexpr const char* kHalvesFile = "comparison.json";
inline constexpr const char* kTraceFile = "trace.json";  // if one was given

/// How to take the merged capture apart.
struct Halves {
  std::uint32_t client_interfaces{}, middle_interfaces{}, interfaces{};  // the last: all of them
  std::array<CaptureSpan, 3>
      spans;  // by end, then the middle's, in the stamps of the merged capture
  std::vector<std::uint16_t> ports;
  bool torn{};  // see ComparedTotals
};

/// The document, a line.
std::string halves_json(const Halves&);

/// Throws CaptureError if the file does not say it.
Halves read_halves(const std::string& path);

/// All captures, out of a merged capture that can be opened again and again. Frames keep the
/// numbers they have in it.
CompareInputs take_apart(const std::function<std::unique_ptr<Source>()>& open, const Halves&);

}  // namespace whohungup
