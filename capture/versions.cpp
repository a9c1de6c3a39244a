#include "capture/versions.h"

#include <fmt/core.h>
#include <pcap/pcap.h>
#include <zlib.h>
#include <zstd.h>

namespace whohungup {

std::vector<std::string> capture_library_versions() {
  return {pcap_lib_version(), "libtins " WHOHUNGUP_TINS_VERSION,
          fmt::format("zlib {}", zlibVersion()), fmt::format("zstd {}", ZSTD_versionString())};
}

}  // namespace whohungup
