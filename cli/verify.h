// `whohungup verify`: does an evidence bundle still say what it said, and does its report follow
// from its capture?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/source.h"
#include "cli/bundle_about.h"
#include "cli/bundle_capture.h"
#include "cli/command.h"

namespace whohungup {

struct VerifyOptions {
  std::string directory;
  std::string signers;  // an allowed_signers file of SSH; empty: anybody's signature will do
  std::string key_log;  // TLS secrets that the bundle was judged with and does not hold
  bool quiet{};
};

/// Checks sums, signature, and that judging flow.pcapng gives report.json again; prints what it
/// found, a line each. HungUp if anything differs. Throws CaptureError if there is no bundle.
Exit verify_bundle(const VerifyOptions&);

/// The differences between the flow objects of a report and those of another, in words; empty if
/// they agree. Both are NDJSON.
std::vector<std::string> differences(const std::string& written, const std::string& judged);

/// Where the comments of a bundle's capture, its number of packets and its interfaces are not what
/// they should be, in words.
std::vector<std::string> capture_differences(Source& packets, const CitedComments& expected,
                                             const AboutRead& about);

/// What a capture of this program never holds: blocks and options it does not write, or not behind
/// packets, and another comment on the whole file than `comment` (empty: any will do); in words.
std::vector<std::string> foreign_blocks(const std::string& file, std::string_view comment);

}  // namespace whohungup
