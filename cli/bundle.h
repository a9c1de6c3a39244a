// The evidence bundle (CONTRACT.md "The evidence bundle"): packets, report and checksums in a
// folder that another team checks without this program.
//
// Whoever has packets can write one: `read` those of saved flows, `probe` those it caught itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source.h"
#include "cli/bundle_folder.h"
#include "cli/bundle_inputs.h"

namespace whohungup {

struct BundleOrder {
  std::string directory;   // must not exist
  std::string sign_key;    // empty: no signature
  FolderKeeper* keeper{};  // of that directory, where one had to be made before; may be null
  bool anonymize{};
  bool stopped_early{};  // by who reads: the input holds more than was judged

  std::vector<InputFile> inputs;
  std::string live_interface;        // what the packets were caught on, if they were just now
  std::vector<std::uint16_t> ports;  // where TLS is expected, too
  std::vector<KnownName> names;      // of addresses, as they were resolved
  std::string own_secrets;           // TLS secrets of our own connections: they are published
  std::string others_secrets;        // used to judge with, and kept out of the bundle
  /// More files, by name: what the one who made the packets has to say.
  std::map<std::string, std::string> enclosed;
  /// Where `packets` keeps the frames' numbers in the capture they came from; may be null.
  const std::vector<FrameNo>* renumbered{};
};

/// What was written.
struct BundleSummary {
  std::uint64_t packets{};
  std::uint64_t flows{};
  std::uint64_t hung_up{};
  std::vector<std::string> codes;  // of the flows, in the order they were judged; at most 1000
};

/// What flow.pcapng says of itself as a whole.
std::string_view capture_comment(bool anonymized);

/// Reads `packets` to their end, judges them and writes the folder, whole or not at all. The notes
/// of `packets` describe the capture they come from. Throws CaptureError.
BundleSummary write_bundle(const BundleOrder&, Source& packets);

/// Writes the packets with comments to one file ("-": standard output), as flow.pcapng of a bundle
/// is written. Replaces a file of that name, as tcpdump -w does.
BundleSummary write_packets(const std::string& path, const BundleOrder&, Source& packets);

}  // namespace whohungup
