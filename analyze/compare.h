// Two captures of one flow, and what happened in between.
//
// A Pairing says of every packet of one flow what became of it: seen at both ends, lost on the way,
// made on the way, changed on the way, or missed by a capture. judge_together() asks the questions
// only two captures can answer and gives one verdict.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/compare_clock.h"
#include "analyze/verdict.h"
#include "dissect/conversation.h"

namespace whohungup {

/// What became of a packet between the two captures.
enum class Fate : std::uint8_t {
  Both,           // seen at both ends
  Lost,           // it left one end and never reached the other
  Made,           // it reached one end and the other never sent it
  MissedThere,    // it was received there, as its acknowledgement shows, but not captured
  MissedHere,     // it was sent there, as its sender's counters show, but not captured
  Unclear,        // at one end only, and lost, made or missed cannot be told apart
  BeyondCapture,  // the other capture did not run then, or does not hold that direction
  NotKept,        // not compared: of a finished handshake, or of a long flow, not all is recorded
};
inline constexpr std::size_t kNumFates = 8;

/// What differs between the two sightings of one packet, beside what differs in all of them.
enum class Change : std::uint8_t {
  Ttl,  // another number of hops than its direction's other packets
  Dscp,
  Ecn,
  DontFragment,
  IpId,
  FlowLabel,
  Flags,
  Window,
  Mss,
  WindowScale,
  Options,  // others, or in another order
  Timestamps,
  Payload,
  Segmentation,  // the same bytes, cut into other segments
};
inline constexpr std::size_t kNumChanges = 14;
std::string_view to_string(Change);  // "ttl", "dscp", … as the JSON has them

class Changes {
 public:
  constexpr void add(Change change) { bits_ = static_cast<std::uint16_t>(bits_ | bit(change)); }
  [[nodiscard]] constexpr bool has(Change change) const { return (bits_ & bit(change)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  /// The same bytes cut differently is what network cards do and no change on the way.
  [[nodiscard]] constexpr bool on_the_way() const {
    return (bits_ & ~bit(Change::Segmentation)) != 0;
  }
  constexpr void remove(const Changes& others) {
    bits_ = static_cast<std::uint16_t>(bits_ & ~others.bits_);
  }
  constexpr void keep_only(const Changes& others) {
    bits_ = static_cast<std::uint16_t>(bits_ & others.bits_);
  }
  static constexpr Changes all() {
    Changes changes;
    changes.bits_ = static_cast<std::uint16_t>((1U << kNumChanges) - 1);
    return changes;
  }

 private:
  static constexpr std::uint16_t bit(Change change) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(change));
  }
  std::uint16_t bits_{};
};

std::string to_string(const Changes&);  // "ttl, dscp"

/// One packet, or the two sightings of it.
struct Sighting {
  static constexpr std::int32_t kNone = -1;
  std::int32_t client{kNone}, server{kNone};  // index into the segments of that end's conversation
  Side claims{};
  Fate fate{};
  Changes changes;
  [[nodiscard]] std::int32_t at(Side end) const { return end == Side::Client ? client : server; }
};

/// How far two sightings can be trusted to be of one flow, and what lies between.
enum class Joined : std::uint8_t {
  SameAddresses,  // addresses, ports and sequence numbers are the same at both ends
  Translated,     // addresses or ports were rewritten (NAT, a balancer)
  Renumbered,     // sequence numbers are shifted by a constant in a direction
  Terminated,     // two connections: something between ends the one and opens the other; or so
                  // much is rewritten that they cannot be compared (see Ends::shown_apart)
};

/// Kinds of packets that a capture holds any of, in whatever flow: what it holds none of, a filter
/// may have left out.
struct KindsHeld {
  std::array<bool, 2> any{};    // whatever it is, by Side
  std::array<bool, 2> plain{};  // neither SYN nor FIN nor RST, by Side
  bool resets{}, icmp{};
  bool gaps{};  // a server acknowledged what its client is not seen to have sent

