// When flows are told: what becomes certain as time goes by, what memory makes room for, and what
// is left at the end.
#include <algorithm>

#include "dissect/flow_state.h"

namespace whohungup {

void FlowTable::State::advance(Time now) {
  for (std::size_t i = 0; i < std::size(lists); ++i) {
    const auto kind = static_cast<Wait>(i);
    const Duration wait = patience(kind);
    for (Flow* flow = lists[i].front; flow != nullptr && flow->listed + wait <= now;
         flow = lists[i].front) {
      if (flow->last + wait <= now) {
        end(flow, kind == Wait::Linger ? EndedBy::Close : EndedBy::Idle);
        fetch_to_end(lists[i].front);
      } else {
        lists[i].remove(flow);
        list(flow, kind);
      }
    }
  }
  next_due = Time::max();
  for (std::size_t i = 0; i < std::size(lists); ++i)
    if (const Flow* front = lists[i].front)
      next_due = std::min(next_due, front->listed + patience(static_cast<Wait>(i)));
}

void FlowTable::State::make_room() {
  while (memory > options.limits.memory && index.size() > 1) {
    WaitList& told = waiting(Wait::Told);
    Flow* const settled = waiting(Wait::IdleFinished).front;
    Flow* const ended = waiting(Wait::Linger).front;
    Flow* const open = waiting(Wait::Idle).front;
    const bool keeps = settled != nullptr && settled->keeps_packets();
    Flow* victim = keeps ? settled : ended != nullptr ? ended : open;
    if (victim == nullptr && told.front == nullptr) victim = settled;
    constexpr std::size_t kShareOfTold = 2;  // half of the memory to know them again
    const bool too_many_told = told.size * sizeof(Flow) > options.limits.memory / kShareOfTold;
    if (victim != nullptr && !too_many_told)
      tell_early(*victim);
    else
      forget(told.front);
  }
}

void FlowTable::State::tell_early(Flow& flow) {
  if (flow.phase != Phase::NotTls) ++counts.memory_limited;
  if (!flow.keeps_packets()) return end(&flow, EndedBy::MemoryLimit);
  tell(flow, EndedBy::MemoryLimit);
  detach(flow);
  flow.phase = Phase::NotTls;
  wait_for(flow, Wait::Told);
}

void FlowTable::State::end(Flow* flow, EndedBy why) {
  if (flow->phase == Phase::Settled && !flow->keeps_packets()) {
    if (!options.tell_settled) {
      ++counts.told;
      sink.completed();
    }
  } else if (flow->phase != Phase::NotTls) {
    tell(*flow, why);
  }
  forget(flow);
}

void FlowTable::State::tell(Flow& flow, EndedBy why) {
  if (flow.phase != Phase::Lone && flow.tape() == nullptr) return tell(*flow.talk(), why);
  // Without a SYN a lone packet is the rest of an older connection.
  if (flow.phase == Phase::Lone && !flow.lone.flags().syn()) {
    ++counts.not_tls;
    return;
  }
  tell_from_tape(flow, why, false);
}

JudgedFor FlowTable::State::purpose(const Flow& flow) const {
  if (flow.tape() != nullptr && flow.tape()->course.has_hello()) return JudgedFor::ClientHello;
  return expects(flow.server().port) ? JudgedFor::Port : JudgedFor::Nothing;
}

TapedFlow FlowTable::State::taped(const Flow& flow) const {
  TapedFlow taped;
  taped.room = room;
  taped.tape = flow.tape();
  taped.client = flow.client();
  taped.server = flow.server();
  taped.first = flow.lone;
  taped.began = taped.tape != nullptr ? taped.tape->began : flow.last;
  taped.first_claims = flow.lone_side();
  taped.client_known_by = flow.known_by;
  return taped;
}

bool FlowTable::State::count_told(JudgedFor why) {
  const bool judged = why != JudgedFor::Nothing;
  ++(judged ? counts.told : counts.not_tls);
  return judged || options.tell_every_flow;
}

void FlowTable::State::tell_from_tape(Flow& flow, EndedBy why, bool settled) {
  TapedFlow told = taped(flow);
  told.ended_by = why;
  told.told_settled = settled;
  told.capture = quality;
  told.judged_for = purpose(flow);
  if (!count_told(told.judged_for)) return;
  if (!sink.record_later(told)) return sink.tell(player.play(told));
  if (told.tape == nullptr) return;
  memory -= told.tape->weight();
  flow.keep(static_cast<Tape*>(nullptr));
}

void FlowTable::State::tell(Recording& talk, EndedBy why) {
  talk.ended_by = why;
  talk.memory_bounded = why == EndedBy::MemoryLimit;
  talk.judged_for = judged_for(talk, options.ports);
  if (!count_told(talk.judged_for)) return;
  straighten(talk, options.limits);
  talk.capture = quality;
  sink.tell(talk);
}

void FlowTable::State::finish(const CaptureQuality& q) {
  quality = q;
  std::vector<std::pair<FrameNo, Flow*>> left;  // by their first frames, which differ
  left.reserve(index.size());
  for (WaitList& list : lists)
    for (Flow* flow = list.front; flow != nullptr; flow = flow->later) {
      if (flow->later != nullptr) fetch(flow->later->recording, 1);
      left.emplace_back(flow->first_frame(), flow);
    }
  std::sort(left.begin(), left.end());
  const auto at = [&](std::size_t i) { return i < left.size() ? left[i].second : nullptr; };
  for (std::size_t i = 0; i < left.size(); ++i) {
    fetch_to_end(at(i + 1), at(i + 2), at(i + 3));
    end(left[i].second, EndedBy::EndOfCapture);
  }
}

}  // namespace whohungup
