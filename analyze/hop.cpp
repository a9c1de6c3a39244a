// Judges the sweeps: what they show together, each by itself read in hop_sweep.cpp.
#include "analyze/hop.h"

#include <algorithm>
#include <map>
#include <set>

namespace whohungup {
namespace {

using enum HopFact;

bool holds(const HopRule& rule, const HopFacts& facts) {
  const auto none = [&](std::initializer_list<HopFact> list) {
    return std::none_of(list.begin(), list.end(), [&](HopFact one) { return facts.has(one); });
  };
  return facts.all(rule.when) && none(rule.unless);
}

const HopRule* decide(const HopFacts& facts) {
  for (const HopRule& rule : hop_rules())
    if (holds(rule, facts)) return &rule;
  return nullptr;
}

/// Where a sweep puts it: behind one hop and not behind another.
std::pair<int, int> stretch_of(const HopSweep& sweep, const HopRule& rule) {
  if (rule.place != HopPlace::Before) return {0, 0};
  const bool by_silence = sweep.facts.has(SilentBeforeServer) || sweep.facts.has(SynLostBeforeEnd);
  // Who copies the hop limit is not where his answers seem to come from; a hello that is not heard
  // of any more, though, tells where it was taken.
  if (sweep.facts.has(CopiesHops) && !by_silence)
    return {sweep.copied_hops.value_or(0), sweep.copied_hops.value_or(-1) + 1};
  if (by_silence && (sweep.facts.has(CopiesHops) || sweep.answer_hops == 0))
    return {sweep.last_heard, sweep.next_heard};
  if (sweep.answer_hops > 0) return {sweep.answer_hops - 1, sweep.answer_hops};
  return {0, 0};
}

bool ways_differ(const HopTrace& trace) {
  std::map<int, std::set<std::string>> seen;
  for (const HopProbe& probe : trace.probes)
    if (const HopIcmp* icmp = probe.time_exceeded(); icmp && probe.kind != HopKind::Udp)
      seen[probe.hops].insert(icmp->reporter);
  return std::any_of(seen.begin(), seen.end(),
                     [](const auto& entry) { return entry.second.size() > 1; });
}

}  // namespace

bool ends(HopAnswer answer) {
  return answer == HopAnswer::Reset || answer == HopAnswer::Closed || answer == HopAnswer::Alert ||
         answer == HopAnswer::Plaintext || answer == HopAnswer::Refused;
}

const HopIcmp* HopProbe::time_exceeded() const {
  const auto found = std::find_if(icmp.begin(), icmp.end(),
                                  [](const HopIcmp& one) { return one.time_exceeded(); });
  return found == icmp.end() ? nullptr : &*found;
}

bool answer_may_be_lost(const HopTrace& trace) {
  return trace.mechanism == Mechanism::Silence && trace.stage != Stage::Syn && !trace.nothing_lost;
}

HopVerdict judge_hops(const HopTrace& trace) {
  HopVerdict verdict;
  std::set<unsigned> numbers;
  for (const HopProbe& probe : trace.probes)
    if (probe.kind != HopKind::Udp) numbers.insert(probe.sweep);
  std::vector<const HopRule*> rules;
  for (const unsigned number : numbers) {
    verdict.sweeps.push_back(read_sweep(trace, number));
    rules.push_back(decide(verdict.sweeps.back().facts));
  }
  verdict.paths_differ = ways_differ(trace);
  const bool none =
      std::all_of(rules.begin(), rules.end(), [](const HopRule* rule) { return rule == nullptr; });
  if (none) {
    verdict.summary = hop_summary(trace, verdict);
    return verdict;
  }
  // The weakest of the sweeps speaks for all; where they put it in different places, none does.
  const HopRule* rule = rules.front();
  bool agree = rule != nullptr;
  for (const HopRule* other : rules) {
    agree = agree && other != nullptr && other->place == rule->place;
    if (agree && other->at_most < rule->at_most) rule = other;
  }
  if (!agree) {
    for (HopSweep& sweep : verdict.sweeps) sweep.facts.add(SweepsDisagree);
    verdict.summary =
        "Different source ports come to different ends: " + hop_summary(trace, verdict);
    return verdict;
  }
  verdict.place = rule->place;
  verdict.way = rule->way;
  verdict.rule = rule->id;
  verdict.because = rule->because;
  verdict.confidence = rule->at_most;
  if (verdict.paths_differ || numbers.size() < 2)
    verdict.confidence = std::min(verdict.confidence, Confidence::Strong);
  // The socket alone suggests at most, here as everywhere.
  if (!trace.captured) verdict.confidence = std::min(verdict.confidence, Confidence::Suggested);
  // An answer that was lost on its way looks like none.
  const bool told_by_silence = verdict.place == HopPlace::AtServer ||
                               (verdict.place == HopPlace::Proxy && rule->id == "hop-proxy-silent");
  if (told_by_silence && answer_may_be_lost(trace))
    verdict.confidence = std::min(verdict.confidence, Confidence::Suggested);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto [after, before] = stretch_of(verdict.sweeps[i], *rules[i]);
    if (before == 0) continue;
    verdict.after_hop = verdict.hop_known ? std::min(verdict.after_hop, after) : after;
    verdict.before_hop = std::max(verdict.before_hop, before);
    verdict.hop_known = true;
  }
  verdict.summary = hop_summary(trace, verdict);
  return verdict;
}

}  // namespace whohungup
