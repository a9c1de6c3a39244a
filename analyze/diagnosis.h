// From trials to causes: which are supported, which refuted, which stay open, and what that means
// in sentences. Pure: the same trials always give the same diagnosis.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analyze/causes.h"
#include "analyze/sign.h"
#include "analyze/trial.h"

namespace whohungup {

/// A clue that speaks, and how much chance takes from it.
struct SeenClue {
  const Clue* clue{};
  Weight weight{};  // one step less than the clue's where `chance` is not rare enough
  double chance{};  // of the least settled difference it rests on; 0: it rests on none
};

struct Finding {
  /// Supported: at least one clue points at it or decides it, and none refutes it. What is only
  /// hinted at is open.
  enum class Status : std::uint8_t { Supported, Open, Refuted };
  const Cause* cause{};
  Status status{Status::Open};
  Weight weight{Weight::Hints};  // of the strongest support
  std::vector<SeenClue> supports, refutes;
};
std::string_view to_string(Finding::Status);

/// One of the five theories people have: what its causes come to.
struct TheoryFinding {
  const CommonTheory* theory{};
  Finding::Status status{};
  std::string why;  // a sentence
};

/// Who decides, as far as it can be told. The cause never says it.
enum class Decider : std::uint8_t { Unknown, Server, Between };
std::string_view to_string(Decider);

struct Diagnosis {
  Signs signs;
  std::vector<Finding> findings;  // supported ones first, the best supported first; then open ones
  std::vector<TheoryFinding> theories;
  Decider decider{};
  bool fails{};  // the baseline was not answered every time, or connections did not come about
  std::string conclusion;  // some sentences
  std::string place;       // a sentence about who decides; empty: nothing failed
  std::vector<Ask> asks;   // whom to ask for what; where nothing is named: what would decide it

  /// The cause that is named first; null: none is.
  [[nodiscard]] const Finding* named() const {
    return !findings.empty() && findings.front().status == Finding::Status::Supported
               ? &findings.front()
               : nullptr;
  }
};

Diagnosis diagnose(std::span<const Trial>, const Circumstances&);

/// Whether what was tried so far settles it without the rest of the matrix: no hello can be said on
/// these connections, so none can make a difference.
bool settled_early(std::span<const Trial>, const Circumstances&);

}  // namespace whohungup
