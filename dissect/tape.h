// A flow's frames as they came, for as long as the flow runs in good order. Nine of ten handshakes
// are finished without anybody wanting to know more; only of the others the frames are decoded and
// recorded, all at once, when it is certain that the flow is told.
#pragma once

#include <cstdint>
#include <vector>

#include "dissect/decode.h"
#include "dissect/flow_recorder.h"
#include "dissect/orderly.h"
#include "dissect/slabs.h"

namespace whohungup {

/// Bytes that do not fit a tape's own room.
struct TapeBlock {
  static constexpr std::size_t kBytes = 1016;
  TapeBlock* chain;
  std::uint8_t bytes[kBytes];
  void begin() { chain = nullptr; }
};
using TapeBlocks = Slabs<TapeBlock, 64>;

/// Packets of a settled flow that were counted and not kept.
struct Passed {
  std::uint64_t packets[2]{}, payload_bytes[2]{};  // by Side
  std::int64_t sent_end[2]{};                      // as SideCounts have it, or 0
  Time last{};
  FrameNo last_frame{};  // 0: none passed

  void count(const Glimpse&, Side claims, Seq isn);
};

class Tape {
 public:
  /// Most packets on one tape. More than that, and the flow is worth a recording.
  static constexpr std::size_t kMostPackets = 96;

  void begin() {
    chain = nullptr;
    course = {};
    passed = {};
    first_ = last_ = nullptr;
    size_ = packets_ = blocks_ = 0;
    room_at_ = own_;
    room_ = sizeof own_;
  }

  Orderly course;
  Time began{};  // when the flow's first packet came, which is kept beside the tape
  Passed passed;
  Tape* chain{};

  /// Keeps a frame in which `seen` was seen. `settled`: the handshake is over.
  void keep(const Packet&, const Glimpse& seen, bool settled, TapeBlocks&);
  [[nodiscard]] bool is_full(const FlowLimits& limits) const {
    return packets_ >= kMostPackets || packets_ + std::size_t{2} > limits.segments;
  }
  /// Gives its blocks back.
  void clear(TapeBlocks&);
  /// Bytes it takes.
  [[nodiscard]] std::size_t weight() const { return sizeof *this + blocks_ * sizeof(TapeBlock); }

  /// Records everything on it in a recording that has the flow's first packet. `buffer` is
  /// used meanwhile.
  void play(Recording&, const FlowLimits&, Decoder&, std::vector<std::uint8_t>& buffer) const;

 private:
  enum class Kind : std::uint8_t { Frame, SettledFrame, Passed };
  struct Entry {
    Time at{};
    FrameNo frame{};
    std::uint32_t interface_id{};
    std::uint16_t size{};
    Kind kind{};
  };
  void append(const void* from, std::size_t size, TapeBlocks&);
  void append_to_blocks(const std::uint8_t* from, std::size_t size, TapeBlocks&);
  [[nodiscard]] Bytes content(std::vector<std::uint8_t>& buffer) const;

  TapeBlock *first_{}, *last_{};
  std::uint8_t* room_at_{};  // where the next byte goes
  std::uint32_t room_{};     // how many more fit there
  std::uint32_t size_{};     // bytes on it
  std::uint32_t packets_{}, blocks_{};
  // Enough for a hang-up: SYN+ACK, ACK, a short hello and what ends it.
  static constexpr std::size_t kOwn = 800;
  std::uint8_t own_[kOwn];
};
static_assert(sizeof(Tape) == 1024);
using Tapes = Slabs<Tape, 64>;

}  // namespace whohungup
