// Made-up matrices: rows of trials as a test wants them.
#pragma once

#include <chrono>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "analyze/diagnosis.h"

namespace whohungup::test {

/// A list of trials, put together row by row.
class Trials {
 public:
  /// `times` trials of that probe with this outcome.
  Trials& row(Variant variant, const Outcome& outcome, std::size_t times = 3);
  Trials& row(Variant variant, Ending ending, std::size_t times = 3);
  /// The baseline at another address.
  Trials& at(std::size_t address, Ending ending, std::size_t times = 3);
  /// All hellos but those of the list end so.
  Trials& hellos(Ending ending, std::initializer_list<Variant> but = {});
  Trials& hellos(const Outcome& outcome, std::initializer_list<Variant> but = {});
  /// Five baselines.
  Trials& baseline(const Outcome& outcome) { return row(Variant::Baseline, outcome, 5); }
  Trials& baseline(Ending ending) { return row(Variant::Baseline, ending, 5); }
  Trials& open() { return row(Variant::BannerWait, Ending::Open); }

  [[nodiscard]] std::span<const Trial> list() const { return list_; }
  Circumstances around{.name_sent = true, .both_versions = true};

  [[nodiscard]] Diagnosis diagnosis() const { return diagnose(list_, around); }

 private:
  std::vector<Trial> list_;
};

/// The finding about a cause.
const Finding& finding(const Diagnosis&, std::string_view cause);

Outcome alert(std::uint8_t description);
Outcome by(Actor actor, Confidence confidence, Ending ending);
/// Ended so after that time, before a byte was taken.
Outcome lasting(Ending ending, std::chrono::milliseconds time);
Outcome saying(Ending ending, std::string said, bool away = false);
Outcome broken(Mechanism how, bool certificate_asked = false);
/// Answered, with that certificate.
Outcome with(Certificate certificate);

/// A server that answers everything, but for what the test changes.
Trials healthy(std::initializer_list<Variant> but = {});
/// A server to whose hellos all the same happens, but for those of the list.
Trials failing(const Outcome& outcome, std::initializer_list<Variant> but = {});
Trials failing(Ending ending, std::initializer_list<Variant> but = {});
/// Silent for the 4 s the others wait, and answered after 7 s.
Trials slow();

}  // namespace whohungup::test
