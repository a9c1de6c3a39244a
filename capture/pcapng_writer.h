// Writes pcapng that Wireshark opens: the packets byte for byte, and beside them what a report
// wants to say in the capture itself: comments, names, statistics and TLS secrets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/byte_output.h"
#include "capture/packet.h"
#include "capture/source.h"

namespace whohungup {

/// Who wrote the file, on what. Empty texts are left out, here and below.
struct PcapngSection {
  std::string hardware{};
  std::string os{};
  std::string application{};
  std::string comment{};
};

struct PcapngInterface {
  LinkType link{LinkType::Ethernet};
  std::uint32_t snaplen{};  // 0: unlimited
  std::string name{};
  std::string description{};
  std::string filter{};  // as tcpdump takes it
  std::string os{};
  std::int64_t time_offset{};  // seconds that readers add to every stamp
};

struct PcapngPacketNotes {
  std::vector<std::string> comments{};
  std::optional<std::uint32_t> flags{};       // direction and such, as epb_flags
  std::optional<std::uint64_t> drop_count{};  // lost since the packet before
  std::optional<std::uint64_t> packet_id{};   // the same on all interfaces that saw it
};

struct PcapngStatistics {
  Time at{};  // when they were taken
  std::optional<Time> begin{}, end{};
  std::optional<std::uint64_t> received{}, dropped{}, accepted_by_filter{}, dropped_by_os{};
};

/// Writes one section, in this machine's byte order, stamps in nanoseconds. Throws CaptureError
/// when the output does; call the output's flush() at the end to learn of it.
class PcapngWriter {
 public:
  PcapngWriter(ByteOutput& out, const PcapngSection& section);

  /// Describes an interface and returns the number its packets bear, from 0.
  std::uint32_t add_interface(const PcapngInterface& interface);

  /// Writes TLS secrets. Wireshark uses them only for packets that come later.
  void add_key_log(std::string_view lines);

  /// Writes names for addresses; an address that is neither IPv4 nor IPv6 is left out.
  void add_names(std::span<const KnownName> names);

  /// Writes a packet of an interface that add_interface() returned. The packet's own number and
  /// interface are those of the capture it was read from and are not written.
  void add_packet(const Packet& packet, std::uint32_t interface,
                  const PcapngPacketNotes& notes = {});

  void add_statistics(std::uint32_t interface, const PcapngStatistics& statistics);

 private:
  void write_block(std::uint32_t type);

  ByteOutput& out_;
  std::vector<std::int64_t> offsets_;  // seconds, by interface
  std::vector<std::uint8_t> body_;     // of the block being written; kept to be used again
};

}  // namespace whohungup
