// pcapng: sections of blocks, of either byte order; interfaces of any link type and clock;
// packets with comments, names, drop counts and TLS secrets beside them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "capture/capture_file.h"

namespace whohungup {

/// Whether a file that begins with these 12 bytes is pcapng.
bool is_pcapng(const std::uint8_t* start);

/// The length of the section header these 12 bytes begin, or 0 if none can be that long.
std::size_t pcapng_header_size(const std::uint8_t* start);

/// Reads the file behind `window`, which shows at least its whole first block. Throws
/// CaptureError if that is of an unknown version or makes no sense.
std::unique_ptr<CaptureFile> open_pcapng(std::string name, Window window, CaptureNotes& notes);

}  // namespace whohungup
