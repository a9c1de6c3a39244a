// See observe.h.
#include "analyze/observe.h"

#include <algorithm>
#include <cassert>

namespace whohungup {

Observations observe(const Scene& scene, Detail detail) {
  Observations observations;
  Notebook notes(observations, detail);
  observe_connect(scene, notes);
  observe_hello(scene, notes);
  observe_answer(scene, notes);
  observe_ending(scene, notes);
  observe_rst(scene, notes);
  observe_after(scene, notes);
  observe_capture(scene, notes);
  return observations;
}

void Notebook::write(Fact fact, std::vector<FrameNo> frames, std::string detail) {
  std::erase(frames, FrameNo{});
  std::sort(frames.begin(), frames.end());
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  assert(!frames.empty());
  into_.seen.push_back({fact, std::move(frames), std::move(detail)});
}

}  // namespace whohungup
