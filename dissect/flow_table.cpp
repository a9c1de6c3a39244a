// See flow_table.h. A flow is a fixed node of at most 256 bytes; with its second packet a tape or a
// recording is attached to it, and taken away when nothing more can matter.
#include "dissect/flow_table.h"

#include <algorithm>

#include "dissect/flow_state.h"

namespace whohungup {
namespace {

constexpr std::size_t kMostIcmp = 16;

}  // namespace

Flow* FlowTable::State::begin_flow(const Segment& s) {
  Flow* flow = slabs.take();
  index.add(flow);
  flow->last = s.header.at;
  guess_sides(*flow, s);
  ++counts.flows;
  memory += sizeof(Flow);
  list(flow, Wait::Idle);
  return flow;
}

void FlowTable::State::guess_sides(Flow& flow, const Segment& s) {
  const TcpFlags flags = s.header.flags;
  bool from_is_client = true;
  flow.known_by = ClientKnownBy::Guess;
  if (flags.syn()) {
    from_is_client = !flags.ack();
    flow.known_by = flags.ack() ? ClientKnownBy::SynAck : ClientKnownBy::Syn;
  } else if (const bool to_tls = expects(s.to.port); to_tls != expects(s.from.port)) {
    from_is_client = to_tls;
    flow.known_by = ClientKnownBy::Port;
  } else {
    from_is_client = s.from.port >= s.to.port;
  }
  flow.lone_claims_low = same(s.from, flow.key.low);
  flow.client_is_low = flow.lone_claims_low == from_is_client;
}

Recording* FlowTable::State::take_recording() {
  if (pool.empty()) return std::make_unique<Recording>().release();
  Recording* const recording = pool.back().release();
  pool.pop_back();
  return recording;
}

Recording& FlowTable::State::attach(Flow& flow) {
  flow.keep(take_recording());
  begin_recording(*flow.talk(), flow.client(), flow.server(), flow.last, flow.lone.frame());
  flow.talk()->client_known_by = flow.known_by;
  flow.phase = Phase::Recording;
  weigh(flow);
  return *flow.talk();
}

void FlowTable::State::record_lone(Flow& flow) {
  record(attach(flow), flow.lone.header(flow.last), {}, flow.lone_side(), options.limits);
}

void FlowTable::State::add(const Segment& s, std::string_view outer_path) {
  ++counts.segments;
  Flow* flow = index.find(s.from, s.to).flow;
  if (flow != nullptr) play_back(*flow);
  if (flow != nullptr && s.header.flags.syn() && !s.header.flags.ack() && reuses_port(*flow, s)) {
    end(flow, EndedBy::PortReuse);
    flow = nullptr;
  }
  if (flow == nullptr) {
    flow = begin_flow(s);
    flow->lone = LonePacket(s.header);
    // Payload and tunnel need a recording at once; the lone packet of most flows is a SYN.
    if (s.header.payload_len == 0 && outer_path.empty()) {
      keep_within_memory();
      return;
    }
    attach(*flow);
  }
  if (flow->phase == Phase::Lone) record_lone(*flow);
  flow->last = std::max(flow->last, s.header.at);
  if (flow->phase == Phase::NotTls)
    return note_closing(*flow, s.header.flags, flow->side_of(s.from));
  if (flow->phase == Phase::Settled) return add_settled(*flow, s);
  add_recorded(*flow, s, outer_path);
}

void FlowTable::State::add_recorded(Flow& flow, const Segment& s, std::string_view outer_path) {
  Recording& talk = *flow.talk();
  if (!outer_path.empty() && talk.outer_path.empty()) talk.outer_path = outer_path;
  const bool taken = record(talk, s.header, s.payload, flow.side_of(s.from), options.limits);
  if (!talk.client_tls_at) find_hello_from_server(flow);
  weigh(flow);
  if (taken) settle(flow, s);
  keep_within_memory();
}

void FlowTable::State::find_hello_from_server(Flow& flow) {
  Recording& talk = *flow.talk();
  if (talk.client_known_by == ClientKnownBy::Syn || talk.client_known_by == ClientKnownBy::SynAck)
    return;
  if (talk.from_server.empty()) return;
  if (tls::looks_like_client_hello(talk.from_server.prefix()) != tls::HelloLook::Tls) return;
  swap_sides(talk);
  flow.client_is_low = !flow.client_is_low;
  talk.client_known_by = ClientKnownBy::Hello;
  if (!talk.segments.empty()) walk_records(talk, Side::Client, talk.segments.back().header);
}

void FlowTable::State::settle(Flow& flow, const Segment& s) {
  Recording& talk = *flow.talk();
  if (talk.over_plaintext_bound) {
    ++counts.not_tls;
    detach(flow);
    flow.phase = Phase::NotTls;
    return note_closing(flow, s.header.flags, flow.side_of(s.from));
  }
  const bool client_fin = talk.side(Side::Client).fin_offset != Placed::kUnknown;
  const bool server_fin = talk.side(Side::Server).fin_offset != Placed::kUnknown;
  const bool both_fin = client_fin && server_fin;
  if (both_fin || s.header.flags.rst()) {
    // Where recordings stay in any case there are many of them.
    if (flow.wait != Wait::Linger && !options.forget_completed) tighten(talk);
    wait_for(flow, Wait::Linger);
  }
  // With a FIN on its way the handshake may have been given up before it was finished
  // (captures/public ntop+nDPI/anydesk.pcapng): that is for the judge to say.
  if (talk.finished() && talk.server_data_frame != FrameNo{} && !talk.reset_seen &&
      talk.icmp.empty() && !client_fin && !server_fin) {
    flow.phase = Phase::Settled;
    wait_for(flow, Wait::IdleFinished);
    if (options.tell_settled) {
      talk.told_settled = true;
      tell(flow, EndedBy::Idle);
    }
    options.forget_completed || options.tell_settled ? detach(flow) : tighten(talk);
  }
}

void FlowTable::State::add_settled(Flow& flow, const Segment& s) {
  const Side side = flow.side_of(s.from);
  if (flow.talk() != nullptr) record_settled(*flow.talk(), s.header, side, options.limits);
  if (s.header.flags.has(TcpFlags::kFin | TcpFlags::kRst))
    note_closing(flow, s.header.flags, flow.side_of(s.from));
}

void FlowTable::State::note_closing(Flow& flow, TcpFlags flags, Side side) {
  const bool from_client = side == Side::Client;
  flow.client_fin = flow.client_fin || (flags.fin() && from_client);
  flow.server_fin = flow.server_fin || (flags.fin() && !from_client);
  if (flags.rst() || (flow.client_fin && flow.server_fin)) wait_for(flow, Wait::Linger);
}

bool FlowTable::State::reuses_port(const Flow& flow, const Segment& s) const {
  const Side side = flow.side_of(s.from);
  const bool closed = flow.wait == Wait::Linger;
  if (flow.phase == Phase::Lone) {
    const bool same_side = flow.lone_claims_low == same(s.from, flow.key.low);
    if (same_side && flow.lone.flags().syn()) return flow.lone.seq() != s.header.seq;
    return !flow.lone.flags().syn();
  }
  if (!flow.keeps_packets()) {
    // Its first packet is still known: the same SYN again is the same connection.
    const bool same_side = flow.lone_claims_low == same(s.from, flow.key.low);
    return !same_side || !flow.lone.flags().syn() || flow.lone.seq() != s.header.seq;
  }
  const SideCounts& me = flow.talk()->side(side);
  if (me.reference && me.isn == s.header.seq) return false;
  if (me.isn_seen) return true;
  return closed || side == Side::Client || flow.talk()->client_tls_at.has_value();
}

void FlowTable::State::add(const IcmpError& error) {
  Flow* flow = index.find(error.from, error.to).flow;
  if (flow == nullptr || flow->phase == Phase::NotTls ||
      (flow->phase == Phase::Settled && !flow->keeps_packets())) {
    if (flow == nullptr) ++counts.icmp_without_flow;
    return;
  }
  if (flow->phase == Phase::Lone) record_lone(*flow);
  play_back(*flow);
  flow->last = std::max(flow->last, error.at);
  Recording& talk = *flow->talk();
  if (talk.icmp.size() < kMostIcmp) talk.icmp.push_back(error);
  talk.last = std::max(talk.last, error.at);
  talk.last_frame = error.frame;
  weigh(*flow);
  keep_within_memory();
}

FlowTable::FlowTable(Options options, FlowSink& sink)
    : state_(std::make_unique<State>(std::move(options), sink)) {}
FlowTable::~FlowTable() = default;

void FlowTable::look_at(std::span<const Packet> packets) {
  state_->ahead.look(packets);
  // Fewer flows than this are near enough in any case: asking for them would only be work.
  constexpr std::size_t kManyFlows = 2048;
  if (state_->index.size() >= kManyFlows) state_->ahead.fetch_flows(state_->index);
}
const Glimpse* FlowTable::glimpsed(std::size_t place) const {
  const LookAhead::Plain& plain = state_->ahead.at(place);
  return plain.is_plain ? &plain.seen : nullptr;
}
std::size_t FlowTable::take(std::size_t from, std::size_t to) { return state_->take(from, to); }
bool FlowTable::take(std::size_t place) { return state_->take(place); }
void FlowTable::add(const Segment& segment, std::string_view outer_path) {
  state_->add(segment, outer_path);
}
void FlowTable::add(const IcmpError& error) { state_->add(error); }
void FlowTable::advance(Time now) { state_->come(now); }
void FlowTable::finish(const CaptureQuality& quality) {
  state_->advance(quality.end);  // a capture may go on after its last packet
  state_->finish(quality);
}
const FlowCounts& FlowTable::counts() const { return state_->counts; }

}  // namespace whohungup
