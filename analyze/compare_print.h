// What is kept of a flow to find it again in another capture.
//
// There are as many prints as flows, and all of them are there at once: so a print is small, and
// whoever keeps them bounds their number.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "analyze/judge.h"
#include "dissect/conversation.h"

namespace whohungup {

/// A packet that both captures should hold: the moments at which they do set the clocks.
struct Milestone {
  static constexpr std::uint32_t kTooLate = UINT32_MAX;  // or before the flow's first frame
  std::uint32_t after{kTooLate};                         // nanoseconds after the flow began
  std::uint32_t tsval{};
  bool seen{};
  bool stamped{};   // it has a tsval
  bool repeated{};  // nobody knows which copy arrived, but by its tsval
};

struct FlowPrint {
  /// The SYN, the SYN+ACK, the client's first data and the server's first data. Of the side that
  /// sends a milestone the place modulo two is the number.
  static constexpr std::size_t kSyn = 0, kMilestones = 4;

  Endpoint client, server;
  Time begin{}, last{};
  std::uint64_t hello{};  // of the first bytes of TLS that the client sent, its random among them
  std::array<std::uint32_t, 2> isn{};      // by Side
  std::uint32_t syn_tsval{}, syn_shape{};  // of the SYN: its clock, and its window and options
  std::array<Milestone, kMilestones> milestones{};
  /// The first IP-IDs other than 0, by Side; 0 where there are fewer.
  static constexpr std::size_t kIds = 4;
  std::array<std::array<std::uint16_t, kIds>, 2> ip_ids{};
  FrameNo first_frame{};
  std::uint16_t syn_mss{};  // 0: the SYN does not say, or was not captured
  Actor actor{};            // of its verdict on this capture alone
  Mechanism mechanism{};
  Stage stage{};
  std::array<bool, 2> isn_seen{};
  bool syn_has_timestamps{}, syn_scales{}, syn_sacks{};
  bool syn_ack_shut{};  // the SYN+ACK offers no window at all, as a SYN proxy's does
  bool failed{};
  bool judged{};                      // there is TLS to it, as far as this capture tells
  bool client_near{}, server_near{};  // that side's packets bear untouched TTLs, the other's do not

  /// When a milestone was captured, unless it was long after the beginning.
  [[nodiscard]] std::optional<Time> at(std::size_t milestone) const {
    const Milestone& one = milestones[milestone];
    if (!one.seen || one.after == Milestone::kTooLate) return std::nullopt;
    return begin + Duration(one.after);
  }
};

/// In blocks: a list that doubles would need three times the room while it does.
using FlowPrints = std::deque<FlowPrint>;

/// What a flow takes until the captures are compared: its print, and its places in the tables that
/// match_flows() and its callers make.
inline constexpr std::size_t kPrintWeight = 256;
static_assert(sizeof(FlowPrint) <= 176, "and 80 bytes of tables: see kPrintWeight");

/// `alone` is what this capture says of it without the other.
FlowPrint print_of(const Conversation&, const Brief& alone);

/// Two of the first IP-IDs are the same by chance once in a hundred million flows.
inline constexpr int kFewestIds = 2;

/// How many of the first IP-IDs are the same.
int same_ids(const FlowPrint&, const FlowPrint&);

/// Whether a box that numbers anew left enough alone to show that its two sides are one
/// connection: IP-IDs, or the client's clock, or else its SYN's window and options.
bool carries_over(const FlowPrint& a, const FlowPrint& b);  // the client's first

/// Whether a SYN proxy stands between: the server's numbers are others, and the SYN+ACK that the
/// client got offers no window while the server's own does (Linux' SYNPROXY).
bool is_syn_proxied(const FlowPrint& a, const FlowPrint& b);  // the client's first

/// Whether both ends saw the same copy of a milestone.
bool is_same_copy(const Milestone&, const Milestone&);

/// Whether the SYNs, or the clocks behind the timestamps, are not one stack's. Boxes strip what a
/// SYN offers and lower its MSS; they do not add to it. Those that rewrite timestamps shift them
/// all by the same.
bool are_two_stacks(const FlowPrint& a, const FlowPrint& b);  // the client's first

}  // namespace whohungup
