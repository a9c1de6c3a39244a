// The evidence bundle of a comparison: both captures' packets in one file, as two sets of
// interfaces, and a report whose frame numbers are that file's.
#pragma once

#include <string>
#include <vector>

#include "cli/bundle.h"
#include "cli/bundle_capture.h"
#include "cli/bundle_folder.h"
#include "cli/compare.h"

namespace whohungup {

/// Compares the inputs, writes the flows that failed (or all, if none did) into a new folder and
/// says nothing. Throws CaptureError.
void write_compare_bundle(const CompareInputs&, const std::vector<InputFile>&,
                          const CompareOptions&, const std::string& key_log);

/// Whether the bundle in this directory is one of a comparison.
bool is_compare_bundle(const std::string& directory);

/// Compares the two halves of the bundle's flow.pcapng again and has the report and the comments
/// written that follow from them. Of the order it needs the inputs. Throws CaptureError.
void compare_bundle_again(const std::string& directory, const BundleOrder&,
                          const std::string& key_log, BundleFiles&, CitedComments&);

}  // namespace whohungup
