// The Community ID of a flow (corelight/community-id-spec, version 1): one name for it in Zeek,
// Suricata, Wireshark and here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "dissect/digest.h"
#include "dissect/segment.h"

namespace whohungup {

/// "1:" and the base64 SHA-1 of seed, endpoints (smaller first), protocol 6 and ports. The same
/// for both directions.
std::string community_id(const Endpoint&, const Endpoint&, std::uint16_t seed = 0);
/// The same by someone who makes many of them; returns its end.
char* write_community_id(char* to, const Endpoint&, const Endpoint&, Digester&,
                         std::uint16_t seed = 0);
inline constexpr std::size_t kCommunityId = 31;  // characters it takes, with a NUL behind it

}  // namespace whohungup
