// The flight recorder of one flow: places each segment in its side's stream, keeps what a
// judgement may need within bounds, and follows the TLS records until the handshake is finished.
#pragma once

#include <cstdint>

#include "dissect/conversation.h"
#include "dissect/flow_table.h"
#include "dissect/glimpse.h"
#include "dissect/handshake_course.h"

namespace whohungup {

/// Where one side's record layer stands.
struct RecordWalk : Spoken {
  enum class Speaks : std::uint8_t { Undecided, Plain, Tls, Lost };
  Speaks speaks{Speaks::Undecided};
  std::int64_t next{};      // where its next record header is expected
  std::int64_t searched{};  // client: plaintext was searched for a hello up to here
};

/// A Conversation while it is being recorded.
struct Recording : Conversation {
  RecordWalk walks[2];
  std::size_t tail_at{};       // next place of the ring of last segments
  std::size_t footprint{};     // heap bytes, as last measured
  std::uint32_t duplicates{};  // packets captured twice, resets not counted
  bool reset_seen{};
  bool over_plaintext_bound{};  // so much was said without TLS that this is not TLS

  RecordWalk& walk(Side s) { return walks[static_cast<std::size_t>(s)]; }
  [[nodiscard]] const RecordWalk& walk(Side s) const { return walks[static_cast<std::size_t>(s)]; }
};

/// `value` as an offset near `near`, both counted from the byte after `isn`.
std::int64_t offset_near(Seq value, Seq isn, std::int64_t near);

/// Begins the recording of a flow whose first packet came then, with that frame.
void begin_recording(Recording&, const Endpoint& client, const Endpoint& server, Time, FrameNo);

/// Adds a segment that belongs to this flow. `claims` is the side its source address names. False:
/// it is among the refused ones, and means nothing for the connection.
bool record(Recording&, const SegmentHeader&, Bytes payload, Side claims, const FlowLimits&);

/// Counts a segment of a settled flow and keeps nothing else of it, unless it ends the flow.
void record_settled(Recording&, const SegmentHeader&, Side claims, const FlowLimits&);

/// The same for a packet that ends nothing and was only glimpsed.
void count_settled(Recording&, const Glimpse&, Side claims);

/// What was taken for the client turns out to be the server.
void swap_sides(Recording&);

/// Puts the ring of last segments in capture order. Called before the flow is told.
void straighten(Recording&, const FlowLimits&);

/// Forgets the flow and keeps memory for the next one: modest amounts, or all that it has if it
/// is always the same recording.
enum class Spare : std::uint8_t { Modest, All };
void recycle(Recording&, Spare);

/// Heap bytes the recording takes.
std::size_t measure(const Recording&);

/// Gives back what is held beyond the content: nothing more is expected to come.
void tighten(Recording&);

/// Follows that side's record layer over the bytes at hand (record_walk.cpp).
void walk_records(Recording&, Side, const SegmentHeader& now);

/// Takes the few bytes the client has sent for the beginning of a hello of which no more will
/// come.
void take_part_for_hello(Recording&);

}  // namespace whohungup
