// Which connections of a capture a second reading has to follow: most were completed, and are not
// told.
#pragma once

#include <bit>
#include <cstddef>
#include <vector>

#include "dissect/flow_hash.h"

namespace whohungup {

/// A set of pairs of endpoints that may hold a few more than were added: these are followed for
/// nothing.
class WantedFlows {
 public:
  explicit WantedFlows(std::size_t flows) : bits_(std::bit_ceil(kBitsForEach * (flows + 1))) {}
  void add(const Endpoint& client, const Endpoint& server) { bits_[place(client, server)] = true; }
  [[nodiscard]] bool has(const Endpoint& from, const Endpoint& to) const {
    return bits_[place(from, to)];
  }

 private:
  static constexpr std::size_t kBitsForEach = 16;  // one in sixteen others is taken for wanted
  [[nodiscard]] std::size_t place(const Endpoint& a, const Endpoint& b) const {
    // Whoever makes flows collide has them followed, which costs what it cost without this.
    constexpr FlowHash kHash(0, 0);
    return kHash(flow_key(a, b)) & (bits_.size() - 1);
  }
  std::vector<bool> bits_;
};

}  // namespace whohungup
