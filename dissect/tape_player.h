// Flows that are told from their tapes, and who records them: whoever judges them may do that later
// and elsewhere, since a tape needs nothing of the table but its room.
#pragma once

#include <memory>
#include <vector>

#include "dissect/lone_packet.h"
#include "dissect/tape.h"

namespace whohungup {

/// Where tapes come from. Only whoever adds to the flow table may take and give.
struct TapeRoom {
  explicit TapeRoom(const FlowLimits& of_flows) : limits(of_flows) {}

  FlowLimits limits;
  Tapes tapes;
  TapeBlocks blocks;

  void give(Tape* tape) {
    tape->clear(blocks);
    tapes.give(tape);
  }
};

/// All that is known of a flow whose packets are its first one and those on a tape.
struct TapedFlow {
  std::shared_ptr<TapeRoom> room;
  Tape* tape{};  // null: there was one packet only
  Endpoint client, server;
  LonePacket first;
  Time began{};  // when the first one came
  Side first_claims{};
  ClientKnownBy client_known_by{};
  JudgedFor judged_for{};
  EndedBy ended_by{};
  bool told_settled{};
  CaptureQuality capture;
};

/// Records such flows, one at a time, and keeps the memory that it takes.
class TapePlayer {
 public:
  /// The flow as the flight recorder would have recorded it; until the next call.
  Recording& play(const TapedFlow&);

 private:
  Decoder decoder_;
  Recording talk_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace whohungup
