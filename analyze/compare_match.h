// Which flow of one capture is which flow of the other.
//
// Addresses and ports may have been rewritten, clocks may be hours apart. What every box leaves
// alone is looked at first: initial sequence numbers, the hello's random, then addresses and time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "analyze/compare.h"
#include "analyze/compare_clock.h"
#include "dissect/conversation.h"

namespace whohungup {

/// What is kept of a flow to find it again: small, because there are as many as flows.
struct FlowPrint {
  Endpoint client, server;
  std::array<std::uint32_t, 2> isn{};  // by Side
  std::array<bool, 2> isn_seen{};
  std::uint64_t hello{};  // of the first bytes of TLS that the client sent, its random among them
  std::uint64_t reply{};  // the same of the server's
  std::uint32_t syn_tsval{}, syn_shape{};  // of the SYN: its clock, and its window and options
  bool syn_has_timestamps{}, syn_scales{}, syn_sacks{};
  std::uint16_t syn_mss{};  // 0: the SYN does not say, or was not captured
  /// The first IP-IDs other than 0, by Side; 0 where there are fewer.
  static constexpr std::size_t kIds = 4;
  std::array<std::array<std::uint16_t, kIds>, 2> ip_ids{};
  Time begin{}, last{};
  /// When the SYN, the SYN+ACK, the client's first data and the server's first data were captured.
  std::array<std::optional<Time>, 4> milestones{};
  std::array<std::uint32_t, 4> milestone_seq{};
  std::array<std::optional<std::uint32_t>, 4> milestone_tsval{};
  std::array<bool, 4> milestone_repeated{};  // nobody knows which copy arrived, but by its tsval
  FrameNo first_frame{};
  Actor actor{};  // of its verdict on this capture alone
  Mechanism mechanism{};
  Stage stage{};
  bool failed{};
  bool judged{};                      // there is TLS to it, as far as this capture tells
  bool client_near{}, server_near{};  // that side's packets bear untouched TTLs, the other's do not
};

FlowPrint print_of(const Conversation&, const Verdict&);

/// Two flows that are one, or one whose partner was not found.
struct FlowPair {
  static constexpr std::size_t kNone = SIZE_MAX;
  std::size_t client{kNone}, server{kNone};  // places in the lists of prints
  Joined joined{};
  bool certain{true};  // false: only time and addresses speak for it
  /// Of Terminated: something shows that they are two connections. Else only nothing shows that
  /// they are one, and a firewall that numbers anew and strips options looks so, too.
  bool shown_apart{};
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

FlowMatch match_flows(const std::vector<FlowPrint>& client, const std::vector<FlowPrint>& server);

std::string_view to_string(Joined);  // "same-addresses", "translated", …

}  // namespace whohungup
