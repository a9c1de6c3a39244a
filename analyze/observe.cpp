// See observe.h.
#include "analyze/observe.h"

#include <cassert>
#include <optional>

#include "analyze/sender.h"

namespace whohungup {
namespace {

/// The packet that ended it, if a packet of the connection did.
std::optional<std::size_t> ending_segment(const Event& event) {
  const bool by_packet =
      event.claims && event.mechanism != Mechanism::Icmp && event.mechanism != Mechanism::Silence;
  return by_packet ? event.segment : std::nullopt;
}

void ask_all_observers(const Scene& scene, auto& notes) {
  observe_connect(scene, notes);
  observe_hello(scene, notes);
  observe_answer(scene, notes);
  observe_ending(scene, notes);
  observe_rst(scene, notes);
  observe_after(scene, notes);
  observe_capture(scene, notes);
}

void ask_everything(const Scene& scene, auto& notes) {
  const auto segment = ending_segment(scene.event);
  if (!segment) return ask_all_observers(scene, notes);
  const Sender ending(scene.talk, *segment);
  ask_all_observers(Scene{scene.talk, scene.marks, scene.event, &ending}, notes);
}

}  // namespace

Observations observe(const Scene& scene) {
  Observations observations;
  observe(scene, observations);
  return observations;
}

void observe(const Scene& scene, Observations& into) {
  constexpr std::size_t kUsual = 16;
  into.seen.reserve(kUsual);
  Notebook notes(into);
  ask_everything(scene, notes);
}

FactSet observe_briefly(const Scene& scene) {
  Checklist notes;
  ask_everything(scene, notes);
  return notes.facts();
}

Observation& Notebook::add(Fact fact, std::span<const FrameNo> frames) {
  into_.set.add(fact);
  Observation& seen = into_.seen.emplace_back();
  seen.fact = fact;
  for (const FrameNo frame : frames)
    if (frame != FrameNo{}) seen.frames.push_back(frame);
  assert(!seen.frames.empty());
  tidy(seen.frames);
  return seen;
}

}  // namespace whohungup
