// The capture of a comparison's bundle: the client's packets on its first interfaces, the server's
// on the others; and comparison.json, which says how to take it apart again.
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

/// How to take the merged capture apart.
struct Halves {
  std::uint32_t client_interfaces{}, interfaces{};
  std::array<CaptureSpan, 2> spans;  // by end, in the stamps of the merged capture
  std::vector<std::uint16_t> ports;
};

/// The document, a line.
std::string halves_json(const Halves&);

/// Throws CaptureError if the file does not say it.
Halves read_halves(const std::string& path);

/// Both ends, out of a merged capture that can be opened again and again. Frames keep the numbers
/// they have in it.
CompareInputs take_apart(const std::function<std::unique_ptr<Source>()>& open, const Halves&);

}  // namespace whohungup
