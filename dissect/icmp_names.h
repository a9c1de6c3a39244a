// What ICMP messages say, in words.
#pragma once

#include <cstdint>
#include <string>

namespace whohungup {

/// "ICMP type 3 code 13 (communication administratively prohibited)", "ICMPv6 type 2 code 0 (packet
/// too big)"; without words where the registries have none (RFC 792, 1122, 1812, 4443).
std::string icmp_text(bool is_v6, std::uint8_t type, std::uint8_t code);

}  // namespace whohungup
