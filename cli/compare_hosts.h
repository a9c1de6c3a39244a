// Which hosts both captures of a comparison know, and what the one that lacks a flow says of it.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/compare_overview.h"

namespace whohungup {

/// A server's capture is full of other people's connections, a client's of other servers'.
class SharedHosts {
 public:
  explicit SharedHosts(const Overview&);

  /// Whether both captures know a host of that pair.
  [[nodiscard]] bool related(std::size_t pair) const { return related_[pair]; }
  /// What the other capture's silence about this flow is worth.
  [[nodiscard]] Absence absence(std::size_t pair, Side end) const;

 private:
  using Places = std::vector<std::uint32_t>;
  [[nodiscard]] const FlowPrint& print(std::size_t end, std::uint32_t place) const {
    return seen_.ends[end].prints[place];
  }
  [[nodiscard]] std::size_t number_of_same_hosts(const Places&, std::size_t end,
                                                 const FlowPrint&) const;

  const Overview& seen_;
  std::vector<bool> related_;  // by pair
  /// By end, the places of flows in the order of hosts and time: of those that are in both
  /// captures, and of those that are in this one only though they were connected.
  Places known_[2], lone_[2];
};

}  // namespace whohungup
