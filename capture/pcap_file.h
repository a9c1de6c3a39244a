// Classic pcap: a file header, then a record header and the bytes of each packet.
//
// Both byte orders, micro- and nanoseconds, the "modified" variant of old Linux distributions
// that libpcap reads, and the IXIA variants that Wireshark reads.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "capture/capture_file.h"

namespace whohungup {

/// What the first bytes of a pcap file decide.
struct PcapShape {
  bool swap{false};             // the writer's byte order is not ours
  std::uint32_t nanoseconds{};  // in a unit of the second timestamp field
  std::size_t header_size{};    // of the file
  std::size_t record_header_size{};
};

/// The shape of the pcap file that begins with these 4 bytes; nothing if it is no pcap file.
std::optional<PcapShape> pcap_shape(const std::uint8_t* magic);

/// Reads the file behind `window`, which shows at least its header. Throws CaptureError if the
/// version is none that is known.
std::unique_ptr<CaptureFile> open_pcap(const PcapShape& shape, std::string name, Window window,
                                       CaptureNotes& notes);

}  // namespace whohungup
