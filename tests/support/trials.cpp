#include "trials.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace whohungup::test {

Trials& Trials::row(Variant variant, const Outcome& outcome, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) list_.push_back({variant, 0, outcome});
  return *this;
}

Trials& Trials::row(Variant variant, Ending ending, std::size_t times) {
  Outcome outcome;
  outcome.ending = ending;
  return row(variant, outcome, times);
}

Trials& Trials::at(std::size_t address, Ending ending, std::size_t times) {
  Outcome outcome;
  outcome.ending = ending;
  for (std::size_t i = 0; i < times; ++i) list_.push_back({Variant::Baseline, address, outcome});
  return *this;
}

Trials& Trials::hellos(const Outcome& outcome, std::initializer_list<Variant> but) {
  for (std::size_t i = 0; i < kNumVariants; ++i) {
    const auto variant = static_cast<Variant>(i);
    const bool special = variant == Variant::Baseline || waits_for_a_reason(variant) ||
                         variant == Variant::NoTimestamps;
    if (info(variant).hello && !special && std::find(but.begin(), but.end(), variant) == but.end())
      row(variant, outcome);
  }
  return *this;
}

Trials& Trials::hellos(Ending ending, std::initializer_list<Variant> but) {
  Outcome outcome;
  outcome.ending = ending;
  return hellos(outcome, but);
}

const Finding& finding(const Diagnosis& diagnosis, std::string_view cause) {
  const auto found = std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                  [&](const Finding& one) { return one.cause->id == cause; });
  assert(found != diagnosis.findings.end());
  return *found;
}

Outcome alert(std::uint8_t description) {
  Outcome outcome;
  outcome.ending = Ending::Alert;
  outcome.alert = description;
  return outcome;
}

Outcome by(Actor actor, Confidence confidence, Ending ending) {
  Outcome outcome;
  outcome.ending = ending;
  outcome.actor = actor;
  outcome.confidence = confidence;
  return outcome;
}

Trials healthy(std::initializer_list<Variant> but) {
  Trials trials;
  trials.baseline(Ending::Answered).open().hellos(Ending::Answered, but);
  trials.row(Variant::Http, Ending::Fin).row(Variant::Garbage, Ending::Fin);
  return trials;
}

Trials failing(const Outcome& outcome, std::initializer_list<Variant> but) {
  Trials trials;
  trials.baseline(outcome).open().hellos(outcome, but);
  return trials;
}
Trials failing(Ending ending, std::initializer_list<Variant> but) {
  Outcome outcome;
  outcome.ending = ending;
  return failing(outcome, but);
}

Outcome lasting(Ending ending, std::chrono::milliseconds time) {
  Outcome outcome;
  outcome.ending = ending;
  outcome.untouched = true;
  outcome.lasted = time;
  return outcome;
}

Outcome saying(Ending ending, std::string said, bool away) {
  Outcome outcome;
  outcome.ending = ending;
  outcome.said = std::move(said);
  outcome.turned_away = away;
  return outcome;
}

Outcome broken(Mechanism how, bool certificate_asked) {
  Outcome outcome;
  outcome.ending = Ending::Broken;
  outcome.broke_by = how;
  outcome.certificate_asked = certificate_asked;
  return outcome;
}

Outcome with(Certificate certificate) {
  Outcome outcome;
  outcome.ending = Ending::Answered;
  outcome.certificate = certificate;
  return outcome;
}

Trials slow() {
  return failing(lasting(Ending::Silent, std::chrono::seconds(4)))
      .row(Variant::Patient, lasting(Ending::Answered, std::chrono::seconds(7)), 1);
}

}  // namespace whohungup::test
