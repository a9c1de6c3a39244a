// Which flow of one capture is which flow of the other.
//
// Addresses and ports may have been rewritten, clocks may be hours apart. What every box leaves
// alone is looked at first: initial sequence numbers, the hello's random, then addresses and time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "analyze/compare.h"
#include "analyze/compare_clock.h"
#include "analyze/compare_print.h"

namespace whohungup {

/// Two flows that are one, or one whose partner was not found.
struct FlowPair {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t client{kNone}, server{kNone};  // places in the lists of prints
  Joined joined{};
  bool certain{true};  // false: only time and addresses speak for it
  /// Of Terminated: something shows that they are two connections. Else only nothing shows that
  /// they are one, and a firewall that numbers anew and strips options looks so, too.
  bool shown_apart{};
  /// A capture holds one more piece of that connection, which has no partner: there its packets
  /// were too far apart in time for one flow. What is missing here may be there.
  bool torn{};
  /// A box completes the handshake with the client by numbers of its own before it connects on:
  /// what opens the connection at the one end is not what opens it at the other.
  bool syn_proxied{};
  [[nodiscard]] bool both() const { return client != kNone && server != kNone; }
};

/// The pairs, and what is left of either list, in the order of the client's list, then the
/// server's.
struct FlowMatch {
  std::vector<FlowPair> pairs;
  ClockLine clock;
  std::size_t matched{};
  bool swapped{};  // the first capture seems to be the servers' and the second the clients'
};

FlowMatch match_flows(const FlowPrints& client, const FlowPrints& server);

std::string_view to_string(Joined);  // "same-addresses", "translated", …

}  // namespace whohungup
