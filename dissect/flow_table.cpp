// See flow_table.h. A flow is a fixed node of at most 256 bytes; a recording is attached to it
// with its second packet and taken away when nothing more can matter.
#include "dissect/flow_table.h"

#include <algorithm>

#include "dissect/flow_ahead.h"
#include "dissect/flow_purpose.h"
#include "dissect/tape_player.h"

namespace whohungup {
namespace {

constexpr std::size_t kMostIcmp = 16;
constexpr std::size_t kMostPooled = 128;  // recordings kept for reuse

}  // namespace

struct FlowTable::State {
  State(Options o, FlowSink& s) : options(std::move(o)), sink(s), index(options.hash_key) {}

  Options options;
  FlowSink& sink;
  FlowCounts counts;
  FlowSlabs slabs;
  FlowIndex index;
  WaitList lists[kNumWaits];
  std::vector<std::unique_ptr<Recording>> pool;
  std::size_t memory{};  // of all nodes and recordings
  CaptureQuality quality;
  Time next_due{Time::max()};  // no flow is due before
  LatestTime clock;

  LookAhead ahead;
  Flow* latest{};  // whose packet was taken last, if it is still there

  // For flows on tape.
  std::shared_ptr<TapeRoom> room{std::make_shared<TapeRoom>(options.limits)};
  TapePlayer player;

  // ── the life of a flow ──────────────────────────────────────────────────────────────────────
  /// Begins the flow that was looked for and not found.
  Flow* begin_flow(const Segment& s) {
    Flow* flow = slabs.take();
    index.add(flow);
    flow->last = s.header.at;
    guess_sides(*flow, s);
    ++counts.flows;
    memory += sizeof(Flow);
    list(flow, Wait::Idle);
    return flow;
  }

  [[nodiscard]] WaitList& waiting(Wait wait) { return lists[static_cast<std::size_t>(wait)]; }

  void list(Flow* flow, Wait wait) {
    flow->wait = wait;
    waiting(wait).push(flow);
    next_due = std::min(next_due, flow->listed + patience(wait));
  }

