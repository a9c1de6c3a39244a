// See tell.h. Collects the reasons and has the parts written.
#include "analyze/tell.h"

#include <algorithm>

#include "analyze/judge.h"

namespace whohungup {
namespace {

/// Rows of the table that speak about these facts, in its order. Only those are looked at that can.
ShortList<std::uint8_t, 24> fired(const FactSet& facts) {
  ShortList<std::uint8_t, 24> rows;
  const RulesByFact& by_fact = rules_by_fact();
  const auto try_rules = [&](Fact key) {
    for (const std::uint8_t row : by_fact.under(key))
      if (fires(rules()[row], facts)) rows.push_back(row);
  };
  (facts & by_fact.keys).for_each(try_rules);
  try_rules(Fact::Count);
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// A reason cites the frames of every fact its rule asks for.
void cite(Reason& reason, const Observations& facts) {
  reason.rule->when.for_each([&](Fact fact) {
    if (const Observation* seen = facts.find(fact)) {
      reason.frames.append(seen->frames);
      reason.other_frames.append(seen->other_frames);
    }
  });
  tidy(reason.frames);
  tidy(reason.other_frames);
}

/// Strongest first; within one weight in the order in which they come, that of the table.
Reason& add_by_weight(std::vector<Reason>& reasons, const Rule& rule) {
  constexpr std::size_t kUsual = 8;
  if (reasons.empty()) reasons.reserve(kUsual);
  auto place = reasons.end();
  while (place != reasons.begin() && (place - 1)->rule->weight < rule.weight) --place;
  return *reasons.insert(place, Reason{&rule, {}, rule.because});
}

}  // namespace

void tell(const Scene& scene, Judgement& judgement) {
  Verdict& verdict = judgement.verdict;
  for (const std::size_t row : fired(judgement.facts.set)) {
    const Rule& rule = rules()[row];
    cite(add_by_weight(rule.favours == verdict.actor ? verdict.evidence : verdict.dissent, rule),
         judgement.facts);
  }

  CitedEvent& event = verdict.event;
  event.frames.push_back(event.frame);
  if (event.segment && scene.talk.segments[*event.segment].frame() != event.frame)
    event.frames.push_back(scene.talk.segments[*event.segment].frame());
  verdict.cited.append(event.frames);
  for (const auto* reasons : {&verdict.evidence, &verdict.dissent})
    for (const Reason& reason : *reasons) verdict.cited.append(reason.frames);
  tidy(verdict.cited);

  list_look_alikes(scene, judgement);
  verdict.tampering_signature = tampering_signature(scene);
  foretell_client_view(scene, judgement);
  write_summary(scene, judgement);
  list_next_steps(scene, judgement);
}

}  // namespace whohungup
