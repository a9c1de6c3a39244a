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
  // Few of them, and nearly in order: each is moved to its place among those before it.
  constexpr std::size_t kFew = 16;
  if (frames.size() > kFew) {
    std::sort(frames.begin(), frames.end());
    frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
    return;
  }
  FrameNo* const begin = frames.begin();
  FrameNo* end = begin;
  for (const FrameNo frame : frames) {
    FrameNo* place = end;
    while (place != begin && place[-1] > frame) --place;
    if (place != begin && place[-1] == frame) continue;
    std::copy_backward(place, end, end + 1);
    *place = frame;
    ++end;
  }
  frames.erase(end, frames.end());
}

}  // namespace whohungup