  void guess_sides(Flow& flow, const Segment& s) {
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

  [[nodiscard]] bool expects(std::uint16_t port) const { return expects_tls(port, options.ports); }

  /// Gives the flow, which keeps nothing yet, a recording.
  Recording& attach(Flow& flow) {
    if (pool.empty()) pool.push_back(std::make_unique<Recording>());
    flow.keep(pool.back().release());
    pool.pop_back();
    begin_recording(*flow.talk(), flow.client(), flow.server(), flow.last, flow.lone.frame());
    flow.talk()->client_known_by = flow.known_by;
    flow.phase = Phase::Recording;
    weigh(flow);
    return *flow.talk();
  }

  /// Its only packet becomes the first of a recording.
  void record_lone(Flow& flow) {
    record(attach(flow), flow.lone.header(flow.last), {}, flow.lone_side(), options.limits);
  }

  void detach(Flow& flow) {
    if (flow.tape() != nullptr) return drop_tape(flow);
    Recording* const talk = flow.talk();
    if (talk == nullptr) return;
    memory -= talk->footprint;
    recycle(*talk, Spare::Modest);
    if (pool.size() < kMostPooled)
      pool.emplace_back(talk);
    else
      delete talk;
    flow.keep(static_cast<Recording*>(nullptr));
  }

  void weigh(Flow& flow) {
    Recording& talk = *flow.talk();
    const std::size_t now = measure(talk);
    memory += now - talk.footprint;
    talk.footprint = now;
  }

  // ── tapes ───────────────────────────────────────────────────────────────────────────────────
  /// Puts the second packet of a flow on a tape, if both are the beginning of a connection in good
  /// order.
  bool begin_tape(Flow& flow, const Packet& packet, const Glimpse& seen) {
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

  /// Whether the tape's flow is in good order with this packet, too.
  bool in_good_order(Tape& tape, const Packet& packet, const Glimpse& seen, Side claims) {
    if (tape.is_full(options.limits) || !tape.course.take(seen, claims)) return false;
    const bool bare_end = seen.flags.rst() || (seen.flags.fin() && seen.payload_len == 0);
    // No host takes a packet with a wrong one (is_refused() in flow_recorder.cpp).
    return !bare_end || !is_checksum_wrong(packet, seen);
  }

  bool add_to_tape(Flow& flow, const Packet& packet, const Glimpse& seen) {
    if (!in_good_order(*flow.tape(), packet, seen, flow.side_of(seen))) {
      play_back(flow);
      return false;
    }
    keep_on_tape(flow, packet, seen);
    return true;
  }

  void keep_on_tape(Flow& flow, const Packet& packet, const Glimpse& seen) {
    ++counts.segments;
    flow.last = std::max(flow.last, seen.at);
    Tape& tape = *flow.tape();
    if (seen.flags.rst() || tape.course.closed()) wait_for(flow, Wait::Linger);
    const bool settled = tape.course.settled();
    if (!settled || !options.forget_completed) put_on_tape(tape, packet, seen, false);
    if (settled) settle_tape(flow);
    keep_within_memory();
  }

  void settle_tape(Flow& flow) {
    flow.phase = Phase::Settled;
    wait_for(flow, Wait::IdleFinished);
    if (options.tell_settled) tell_from_tape(flow, EndedBy::Idle, true);
    if (options.forget_completed || options.tell_settled) return detach(flow);
    Tape& tape = *flow.tape();
    for (const Side side : {Side::Client, Side::Server})
      tape.passed.sent_end[static_cast<std::size_t>(side)] = tape.course.sent(side);
  }

  void put_on_tape(Tape& tape, const Packet& packet, const Glimpse& seen, bool settled) {
    memory -= tape.weight();
    tape.keep(packet, seen, settled, room->blocks);
    memory += tape.weight();
  }

  void drop_tape(Flow& flow) {
    Tape* const tape = flow.tape();
    memory -= tape->weight();
    room->give(tape);
    flow.keep(static_cast<Tape*>(nullptr));
  }

  /// From now on the flow is recorded.
  void play_back(Flow& flow) {
    if (flow.tape() == nullptr) return;
    const Phase phase = flow.phase;
    auto talk = std::make_unique<Recording>(std::move(player.play(taped(flow))));
    drop_tape(flow);
    flow.keep(talk.release());
    flow.phase = phase == Phase::Taped ? Phase::Recording : phase;
    weigh(flow);
  }

  void forget(Flow* flow) {
    detach(*flow);
    waiting(flow->wait).remove(flow);
    index.remove(flow);
    if (latest == flow) latest = nullptr;
    slabs.give(flow);
    memory -= sizeof(Flow);
  }

  void wait_for(Flow& flow, Wait wait) {
    if (flow.wait == wait) return;
    waiting(flow.wait).remove(&flow);
    list(&flow, wait);
  }

  // ── packets ─────────────────────────────────────────────────────────────────────────────────
  std::size_t take(std::size_t from, std::size_t to) {
    for (std::size_t place = from; place < to; ++place) {
      come(ahead.packet(place).at);
      if (!take(place)) return place;
    }
    return to;
  }

  bool take(std::size_t place) {
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

  bool take(Flow& flow, const Packet& packet, const Glimpse& seen) {
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

  /// A packet of a flow of which nothing but its ending is still to be known.
  bool skim(Flow& flow, const Packet& packet, const Glimpse& seen) {
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

  void add(const Segment& s, std::string_view outer_path) {
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

  void add_recorded(Flow& flow, const Segment& s, std::string_view outer_path) {
    Recording& talk = *flow.talk();
    if (!outer_path.empty() && talk.outer_path.empty()) talk.outer_path = outer_path;
    const bool taken = record(talk, s.header, s.payload, flow.side_of(s.from), options.limits);
    if (!talk.client_tls_at) find_hello_from_server(flow);
    weigh(flow);
    if (taken) settle(flow, s);
    keep_within_memory();
  }

  /// Where the start was not captured, the hello may come from what was taken for the server.
  void find_hello_from_server(Flow& flow) {
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

  /// Decides what the flow waits for, and whether its recording may go.
  void settle(Flow& flow, const Segment& s) {
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

  void add_settled(Flow& flow, const Segment& s) {
    const Side side = flow.side_of(s.from);
    if (flow.talk() != nullptr) record_settled(*flow.talk(), s.header, side, options.limits);
    if (s.header.flags.has(TcpFlags::kFin | TcpFlags::kRst))
      note_closing(flow, s.header.flags, flow.side_of(s.from));
  }

  /// For flows whose packets are not recorded any more.
  void note_closing(Flow& flow, TcpFlags flags, Side side) {
    const bool from_client = side == Side::Client;
    flow.client_fin = flow.client_fin || (flags.fin() && from_client);
    flow.server_fin = flow.server_fin || (flags.fin() && !from_client);
    if (flags.rst() || (flow.client_fin && flow.server_fin)) wait_for(flow, Wait::Linger);
  }

  /// A SYN with another initial sequence number than the one this side began with opens a new
  /// connection; one from the other side of a connection still alive is a simultaneous open.
  bool reuses_port(const Flow& flow, const Segment& s) const {
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

  void add(const IcmpError& error) {
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

  // ── time and memory ─────────────────────────────────────────────────────────────────────────
  [[nodiscard]] Duration patience(Wait wait) const {
    switch (wait) {
      case Wait::Idle:
      case Wait::Told:
        return options.limits.idle;
      case Wait::Linger:
        return options.limits.linger;
      default:
        return options.limits.idle_finished;
    }
  }

  /// It is this late now, if that may be believed.
  void come(Time now) {
    if (clock.see(now) && now >= next_due) advance(now);
  }

  /// A list is looked at from its front, and a flow there only when its time is up counted from
  /// when it was listed. If it was active since, it goes to the back with that later time: a
  /// packet costs no list operation, and a flow is told at most one patience late.
  void advance(Time now) {
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

  /// When the memory is used up, flows are told now, with the limit as a fact; nothing is lost
  /// silently. Finished handshakes first and those that ended already, for their verdicts are as
  /// good as certain; of the others those that waited longest.
  void keep_within_memory() {
    while (memory > options.limits.memory && index.size() > 1) {
      WaitList& told = waiting(Wait::Told);
      Flow* const settled = waiting(Wait::IdleFinished).front;
      Flow* const ended = waiting(Wait::Linger).front;
      Flow* const open = waiting(Wait::Idle).front;
      const bool keeps = settled != nullptr && settled->keeps_packets();
      Flow* const victim = keeps ? settled : ended != nullptr ? ended : open;
      constexpr std::size_t kShareOfTold = 4;  // a quarter of the memory to know them again
      const bool too_many_told = told.size * sizeof(Flow) > options.limits.memory / kShareOfTold;
      if (too_many_told || (victim == nullptr && told.front != nullptr))
        forget(told.front);
      else
        tell_early(victim != nullptr ? *victim : *settled);
    }
  }

  /// Tells the flow before it is over. What has a recording gives that back and is remembered, so
  /// that its later packets are not taken for another flow; what has none is forgotten.
  void tell_early(Flow& flow) {
    if (flow.phase != Phase::NotTls) ++counts.memory_limited;
    if (!flow.keeps_packets()) return end(&flow, EndedBy::MemoryLimit);
    tell(flow, EndedBy::MemoryLimit);
    detach(flow);
    flow.phase = Phase::NotTls;
    wait_for(flow, Wait::Told);
  }

  // ── endings ─────────────────────────────────────────────────────────────────────────────────
  void end(Flow* flow, EndedBy why) {
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

  void tell(Flow& flow, EndedBy why) {
    if (flow.phase != Phase::Lone && flow.tape() == nullptr) return tell(*flow.talk(), why);
    // Without a SYN a lone packet is the rest of an older connection.
    if (flow.phase == Phase::Lone && !flow.lone.flags().syn()) {
      ++counts.not_tls;
      return;
    }
    tell_from_tape(flow, why, false);
  }

  /// What judged_for() would say of the flow if it was recorded.
  [[nodiscard]] JudgedFor purpose(const Flow& flow) const {
    if (flow.tape() != nullptr && flow.tape()->course.has_hello()) return JudgedFor::ClientHello;
    return expects(flow.server().port) ? JudgedFor::Port : JudgedFor::Nothing;
  }

  [[nodiscard]] TapedFlow taped(const Flow& flow) const {
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

  void tell_from_tape(Flow& flow, EndedBy why, bool settled) {
    TapedFlow told = taped(flow);
    told.ended_by = why;
    told.told_settled = settled;
    told.capture = quality;
    told.judged_for = purpose(flow);
    if (told.judged_for == JudgedFor::Nothing) {
      ++counts.not_tls;
      if (!options.tell_every_flow) return;
    } else {
      ++counts.told;
    }
    if (!sink.record_later(told)) return sink.tell(player.play(told));
    if (told.tape == nullptr) return;
    memory -= told.tape->weight();
    flow.keep(static_cast<Tape*>(nullptr));
  }

  void tell(Recording& talk, EndedBy why) {
    talk.ended_by = why;
    talk.memory_bounded = why == EndedBy::MemoryLimit;
    talk.judged_for = judged_for(talk, options.ports);
    if (talk.judged_for == JudgedFor::Nothing) {
      ++counts.not_tls;
      if (!options.tell_every_flow) return;
    } else {
      ++counts.told;
    }
    straighten(talk, options.limits);
    talk.capture = quality;
    sink.tell(talk);
  }

  void finish(const CaptureQuality& q) {
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

  ~State() {
    for (WaitList& list : lists)
      for (Flow* flow = list.front; flow != nullptr; flow = flow->later) delete flow->talk();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

FlowTable::FlowTable(Options options, FlowSink& sink)
    : state_(std::make_unique<State>(std::move(options), sink)) {}
FlowTable::~FlowTable() = default;

void FlowTable::look_at(std::span<const Packet> packets) {
  state_->ahead.look(packets);
  // Fewer flows than this are near enough in any case: asking for them would only be work.
  constexpr std::size_t kManyFlows = 2048;
  if (state_->index.size() >= kManyFlows) state_->ahead.fetch_flows(state_->index);
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
