// See judge.h.
#include "analyze/judge.h"

#include <algorithm>
#include <array>

#include "analyze/landmarks.h"
#include "analyze/observe.h"
#include "analyze/tell.h"

namespace whohungup {
namespace {

/// How many groups a set of them holds; a call to the library would take longer than the counting.
constexpr std::array<std::uint8_t, 1U << kNumGroups> kCount = [] {
  std::array<std::uint8_t, 1U << kNumGroups> count{};
  for (std::size_t set = 1; set < count.size(); ++set)
    count[set] = static_cast<std::uint8_t>(count[set >> 1U] + (set & 1U));
  return count;
}();

/// What speaks for one actor: groups as bits, so that one group counts once; hints in the lowest
/// byte, then what points, then what decides, and above them whether a rule is of class A.
class Tally {
 public:
  void add(const Rule& rule) {
    marks_ |= 1U << (8 * static_cast<unsigned>(rule.weight) + static_cast<unsigned>(rule.group));
    if (rule.class_a) marks_ |= kClassA;
  }
  void add(const Tally& other) { marks_ |= other.marks_; }
  [[nodiscard]] bool empty() const { return marks_ == 0; }
  [[nodiscard]] unsigned decides() const { return count(Weight::Decides); }
  [[nodiscard]] unsigned points() const { return count(Weight::Points); }
  [[nodiscard]] unsigned hints() const { return count(Weight::Hints); }
  [[nodiscard]] bool class_a() const { return (marks_ & kClassA) != 0; }
  /// Strongest kind first: no number of hints outweighs one rule that points.
  [[nodiscard]] unsigned rank() const { return decides() << 16U | points() << 8U | hints(); }

 private:
  static constexpr std::uint32_t kClassA = 1U << 24U;
  static_assert(kNumGroups <= 8 && static_cast<unsigned>(Weight::Decides) == 2);

  [[nodiscard]] unsigned count(Weight weight) const {
    return kCount[marks_ >> (8 * static_cast<unsigned>(weight)) & 0xffU];
  }
  std::uint32_t marks_{};
};
using Tallies = std::array<Tally, kNumActors>;

Confidence confidence_in(const Tally& winner, const Tally& rivals) {
  if (winner.decides() != 0) return rivals.points() == 0 ? Confidence::Proven : Confidence::Strong;
  if (winner.points() == 0)
    return winner.hints() > 1 ? Confidence::Suggested : Confidence::Undetermined;
  const bool strong = winner.points() > 1 && rivals.points() == 0;
  return strong ? Confidence::Strong : Confidence::Suggested;
}

Opinion name(const Tallies& tallies) {
  std::size_t best_at = 0;
  unsigned highest = 0;
  bool tie = false;
  Tally rivals;  // of the best so far
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (tallies[i].empty()) continue;
    const unsigned rank = tallies[i].rank();
    tie = rank == highest || (tie && rank < highest);
    if (i != best_at) rivals.add(tallies[rank > highest ? best_at : i]);
    if (rank > highest) best_at = i;
    highest = std::max(highest, rank);
  }
  const auto actor = static_cast<Actor>(best_at);
  if (highest == 0 || tie || actor == Actor::Unknown) return {};

  const Tally& best = tallies[best_at];
  // Two witnesses that cannot both be right, each of which would be enough: nobody is named.
  if (rivals.decides() != 0 || (best.decides() != 0 && rivals.points() > 1)) return {};

  Opinion opinion{actor, confidence_in(best, rivals)};
  if (actor == Actor::Middlebox) {
    if (best.decides() == 0 && best.points() == 0) return {};
    if (!best.class_a()) opinion.confidence = std::min(opinion.confidence, Confidence::Suggested);
  }
  return opinion;
}

/// Names somebody, and takes the caps into account.
Opinion opinion_of(const Tallies& tallies, const FactSet& facts, std::span<const Cap> limits) {
  Opinion opinion = name(tallies);
  if (opinion.actor != Actor::Nobody)
    for (const Cap& cap : limits)
      if (facts.has(cap.fact)) opinion.confidence = std::min(opinion.confidence, cap.at_most);
  return opinion.confidence == Confidence::Undetermined ? Opinion{} : opinion;
}

/// Not where the handshake was completed, and not where the client never meant to begin one.
bool has_failed(const Opinion& opinion, const FactSet& facts) {
  return opinion.actor != Actor::Nobody && !facts.has(Fact::HealthProbe);
}

Opinion weigh(const FactSet& facts, OpinionMemory* memory) {
  return memory != nullptr ? memory->weigh(facts) : whohungup::weigh(facts);
}

}  // namespace

Opinion weigh(const FactSet& facts, std::span<const Rule> table, std::span<const Cap> limits) {
  Tallies tallies;
  for (const Rule& rule : table)
    if (fires(rule, facts)) tallies[static_cast<std::size_t>(rule.favours)].add(rule);
  return opinion_of(tallies, facts, limits);
}

Opinion weigh(const FactSet& facts) {
  Tallies tallies;
  const std::span<const Rule> table = rules();
  const RulesByFact& by_fact = rules_by_fact();
  const auto try_rules = [&](Fact key) {
    for (const std::uint8_t row : by_fact.under(key))
      if (fires(table[row], facts))
        tallies[static_cast<std::size_t>(table[row].favours)].add(table[row]);
  };
  (facts & by_fact.keys).for_each(try_rules);
  try_rules(Fact::Count);
  const bool limited = facts.has_any(by_fact.limits);
  return opinion_of(tallies, facts, limited ? caps() : std::span<const Cap>{});
}

Opinion OpinionMemory::weigh(const FactSet& facts) {
  if (!known_.empty())
    if (const Known& known = known_[place_of(facts)]; known.facts == facts) return known.opinion;
  return remember(facts);
}

Opinion OpinionMemory::remember(const FactSet& facts) {
  if (known_.empty()) known_.resize(kPlaces);
  known_[place_of(facts)] = {facts, whohungup::weigh(facts)};
  return known_[place_of(facts)].opinion;
}

Brief judge_briefly(const Conversation& talk, OpinionMemory* memory) {
  const Landmarks marks = find_landmarks(talk);
  const Event event = find_event(talk, marks);
  const FactSet facts = observe_briefly({talk, marks, event});
  const Opinion opinion = weigh(facts, memory);
  return {opinion.actor, event.mechanism, event.stage, opinion.confidence,
          has_failed(opinion, facts)};
}

void conclude(Judgement& judgement, const Scene& scene, const Opinion& opinion) {
  Verdict& verdict = judgement.verdict;
  verdict.actor = opinion.actor;
  verdict.confidence = opinion.confidence;
  verdict.failed_ = has_failed(opinion, judgement.facts.set);
  tell(scene, judgement);
}

Judgement judge(const Conversation& talk) {
  Judgement judgement;
  judge_again(talk, judgement);
  return judgement;
}

void judge_again(const Conversation& talk, Judgement& into, OpinionMemory* memory) {
  Verdict& verdict = into.verdict;
  into.facts.forget_all();
  verdict.evidence.clear();
  verdict.dissent.clear();
  verdict.cited.clear();

  const Landmarks marks = find_landmarks(talk);
  verdict.event = {find_event(talk, marks), {}};
  const Scene scene{talk, marks, verdict.event};
  observe(scene, into.facts);
  conclude(into, scene, weigh(into.facts.set, memory));
}

}  // namespace whohungup
