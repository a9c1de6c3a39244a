// See tape_player.h.
#include "dissect/tape_player.h"

namespace whohungup {

Recording& TapePlayer::play(const TapedFlow& flow) {
  recycle(talk_, Spare::All);
  const FlowLimits& limits = flow.room->limits;
  begin_recording(talk_, flow.client, flow.server, flow.began, flow.first.frame());
  talk_.client_known_by = flow.client_known_by;
  record(talk_, flow.first.header(flow.began), {}, flow.first_claims, limits);
  if (flow.tape != nullptr) flow.tape->play(talk_, limits, decoder_, buffer_);
  talk_.judged_for = flow.judged_for;
  talk_.ended_by = flow.ended_by;
  talk_.memory_bounded = flow.ended_by == EndedBy::MemoryLimit;
  talk_.told_settled = flow.told_settled;
  talk_.capture = flow.capture;
  return talk_;
}

}  // namespace whohungup
