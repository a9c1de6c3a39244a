// Which libraries this room was built with and runs with.
#pragma once

#include <string>
#include <vector>

namespace whohungup {

/// "libpcap version 1.10.3 …", "libtins 4.0", "zlib 1.2.13", "zstd 1.5.4".
std::vector<std::string> capture_library_versions();

}  // namespace whohungup
