// Who talks to whom: gathers segments into flows, keeps a bounded recording of each until it is
// certain how it ended, and tells it then (DESIGN.md decision 9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "dissect/conversation.h"

namespace whohungup {

/// Every bound and its reason.
struct FlowLimits {
  std::size_t segments{192};      // recorded from the start of a flow: a handshake has 10 to 40
  std::size_t tail_segments{64};  // and the last ones, where the ending is
  std::size_t stream_bytes{Stream::kDefaultBound};
  std::size_t plaintext_bytes{16U << 10U};  // of dialogue before a flow counts as not TLS
  std::size_t memory{1U << 30U};            // of all flows together
  /// How long after a FIN or RST more packets may still change the evidence: Weaver's window for
  /// a forged reset is 2 s (diagnosis.md §8.6), a retransmitted reply comes within 3 s.
  Duration linger{std::chrono::seconds{4}};
  /// Without any packet for this long a flow whose handshake is not finished is over: longer than
  /// Linux' first five retransmissions (0.2 … 6.4 s) and any client's connect timeout we met.
  Duration idle{std::chrono::seconds{75}};
  /// A finished handshake may stay silent much longer (NLB 350 s, conntrack days); this bounds the
  /// memory only: what comes later is not TLS any more for us.
  Duration idle_finished{std::chrono::seconds{600}};
};

struct FlowCounts {
  std::uint64_t flows{};  // seen
  std::uint64_t told{};   // judged for one of JudgedFor's reasons
  std::uint64_t not_tls{};
  std::uint64_t segments{};
  std::uint64_t icmp_without_flow{};
  std::uint64_t memory_limited{};  // flows told early or short because of FlowLimits::memory
};

struct Glimpse;    // dissect/glimpse.h
struct TapedFlow;  // dissect/tape_player.h

/// Hears of every flow that is to be judged, when its ending is certain.
class FlowSink {
 public:
  FlowSink() = default;
  FlowSink(const FlowSink&) = delete;
  FlowSink& operator=(const FlowSink&) = delete;
  virtual ~FlowSink() = default;
  /// `conversation` belongs to the table and is reused after the call; converse() was not called.
  virtual void tell(Conversation& conversation) = 0;
  /// The same of a flow that was not recorded yet. True: it will be recorded by the sink, which
  /// gives the tape back to its room. False: it is recorded here and told.
  virtual bool record_later(const TapedFlow&) { return false; }
  /// A handshake that finished and ended (or goes on) in good order. Called instead of tell()
  /// when the table was asked to forget completed flows.
  virtual void completed() {}
};

class FlowTable {
 public:
  struct Options {
    FlowLimits limits{};
    bool forget_completed{};             // text output without --all: count them, keep nothing
    bool tell_every_flow{};              // also those that are JudgedFor::Nothing, until they are
                                         // known to be something else than TLS
    bool tell_settled{};                 // completed flows are told as soon as the server went on,
                                         // and forgotten
    std::vector<std::uint16_t> ports{};  // --port: TLS is expected there too
    std::uint64_t hash_key[2]{};         // 0: chosen at random by the caller; keys the flow hash
  };
  FlowTable(Options, FlowSink&);
  ~FlowTable();

  /// Looks at frames that are about to come, kMostAhead of them at most and in order: at what is
  /// plain to see of them, and where their flows are. Changes nothing else; the frames' bytes have
  /// to stay where they are.
  static constexpr std::size_t kMostAhead = 32;
  void look_at(std::span<const Packet>);
  /// What is plain to see of a frame that was looked at; null if it has to be decoded.
  [[nodiscard]] const Glimpse* glimpsed(std::size_t place) const;
  /// Takes frames, of those looked at, from place `from` on, as long as they need not be decoded:
  /// their flows run in good order, or their handshakes are over. Each comes at its own time, as
  /// advance() has it. Returns the place of the first that is to be decoded and added, at whose
  /// time it is now, or `to` if there is none before that.
  std::size_t take(std::size_t from, std::size_t to);
  /// The same of one frame, whose time was told by advance(). False: it is to be decoded and added.
  bool take(std::size_t place);
  void add(const Segment&, std::string_view outer_path = {});
  void add(const IcmpError&);
  /// It is this late now, if it may be believed (LatestTime): tells what became certain.
  void advance(Time now);
  /// The capture is over: tells what became certain until its end, then everything left, in the
  /// order the flows began.
  void finish(const CaptureQuality&);
  [[nodiscard]] const FlowCounts& counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The usual ports of TLS at once and of STARTTLS: 443 993 995 465 636 …, 25 110 143 587 ….
bool is_usual_tls_port(std::uint16_t);
bool is_usual_starttls_port(std::uint16_t);

}  // namespace whohungup
