// From a frame to what it says: link layer, tunnels, IP, fragments, TCP and ICMP.
//
// One lenient, zero-copy decoder (DESIGN.md decision 8). It never throws and never guesses: what
// cannot be decoded comes back as Skipped with its reason and offset.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dissect/segment.h"

namespace whohungup {

/// Bounds of fragment reassembly: they keep a flood of fragments from filling the memory.
struct FragmentLimits {
  std::size_t datagrams{256};              // being put together at once
  std::size_t bytes{1U << 20U};            // held in all of them
  Duration age{std::chrono::seconds{30}};  // RFC 791 §3.2 suggests 15 s, Linux waits 30 s
};

/// Decodes frames one at a time. Holds only fragments (bounded) between calls.
class Decoder {
 public:
  explicit Decoder(FragmentLimits = {});
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// What the frame says. Views in the result live as long as `packet.bytes`, or, for a
  /// reassembled datagram, until the next call. A fragmented segment is delivered by the frame
  /// that completes it and bears that frame's number.
  Decoded decode(const Packet& packet);

  /// The way to the inner packet of the last decoded segment if it came through a tunnel,
  /// outermost first: "vxlan 7 203.0.113.1 > 203.0.113.2"; empty if there was none.
  [[nodiscard]] std::string outer_path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace whohungup
