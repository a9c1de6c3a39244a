// The questions. A fact is a yes/no question about packets that two engineers answer alike,
// answered with frame numbers and measured values.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/packet.h"

namespace whohungup {

enum class Fact : std::uint8_t {
  StartMissing,
  // … the catalogue
  Count
};
inline constexpr std::size_t kNumFacts = static_cast<std::size_t>(Fact::Count);
using FactSet = std::bitset<kNumFacts>;

/// "rst-ttl-differs" and its question; never renamed.
struct FactInfo {
  std::string_view id;
  std::string_view question;
};
const FactInfo& info(Fact);

/// A fact that is so, born with its frames (never empty) and its numbers.
struct Observation {
  Fact fact{};
  std::vector<FrameNo> frames;
  std::string detail;
};

struct Observations {
  std::vector<Observation> seen;
  FactSet set;
  [[nodiscard]] bool has(Fact f) const { return set.test(static_cast<std::size_t>(f)); }
  [[nodiscard]] const Observation* find(Fact f) const;
};

}  // namespace whohungup
