// How two captures' clocks stand to each other, learnt from packets that went both ways.
//
// A packet cannot arrive before it was sent. So every packet from the client to the server bounds
// the server's lead from above (arrival minus departure), every packet back bounds it from below,
// and the truth is a line between the two clouds. A shift of whole hours is no special case.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "capture/packet.h"

namespace whohungup {

/// The server's clock as a function of the client's.
struct ClockLine {
  Time reference{};        // a moment by the client's clock
  Duration offset{};       // server minus client, then
  double drift{};          // gained by the server's clock per second; 0 where it cannot be told
  Duration uncertainty{};  // the truth lies within, unless the way there and back differ by more
  double drift_uncertainty{};
  bool known{};      // something bounds it at all
  bool both_ways{};  // packets of both directions bound it
  bool
      contradictory{};  // no line fits: a clock was set while capturing, or stamps are out of order

  /// What the client's clock showed when the server's showed `at`.
  [[nodiscard]] Time to_client(Time at) const;
  /// Server minus client at that moment of the client's clock.
  [[nodiscard]] Duration offset_at(Time client) const;
};

/// Collects bounds in bounded memory and draws the line.
class ClockSync {
 public:
  /// A packet left the client at `sent` (its clock) and reached the server at `arrived` (its own).
  void to_server(Time sent, Time arrived) { note(upper_, sent, arrived - sent, true); }
  /// A packet left the server at `sent` (its clock) and reached the client at `arrived` (its own).
  void to_client(Time sent, Time arrived) { note(lower_, arrived, sent - arrived, false); }
  [[nodiscard]] bool empty() const { return upper_.empty() && lower_.empty(); }
  /// The line half-way between the bounds, at the slope that leaves most room on both sides.
  [[nodiscard]] ClockLine line() const;

 private:
  struct Bound {
    Time at{};
    Duration lead{};
  };
  using Bounds = std::map<std::int64_t, Bound>;  // the tightest of each stretch of time
  void note(Bounds&, Time at, Duration lead, bool is_upper);
  void coarsen(Bounds&, bool is_upper) const;

  Bounds upper_, lower_;
  std::int64_t stretch_{1'000'000};  // 1 ms; doubled whenever there are too many
};

}  // namespace whohungup
