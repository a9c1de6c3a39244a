// about.json of a bundle: where the packets come from and what they were judged with, so that a
// stranger can weigh them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/source.h"
#include "cli/bundle.h"
#include "cli/bundle_judge.h"

namespace whohungup {

/// What about.json says beside the machine it was written on.
struct About {
  const BundleOrder& order;
  const CaptureNotes& original;  // of the capture the packets come from
  const JudgedWith& with;
  std::uint64_t packets{};
  std::vector<std::string> changes;  // the log of what anonymization changed
};

/// The document, a line.
std::string about_json(const About&);

/// Reads back what verify needs. Throws CaptureError if it is no such document.
struct AboutRead {
  std::string version;  // of the program that wrote it
  JudgedWith with;
  std::string secrets;  // "none", "published" or "withheld"
  std::uint64_t packets{};
  std::vector<InterfaceNotes> interfaces;  // with names, links, snap lengths and counters
  /// What the report says beside the verdicts: inputs, where they were caught, anonymize; and
  /// `renumbered`, which points to `original_frames`.
  std::unique_ptr<BundleOrder> order{std::make_unique<BundleOrder>()};
  std::unique_ptr<std::vector<FrameNo>> original_frames;
  std::vector<std::string> contradictions;  // where it says a thing twice, and not the same
};
AboutRead read_about(const std::string& path);

}  // namespace whohungup
