// See fact.h.
#include "analyze/fact.h"

#include <algorithm>

namespace whohungup {
namespace {

constexpr std::array<FactInfo, kNumFacts> kInfo{{
#define WHOHUNGUP_FACT(name, id, question) FactInfo{id, question},
    WHOHUNGUP_FACTS(WHOHUNGUP_FACT)
#undef WHOHUNGUP_FACT
}};

}  // namespace

const FactInfo& info(Fact fact) { return kInfo[static_cast<std::size_t>(fact)]; }

const Observation* Observations::find(Fact fact) const {
  const auto found = std::find_if(seen.begin(), seen.end(),
                                  [&](const Observation& one) { return one.fact == fact; });
  return found == seen.end() ? nullptr : &*found;
}

void Observations::forget_all() {
  for (Observation& one : seen) spare.give(std::move(one.detail));
  seen.clear();
  set = {};
}

void sort_out(Frames& frames) {
  const auto not_rising = [](FrameNo a, FrameNo b) { return a >= b; };
  if (std::adjacent_find(frames.begin(), frames.end(), not_rising) == frames.end()) return;
  std::sort(frames.begin(), frames.end());
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
}

}  // namespace whohungup
