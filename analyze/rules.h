// The opinions: one table, readable and extendable by a network engineer.
#pragma once

#include <span>
#include <string_view>

#include "analyze/fact.h"
#include "analyze/verdict.h"

namespace whohungup {

/// Facts that measure the same thing form a group and count once (DESIGN.md decision 3).
enum class Group : std::uint8_t { None, Ttl, Timing, HeaderShape, Multiplicity, Content };

struct Rule {
  std::string_view id;
  Actor favours{};
  Weight weight{};
  Group group{};
  FactSet when;
  FactSet unless;
  std::string_view because;  // a sentence
};

std::span<const Rule> rules();
const Rule* find_rule(std::string_view id);

}  // namespace whohungup
