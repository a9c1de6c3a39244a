// The inside of the flow table: every flow from its first packet to its telling. Inside of
// flow_table.cpp, flow_tapes.cpp and flow_endings.cpp only.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "dissect/flow_ahead.h"
#include "dissect/flow_purpose.h"
#include "dissect/flow_table.h"
#include "dissect/tape_player.h"

namespace whohungup {

struct FlowTable::State {
  static constexpr std::size_t kMostPooled = 128;  // recordings kept for reuse

  State(Options o, FlowSink& s) : options(std::move(o)), sink(s), index(options.hash_key) {}
  ~State() {
    for (WaitList& list : lists)
      for (Flow* flow = list.front; flow != nullptr; flow = flow->later) delete flow->talk();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

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
  Flow* begin_flow(const Segment& s);

  [[nodiscard]] WaitList& waiting(Wait wait) { return lists[static_cast<std::size_t>(wait)]; }
  void list(Flow* flow, Wait wait) {
    flow->wait = wait;
    waiting(wait).push(flow);
    next_due = std::min(next_due, flow->listed + patience(wait));
  }
  void guess_sides(Flow& flow, const Segment& s);
  [[nodiscard]] bool expects(std::uint16_t port) const { return expects_tls(port, options.ports); }
  /// A recording of nothing yet, from the pool if there is one.
  Recording* take_recording();
  /// Gives the flow, which keeps nothing yet, a recording.
  Recording& attach(Flow& flow);
  /// Its only packet becomes the first of a recording.
  void record_lone(Flow& flow);
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
  bool begin_tape(Flow& flow, const Packet& packet, const Glimpse& seen);
  /// Whether the tape's flow is in good order with this packet, too.
  bool in_good_order(Tape& tape, const Packet& packet, const Glimpse& seen, Side claims);
  bool add_to_tape(Flow& flow, const Packet& packet, const Glimpse& seen);
  void keep_on_tape(Flow& flow, const Packet& packet, const Glimpse& seen);
  void settle_tape(Flow& flow);
  void put_on_tape(Tape& tape, const Packet& packet, const Glimpse& seen, bool settled);
  void drop_tape(Flow& flow) {
    Tape* const tape = flow.tape();
    memory -= tape->weight();
    room->give(tape);
    flow.keep(static_cast<Tape*>(nullptr));
  }
  /// From now on the flow is recorded.
  void play_back(Flow& flow);
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
  std::size_t take(std::size_t from, std::size_t to);
  bool take(std::size_t place);
  bool take(Flow& flow, const Packet& packet, const Glimpse& seen);
  /// A packet of a flow of which nothing but its ending is still to be known.
  bool skim(Flow& flow, const Packet& packet, const Glimpse& seen);
  void add(const Segment& s, std::string_view outer_path);
  void add_recorded(Flow& flow, const Segment& s, std::string_view outer_path);
  /// Where the start was not captured, the hello may come from what was taken for the server.
  void find_hello_from_server(Flow& flow);
  /// Decides what the flow waits for, and whether its recording may go.
  void settle(Flow& flow, const Segment& s);
  void add_settled(Flow& flow, const Segment& s);
  /// For flows whose packets are not recorded any more.
  void note_closing(Flow& flow, TcpFlags flags, Side side);
  /// A SYN with another initial sequence number than the one this side began with opens a new
  /// connection; one from the other side of a connection still alive is a simultaneous open.
  bool reuses_port(const Flow& flow, const Segment& s) const;
  void add(const IcmpError& error);

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
  void advance(Time now);
  /// When the memory is used up, flows are told now, with the limit as a fact; nothing is lost
  /// silently. Finished handshakes first and those that ended already, for their verdicts are as
  /// good as certain; of the others those that waited longest.
  void keep_within_memory() {
    if (memory > options.limits.memory) make_room();
  }
  void make_room();
  /// Tells the flow before it is over. What has a recording gives that back and is remembered, so
  /// that its later packets are not taken for another flow; what has none is forgotten.
  void tell_early(Flow& flow);

  // ── endings ─────────────────────────────────────────────────────────────────────────────────
  void end(Flow* flow, EndedBy why);
  void tell(Flow& flow, EndedBy why);
  /// What judged_for() would say of the flow if it was recorded.
  [[nodiscard]] JudgedFor purpose(const Flow& flow) const;
  [[nodiscard]] TapedFlow taped(const Flow& flow) const;
  /// Counts a flow that is over. Whether it is to be told.
  bool count_told(JudgedFor why);
  void tell_from_tape(Flow& flow, EndedBy why, bool settled);
  void tell(Recording& talk, EndedBy why);
  void finish(const CaptureQuality& q);
};

}  // namespace whohungup
