// Addresses written where the text is to stand: every line of a table has two.
#pragma once

#include <cstddef>

#include "dissect/segment.h"

namespace whohungup {

/// "[", eight groups, "]:65535".
inline constexpr std::size_t kLongestEndpoint = 47;

/// Writes what to_string() says, at most kLongestEndpoint characters of ASCII; returns the end.
char* write_address(char* to, const IpAddress&);
char* write_endpoint(char* to, const Endpoint&);

}  // namespace whohungup
