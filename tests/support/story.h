// Packet stories: a capture written by hand, one packet a line, read into frames and written as
// pcap. Tests take them as input, samples/ keeps them as the readable form of a capture.
//
//   # The box on the path resets as soon as it has read the name; the server answers anyway.
//   server 203.0.113.5:443 ttl 52
//   0.000  >  S
//   0.030  <  SA
//   +0     >  A
//   0.031  >  PA  hello blocked.example
//   0.034  <  R   ttl 61 forged
//   0.061  <  A
//   +0.001 <  PA  server-hello
//
// `>` is the client, `<` bears the server's address. Times are seconds from the start, or since
// the previous packet with a plus. Sequence numbers are relative as Wireshark shows them (the SYN
// is 0, the first byte 1) and kept by the reader unless given; so are acknowledgements, IP-IDs
// and timestamps, in the way a Linux host does it. The words are listed in samples/STORIES.md.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "capture/packet.h"

namespace whohungup::story {

/// One frame of a story. `wire_len` exceeds the bytes where the snap length cut them.
struct Frame {
  Time at{};
  std::vector<std::uint8_t> bytes;
  std::uint32_t wire_len{};
};

struct Capture {
  LinkType link{LinkType::Ethernet};
  std::uint32_t snaplen{262144};
  std::vector<Frame> frames;

  /// The frames as a source would deliver them, numbered from 1; views into this capture.
  [[nodiscard]] std::vector<Packet> packets() const;
  /// A saved capture: pcap, little endian, nanoseconds.
  [[nodiscard]] std::vector<std::uint8_t> pcap() const;
};

/// "story line 7: unknown word 'tttl'".
struct StoryError : std::runtime_error {
  using runtime_error::runtime_error;
};

/// Reads a story. Throws StoryError at the first line it does not understand.
Capture tell(std::string_view text);

}  // namespace whohungup::story
