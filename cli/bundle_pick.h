// Which packets of a capture belong to the flows that a bundle is about, and fetching them again.
//
// Judging streams and keeps no packets. So the flows to bundle are written down while they are
// told, and the capture is read a second time for their packets.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/byte_output.h"
#include "capture/filter.h"
#include "capture/pcapng_writer.h"
#include "capture/source.h"
#include "dissect/conversation.h"
#include "dissect/decode.h"

namespace whohungup {

/// A set of flows, known by endpoints and by their first and last frame.
class FlowPick {
 public:
  void add(const Conversation&);
  [[nodiscard]] bool empty() const { return flows_.empty(); }
  /// Whether what was decoded from this frame belongs to one of the flows.
  [[nodiscard]] bool has(const Endpoint& from, const Endpoint& to, FrameNo) const;

 private:
  struct Span {
    FrameNo first{}, last{};
  };
  using Pair = std::pair<Endpoint, Endpoint>;  // the smaller first
  std::map<Pair, std::vector<Span>> flows_;
};

/// The packets of some flows, out of a source that delivers the same frames again. Fragments that
/// a segment was put together from come before it.
class PickedPackets : public Source {
 public:
  /// `notes` are those of the first reading; everything given must outlive this.
  PickedPackets(Source& again, const CaptureNotes& notes, const FlowPick& pick, Filter& filter)
      : again_(again), notes_(notes), pick_(pick), filter_(filter) {}

  /// Numbers the packets it lets through from 1.
  Next next(Packet&) override;
  [[nodiscard]] const CaptureNotes& notes() const override { return notes_; }
  /// The number each delivered packet had in the capture it came from.
  [[nodiscard]] const std::vector<FrameNo>& original_frames() const { return original_; }

 private:
  struct Held {  // a fragment whose datagram is not whole yet
    Packet packet;
    std::vector<std::uint8_t> bytes;
  };
  void hold(const Packet&);
  /// Of the segment that is whole now, or of the tunnel it came through.
  void release_fragments(const Segment&);
  Next deliver(Packet&, const Packet& found);

  Source& again_;
  const CaptureNotes& notes_;
  const FlowPick& pick_;
  Filter& filter_;
  Decoder decoder_;
  std::vector<Held> held_;     // bounded
  std::vector<Held> waiting_;  // to be delivered next, in order
  std::size_t waited_for_{};   // of those, already delivered
  std::vector<FrameNo> original_;
};

/// Packets put aside in a file without a name, to be read again: standard input cannot be.
class PacketSpool {
 public:
  PacketSpool();
  PacketSpool(const PacketSpool&) = delete;
  PacketSpool& operator=(const PacketSpool&) = delete;
  ~PacketSpool();

  /// `interfaces` describes those the packet's interface_id counts. Throws CaptureError on a full
  /// disk, or where there would be more than kMost bytes.
  void add(const Packet&, const std::vector<InterfaceNotes>& interfaces);
  /// The same packets with the same numbers.
  std::unique_ptr<Source> read_again();

 private:
  // What one would still wait for and store twice.
  static constexpr std::uint64_t kMost = std::uint64_t{16} << 30U;

  int file_{-1};
  std::unique_ptr<ByteOutput> out_;
  std::unique_ptr<PcapngWriter> writer_;
  std::uint32_t interfaces_{};
  std::uint64_t bytes_{};
};

}  // namespace whohungup
