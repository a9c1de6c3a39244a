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

/// Whether anything came back that could be an answer, or was due.
bool has_answer(const Scene& scene) {
  const Conversation& talk = scene.talk;
  const Landmarks& marks = scene.marks;
  const bool broke_off =
      scene.event.mechanism == Mechanism::Silence && talk.side(Side::Server).packets > 0;
  return !marks.hello_alone || marks.server_data != Landmarks::kNone ||
         marks.server_handshake != FrameNo{} || !talk.from_server.empty() || talk.finished() ||
         broke_off;
}

bool has_reset(const Landmarks& marks) {
  return marks.rst(Side::Client) != Landmarks::kNone || marks.rst(Side::Server) != Landmarks::kNone;
}

/// Whole themes are passed over where their questions have no answer.
void ask_all_observers(const Scene& scene, auto& notes) {
  observe_connect(scene, notes);
  observe_hello(scene, notes);
  if (has_answer(scene)) observe_answer(scene, notes);
  observe_ending(scene, notes);
  if (has_reset(scene.marks)) {
    observe_rst(scene, notes);
    observe_after_rst(scene, notes);
  }
  if (!scene.talk.from_server.conflicts().empty()) observe_conflicts(scene, notes);
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
