// What captures suffer: frames lost, doubled, cut short; for tests that judge the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tests/support/capture_bytes.h"
#include "tests/support/lots.h"

namespace whohungup::test {

/// How a capture is spoiled; shares of one.
struct Spoiling {
  double lost{}, doubled{};
  std::size_t snap{65535};
  double begins{}, stops{1};  // where it begins late and stops early
};

/// A snap length that leaves the headers of TCP and little more.
inline std::size_t short_snap(Lots& lots) {
  return static_cast<std::size_t>(54 + 60 * lots.draw());
}

/// A kept frame as a source delivers it; it views the frame's bytes.
inline Packet packet_of(const KeptFrame& frame) {
  Packet packet;
  packet.at = Time{std::chrono::nanoseconds{frame.at}};
  packet.bytes = frame.bytes;
  packet.no = FrameNo{frame.no};
  packet.wire_len = frame.wire_len;
  packet.interface_id = frame.interface_id;
  packet.link = frame.link;
  return packet;
}

inline void cut(KeptFrame& frame, std::size_t snap) {
  frame.bytes.resize(std::min(snap, frame.bytes.size()));
}
inline void cut(Packet& packet, std::size_t snap) {
  packet.bytes = packet.bytes.first(std::min(snap, packet.bytes.size()));
}

template <class Frame>
std::vector<Frame> spoil(const std::vector<Frame>& whole, const Spoiling& how, Lots& lots) {
  std::vector<Frame> part;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const double place = static_cast<double>(i) / static_cast<double>(whole.size());
    if (place < how.begins || place > how.stops || lots.draw() < how.lost) continue;
    part.push_back(whole[i]);
    cut(part.back(), how.snap);
    if (lots.draw() < how.doubled) part.push_back(part.back());
  }
  return part;
}

}  // namespace whohungup::test
