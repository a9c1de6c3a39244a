// See tell.h. Collects the reasons and has the parts written.
#include "analyze/tell.h"

#include <algorithm>

#include "analyze/judge.h"

namespace whohungup {
namespace {

/// Frames that the smallest piece of memory there is has room for, and that most lists fit in.
constexpr std::size_t kFewFrames = 6;

void add_all(std::vector<FrameNo>& into, const std::vector<FrameNo>& frames) {
  into.insert(into.end(), frames.begin(), frames.end());
}

void tidy(std::vector<FrameNo>& frames) {
  if (frames.size() < 2) return;
  std::sort(frames.begin(), frames.end());
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
}

/// A reason cites the frames of every fact its rule asks for.
Reason reason_for(const Rule& rule, const Observations& facts) {
  Reason reason{&rule, {}, rule.because};
  reason.frames.reserve(kFewFrames);
  rule.when.for_each([&](Fact fact) {
    if (const Observation* seen = facts.find(fact)) {
      add_all(reason.frames, seen->frames);
      add_all(reason.other_frames, seen->other_frames);
    }
  });
  tidy(reason.frames);
  tidy(reason.other_frames);
  return reason;
}

/// Strongest first; within one weight in the order in which they come, that of the table.
void add_by_weight(std::vector<Reason>& reasons, Reason&& reason) {
  constexpr std::size_t kUsual = 8;
  if (reasons.empty()) reasons.reserve(kUsual);
  const auto place = std::upper_bound(
      reasons.begin(), reasons.end(), reason,
      [](const Reason& a, const Reason& b) { return a.rule->weight > b.rule->weight; });
  reasons.insert(place, std::move(reason));
}

}  // namespace

void tell(const Scene& scene, Judgement& judgement) {
  Verdict& verdict = judgement.verdict;
  for (const Rule& rule : rules()) {
    if (!fires(rule, judgement.facts.set)) continue;
    add_by_weight(rule.favours == verdict.actor ? verdict.evidence : verdict.dissent,
                  reason_for(rule, judgement.facts));
  }

  Event& event = verdict.event;
  event.frames.reserve(kFewFrames);
  event.frames.push_back(event.frame);
  if (event.segment && scene.talk.segments[*event.segment].frame() != event.frame)
    event.frames.push_back(scene.talk.segments[*event.segment].frame());
  std::size_t cited = event.frames.size();
  for (const auto* reasons : {&verdict.evidence, &verdict.dissent})
    for (const Reason& reason : *reasons) cited += reason.frames.size();
  verdict.cited.reserve(cited);
  add_all(verdict.cited, event.frames);
  for (const Reason& reason : verdict.evidence) add_all(verdict.cited, reason.frames);
  for (const Reason& reason : verdict.dissent) add_all(verdict.cited, reason.frames);
  tidy(verdict.cited);

  verdict.look_alikes = look_alikes(scene, judgement.facts);
  verdict.tampering_signature = tampering_signature(scene);
  verdict.client_view = client_view(scene, judgement.facts);
  verdict.summary = summarize(scene, judgement);
  verdict.next = next_steps(scene, judgement);
}

}  // namespace whohungup