  void add(const Conversation&);
  void add(const KindsHeld&);
};

/// What is known of one end's capture as a whole.
struct CaptureSpan {
  Time begin{}, end{};  // of the whole file
  std::optional<std::uint64_t> dropped;
  bool complete{true};
  KindsHeld holds{};
  std::vector<Stretch> stretches{};  // of several files (see CaptureNotes)
};

/// One flow at both ends.
struct Ends {
  const Conversation& client;  // as captured at the client
  const Conversation& server;  // as captured at the server
  Joined joined{};
  ClockLine clock;  // the server's clock beside the client's
  CaptureSpan client_span, server_span;
  bool certain{true};  // false: only time and the server's address say that they are one flow
  bool shown_apart{};  // of Terminated: they are known to be two (see FlowPair)
  bool swapped{};      // the captures seem to be the wrong way round
  bool torn{};         // a capture holds another piece of the same connection (see FlowPair)
  bool syn_proxied{};  // a SYN proxy stands between (see FlowPair)
  [[nodiscard]] const Conversation& at(Side end) const {
    return end == Side::Client ? client : server;
  }
  [[nodiscard]] const CaptureSpan& span(Side end) const {
    return end == Side::Client ? client_span : server_span;
  }
  /// A moment of that end's capture, by the client's clock.
  [[nodiscard]] Time common(Side end, Time at) const {
    return end == Side::Client ? at : clock.to_client(at);
  }
};

/// Why a packet without a partner is known to be made on the way.
enum class MadeBecause : std::uint8_t {
  None,
  SenderWentOn,    // its alleged sender sent later what it could not have sent after it
  OtherBytes,      // its alleged sender put other bytes in that place
  OtherDistance,   // it came another number of hops than all its sender's packets
  OffTheCounters,  // it lacks the timestamps that all its sender's packets carry
  TooSoon,         // it answers what could not have reached its sender and been answered by then
  BothEndsReset,   // both ends got a reset that the other never sent
};
std::string_view describe(MadeBecause);

struct Pairing {
  std::vector<Sighting> packets;  // in the order of time, by the client's clock
  /// Server's sequence numbers minus the client's, by the side that sends them.
  std::array<std::uint32_t, 2> shift{};
  std::array<std::uint32_t, kNumFates> count{};  // by Fate
  std::uint32_t changed{};
  /// What differs in all packets of a direction, by the side that sends them.
  std::array<Changes, 2> always;
  std::array<std::optional<int>, 2> hops;  // by the side that sends; only where all agree
  std::array<bool, 2> keeps_ip_ids{}, keeps_timestamps{};
  /// The shortest way of each direction by the corrected clocks, never negative.
  std::array<std::optional<Duration>, 2> shortest;
  /// How long packets took by the corrected clocks. One way alone is as wrong as the clocks are and
  /// may be negative; there and back together it is as right as they are steady.
  struct Ways {
    Duration shortest{}, usual{}, longest{};
    std::size_t number{};
  };
  std::array<Ways, 2> ways;  // by the side that sends
  bool reset_made[2]{};      // by the side it claims

  [[nodiscard]] std::uint32_t number(Fate fate) const {
    return count[static_cast<std::size_t>(fate)];
  }
  /// The sighting of a segment of that end's conversation, or null.
  [[nodiscard]] const Sighting* of(Side end, std::int32_t segment) const;
  /// That of the packet of the event, as that end has it; null where it is no packet.
  [[nodiscard]] const Sighting* of(Side end, const Event& event) const {
    return event.segment ? of(end, static_cast<std::int32_t>(*event.segment)) : nullptr;
  }
};

/// Finds for each packet its sighting at the other end. Of a Terminated flow nothing is paired.
Pairing pair_packets(const Ends&);

/// Why this unpaired packet cannot be its alleged sender's own; None where it may be.
MadeBecause why_made(const Ends&, const Pairing&, const Sighting&);

/// What ended a connection after its handshake was finished, if it is on record: the first FIN or
/// reset of either end; else null.
const Sighting* later_ending(const Ends&, const Pairing&);

/// Whether a packet that left with this TTL dies on the way, as far as those that arrived tell.
bool may_expire(const Ends&, const Pairing&, Side sender, std::uint8_t ttl);

/// The joint verdict.
struct JointJudgement {
  Judgement judgement;
  Side judged_from{};          // whose capture the event, and the frames of the judgement, are of
  MadeBecause made_because{};  // of the packet that ended it
};
JointJudgement judge_together(const Ends&, const Pairing&);

/// What the other capture says of a flow that it does not hold.
struct Absence {
  bool covered{};   // it ran before the flow began and after it ended
  bool elsewhen{};  // it began after the flow or ended before it
  /// Other connections of this client to this server at about that time: those that it holds, and
  /// those that it lacks as well though they were made.
  std::size_t known{}, lone{};
};
JointJudgement judge_alone(const Conversation&, Side end, const Absence&);

}  // namespace whohungup
