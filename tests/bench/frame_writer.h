// Planned packets as Ethernet frames in a pcap file, with right checksums.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "tests/bench/connection.h"

namespace whohungup::bench {

class FrameWriter {
 public:
  explicit FrameWriter(const std::string& path);

  /// Writes the connection's packet and returns its frame number.
  std::uint32_t write(Connection&, const Planned&);
  /// Writes what is left. False if the file could not be written.
  [[nodiscard]] bool finish();

 private:
  void flush();
  std::ofstream file_;
  Octets buffer_;
  std::uint32_t frames_{};
};

}  // namespace whohungup::bench
