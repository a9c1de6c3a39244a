// Packets that need not be decoded when they come: of flows in good order, which are kept on tape,
// and of those whose handshakes are over.
#include "dissect/flow_state.h"

namespace whohungup {

bool FlowTable::State::begin_tape(Flow& flow, const Packet& packet, const Glimpse& seen) {
  constexpr std::uint16_t kNoSyn = TcpFlags::kAck | TcpFlags::kFin | TcpFlags::kRst;
  if (flow.known_by != ClientKnownBy::Syn || flow.lone.flags().has(kNoSyn)) return false;
  Tape* const tape = room->tapes.take();
  tape->course = Orderly(flow.lone.seq());
  tape->began = flow.last;
  if (!in_good_order(*tape, packet, seen, flow.side_of(seen))) {
    room->tapes.give(tape);
    return false;
  }
  flow.keep(tape);
  flow.phase = Phase::Taped;
  memory += tape->weight();
  keep_on_tape(flow, packet, seen);
  return true;
}

bool FlowTable::State::in_good_order(Tape& tape, const Packet& packet, const Glimpse& seen,
                                     Side claims) {
  if (tape.is_full(options.limits) || !tape.course.take(seen, claims)) return false;
  const bool bare_end = seen.flags.rst() || (seen.flags.fin() && seen.payload_len == 0);
  // No host takes a packet with a wrong one (is_refused() in flow_recorder.cpp).
  return !bare_end || !is_checksum_wrong(packet, seen);
}

bool FlowTable::State::add_to_tape(Flow& flow, const Packet& packet, const Glimpse& seen) {
  if (!in_good_order(*flow.tape(), packet, seen, flow.side_of(seen))) {
    play_back(flow);
    return false;
  }
  keep_on_tape(flow, packet, seen);
  return true;
}

void FlowTable::State::keep_on_tape(Flow& flow, const Packet& packet, const Glimpse& seen) {
  ++counts.segments;
  flow.last = std::max(flow.last, seen.at);
  Tape& tape = *flow.tape();
  if (seen.flags.rst() || tape.course.closed()) wait_for(flow, Wait::Linger);
  const bool settled = tape.course.settled();
  if (!settled || !options.forget_completed) put_on_tape(tape, packet, seen, false);
  if (settled) settle_tape(flow);
  keep_within_memory();
}

void FlowTable::State::settle_tape(Flow& flow) {
  flow.phase = Phase::Settled;
  wait_for(flow, Wait::IdleFinished);
  if (options.tell_settled) tell_from_tape(flow, EndedBy::Idle, true);
  if (options.forget_completed || options.tell_settled) return detach(flow);
  Tape& tape = *flow.tape();
  for (const Side side : {Side::Client, Side::Server})
    tape.passed.sent_end[static_cast<std::size_t>(side)] = tape.course.sent(side);
}

void FlowTable::State::put_on_tape(Tape& tape, const Packet& packet, const Glimpse& seen,
                                   bool settled) {
  memory -= tape.weight();
  tape.keep(packet, seen, settled, room->blocks);
  memory += tape.weight();
}

void FlowTable::State::play_back(Flow& flow) {
  if (flow.tape() == nullptr) return;
  const Phase phase = flow.phase;
  Recording* const talk = take_recording();
  std::swap(*talk, player.play(taped(flow)));
  drop_tape(flow);
  flow.keep(talk);
  flow.phase = phase == Phase::Taped ? Phase::Recording : phase;
  weigh(flow);
}

std::size_t FlowTable::State::take(std::size_t from, std::size_t to) {
  for (std::size_t place = from; place < to; ++place) {
    come(ahead.packet(place).at);
    if (!take(place)) return place;
  }
  return to;
}

bool FlowTable::State::take(std::size_t place) {
  const LookAhead::Plain& plain = ahead.at(place);
  if (!plain.is_plain) return false;
  const FlowKey& key = plain.seen.key;
  // Packets of one flow come in bursts.
  if (latest == nullptr || !(latest->key == key)) {
    const std::uint32_t hash = plain.hash_in(index);
    latest = index.look_up(key, hash);
    if (latest == nullptr) index.remember(key, hash, nullptr);
  }
  if (latest == nullptr) return false;
  if (take(*latest, ahead.packet(place), plain.seen)) return true;
  index.remember(key, latest->hash, latest);
  return false;
}

bool FlowTable::State::take(Flow& flow, const Packet& packet, const Glimpse& seen) {
  switch (flow.phase) {
    case Phase::Lone:
      return begin_tape(flow, packet, seen);
    case Phase::Taped:
      return add_to_tape(flow, packet, seen);
    case Phase::Settled:
    case Phase::NotTls:
      return skim(flow, packet, seen);
    default:
      return false;
  }
}

bool FlowTable::State::skim(Flow& flow, const Packet& packet, const Glimpse& seen) {
  const bool closing = seen.flags.has(TcpFlags::kFin | TcpFlags::kRst);
  if (seen.flags.syn()) return false;
  Tape* const tape = flow.tape();
  if (closing && (flow.talk() != nullptr || !seen.whole)) return false;
  if (closing && tape != nullptr && tape->is_full(options.limits)) {
    play_back(flow);
    return false;
  }
  ++counts.segments;
  flow.last = std::max(flow.last, seen.at);
  if (flow.keeps_packets()) {
    const Side side = flow.side_of(seen);
    if (tape == nullptr)
      count_settled(*flow.talk(), seen, side);
    else if (!closing)
      tape->passed.count(seen, side, tape->course.isn(side));
    else
      put_on_tape(*tape, packet, seen, true);
  }
  if (closing) note_closing(flow, seen.flags, flow.side_of(seen));
  return true;
}

}  // namespace whohungup
