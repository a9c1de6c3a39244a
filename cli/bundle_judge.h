// Judging the packets of a bundle: once when it is written and again when it is verified, by the
// same function, so that both see the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/source.h"
#include "cli/report/report.h"

namespace whohungup {

/// What a judgement of saved packets depends on beside the packets.
struct JudgedWith {
  std::vector<std::uint16_t> ports;  // where TLS is expected, too
  std::string key_log;               // TLS secrets, NSS key log lines
  CaptureQuality quality;            // of the capture the packets were taken from
  std::vector<KnownName> names;      // for addresses, if the packets' source knows none
};

/// Judges every handshake of `packets` and has each told, in the order in which they end, and then
/// the totals. `file` names the packets in what is told.
void judge_packets(Source& packets, const JudgedWith&, const std::string& file, Report&);

}  // namespace whohungup
