// See tell.h. Collects the reasons and has the parts written.
#include "analyze/tell.h"

#include <algorithm>

#include "analyze/judge.h"

namespace whohungup {
namespace {

void add_all(std::vector<FrameNo>& into, const std::vector<FrameNo>& frames) {
  into.insert(into.end(), frames.begin(), frames.end());
}

void tidy(std::vector<FrameNo>& frames) {
  std::sort(frames.begin(), frames.end());
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
}

/// A reason cites the frames of every fact its rule asks for.
Reason reason_for(const Rule& rule, const Observations& facts) {
  Reason reason{&rule, {}, std::string(rule.because)};
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

/// Strongest first; within one weight in the table's order.
void sort_by_weight(std::vector<Reason>& reasons) {
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) {
    return a.rule->weight > b.rule->weight;
  });
}

}  // namespace

void tell(const Scene& scene, Judgement& judgement) {
  Verdict& verdict = judgement.verdict;
  for (const Rule& rule : rules()) {
    if (!fires(rule, judgement.facts.set)) continue;
    Reason reason = reason_for(rule, judgement.facts);
    (rule.favours == verdict.actor ? verdict.evidence : verdict.dissent)
        .push_back(std::move(reason));
  }
  sort_by_weight(verdict.evidence);
  sort_by_weight(verdict.dissent);

  Event& event = verdict.event;
  event.frames = {event.frame};
  if (event.segment && scene.talk.segments[*event.segment].frame() != event.frame)
    event.frames.push_back(scene.talk.segments[*event.segment].frame());
  verdict.cited = event.frames;
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
