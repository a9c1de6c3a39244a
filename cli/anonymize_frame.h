// Rewriting one frame in place: addresses, payload, and the checksums over them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "capture/packet.h"
#include "cli/anonymize_keyed.h"
#include "dissect/segment.h"

namespace whohungup {

/// Replaces the captured payload of a segment; `seq` is that of its first byte.
using PayloadReplacer =
    std::function<void(const Endpoint& from, const Endpoint& to, std::uint32_t seq, bool reset,
                       std::uint8_t* bytes, std::size_t size)>;

/// Whether every header was understood and the frame is replaced. A checksum that was right is
/// right again, one that was wrong is wrong by as much.
bool anonymize_frame(LinkType, std::vector<std::uint8_t>& frame, KeyedReplacements&,
                     const PayloadReplacer&);

}  // namespace whohungup
