// The evidence bundle of connections we made ourselves, for every subcommand that makes some.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/bundle_keeper.h"
#include "cli/probe_attempt.h"
#include "cli/probe_evidence.h"

namespace whohungup {

/// What the subcommand itself says of the connections: a file to lie beside the packets.
struct OwnWords {
  std::string file, lines;
};

/// Makes the folder the ask names while there is every right to; nothing where it names none.
/// Throws CaptureError.
void make_bundle_folder(const ProbeAsk&, std::optional<FolderKeeper>&);

/// Writes the bundle of all packets that were caught. Own words are left out of an anonymous one.
/// Throws CaptureError.
void write_session_bundle(const ProbeAsk&, const std::vector<Attempt>&, const Evidence&,
                          const OwnWords&, FolderKeeper&);

}  // namespace whohungup
