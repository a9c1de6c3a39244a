// The opinions: one table, readable and extendable by a network engineer.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "analyze/fact.h"
#include "analyze/verdict.h"

namespace whohungup {

/// What a rule measures. Rules of one group that favour the same actor count once, however many
/// of them fire: three oddities of one header are one witness (DESIGN.md decision 3).
enum class Group : std::uint8_t {
  Address,       // whose address the packet bears: anyone on the path can write it
  Ttl,           // how far it travelled
  Timing,        // when it came
  HeaderShape,   // what its header looks like beside its sender's others
  Sequence,      // where in the streams it stands
  Multiplicity,  // how many there are
  State,         // what it shows its sender knew, or did next
  Content,       // what is said in it
};
inline constexpr std::size_t kNumGroups = 8;
std::string_view to_string(Group);

struct Rule {
  std::string_view id;
  Actor favours{};
  Weight weight{};
  Group group{};
  FactSet when{};
  FactSet unless{};
  std::string_view because{};  // a sentence
  /// The fact is of class A (diagnosis.md §6.1): a middlebox may be named more than `suggested`.
  bool class_a{};
};

std::span<const Rule> rules();
const Rule* find_rule(std::string_view id);

/// A fact that limits how sure a verdict may be, whatever the rules say.
struct Cap {
  Fact fact{};
  Confidence at_most{};
  std::string_view because;
};
std::span<const Cap> caps();

/// The table and the caps by facts, so that a verdict looks only at what can speak about it.
struct RulesByFact {
  static constexpr std::size_t kMostRules = 255;  // so that a byte numbers the rows

  FactSet keys;    // the facts that are the rarest condition of a rule
  FactSet limits;  // … of a cap
  std::array<std::uint8_t, kMostRules> rows{};
  std::array<std::uint8_t, kNumFacts + 2> begins{};  // of each fact's rows

  /// The rules that one fact is the rarest condition of; those without conditions are under
  /// Fact::Count. Every rule is in exactly one of these lists.
  [[nodiscard]] std::span<const std::uint8_t> under(Fact key) const {
    const auto at = static_cast<std::size_t>(key);
    return {rows.data() + begins[at], rows.data() + begins[at + 1]};
  }
};
const RulesByFact& rules_by_fact();

}  // namespace whohungup
