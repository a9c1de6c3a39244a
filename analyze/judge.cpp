// See judge.h.
#include "analyze/judge.h"

#include <algorithm>
#include <array>
#include <bit>

#include "analyze/landmarks.h"
#include "analyze/observe.h"
#include "analyze/tell.h"

namespace whohungup {
namespace {

/// What speaks for one actor: groups as bits, so that one group counts once.
struct Tally {
  std::uint32_t decides{}, points{}, hints{};
  bool class_a{};

  void add(const Rule& rule) {
    const auto group = 1U << static_cast<unsigned>(rule.group);
    if (rule.weight == Weight::Decides) decides |= group;
    if (rule.weight == Weight::Points) points |= group;
    if (rule.weight == Weight::Hints) hints |= group;
    class_a = class_a || rule.class_a;
  }
  [[nodiscard]] bool empty() const { return (decides | points | hints) == 0; }
  /// Strongest kind first: no number of hints outweighs one rule that points.
  [[nodiscard]] int strength() const {
    if (empty()) return 0;
    return std::popcount(decides) << 16 | std::popcount(points) << 8 | std::popcount(hints);
  }
};
static_assert(kNumGroups < 256, "strength() keeps each count in eight bits");
using Tallies = std::array<Tally, kNumActors>;

Confidence confidence_in(const Tally& winner, const Tally& rivals) {
  if (winner.decides != 0) return rivals.points == 0 ? Confidence::Proven : Confidence::Strong;
  if (winner.points == 0)
    return std::popcount(winner.hints) > 1 ? Confidence::Suggested : Confidence::Undetermined;
  const bool strong = std::popcount(winner.points) > 1 && rivals.points == 0;
  return strong ? Confidence::Strong : Confidence::Suggested;
}

Opinion name(const Tallies& tallies) {
  std::array<int, kNumActors> strengths{};
  for (std::size_t i = 0; i < kNumActors; ++i) strengths[i] = tallies[i].strength();
  const auto strongest = std::max_element(strengths.begin(), strengths.end());
  const auto* const best = &tallies[static_cast<std::size_t>(strongest - strengths.begin())];
  const bool tie = std::count(strengths.begin(), strengths.end(), *strongest) > 1;
  const auto actor = static_cast<Actor>(strongest - strengths.begin());
  if (best->empty() || tie || actor == Actor::Unknown) return {};

  Tally rivals;
  for (const Tally& tally : tallies) {
    if (&tally == best) continue;
    rivals.decides |= tally.decides;
    rivals.points |= tally.points;
    rivals.hints |= tally.hints;
  }
  // Two witnesses that cannot both be right, each of which would be enough: nobody is named.
  if (rivals.decides != 0 || (best->decides != 0 && std::popcount(rivals.points) > 1)) return {};

  Opinion opinion{actor, confidence_in(*best, rivals)};
  if (actor == Actor::Middlebox) {
    if (best->decides == 0 && best->points == 0) return {};
    if (!best->class_a) opinion.confidence = std::min(opinion.confidence, Confidence::Suggested);
  }
  return opinion;
}

}  // namespace

Opinion weigh(const FactSet& facts, std::span<const Rule> table, std::span<const Cap> limits) {
  Tallies tallies;
  for (const Rule& rule : table)
    if (fires(rule, facts)) tallies[static_cast<std::size_t>(rule.favours)].add(rule);
  Opinion opinion = name(tallies);
  if (opinion.actor != Actor::Nobody)
    for (const Cap& cap : limits)
      if (facts.has(cap.fact)) opinion.confidence = std::min(opinion.confidence, cap.at_most);
  return opinion.confidence == Confidence::Undetermined ? Opinion{} : opinion;
}

Judgement judge(const Conversation& talk, Detail detail) {
  const Landmarks marks = find_landmarks(talk);
  Judgement judgement;
  judgement.verdict.event = find_event(talk, marks);
  const Scene scene{talk, marks, judgement.verdict.event};
  judgement.facts = observe(scene, detail);
  const Opinion opinion = weigh(judgement.facts.set);
  Verdict& verdict = judgement.verdict;
  verdict.actor = opinion.actor;
  verdict.confidence = opinion.confidence;
  verdict.failed_ = verdict.actor != Actor::Nobody && !judgement.facts.has(Fact::HealthProbe);
  if (detail == Detail::Full) tell(scene, judgement);
  return judgement;
}

}  // namespace whohungup
