// How rules become a verdict: counted by actor, from the strongest kind of evidence down.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analyze/fact.h"
#include "analyze/observe.h"
#include "analyze/rules.h"
#include "analyze/verdict.h"

namespace whohungup {

/// Whom the rules name, and how sure they are of it.
struct Opinion {
  Actor actor{Actor::Unknown};
  Confidence confidence{Confidence::Undetermined};
  friend bool operator==(const Opinion&, const Opinion&) = default;
};

/// Whether the rule speaks about these facts.
constexpr bool fires(const Rule& rule, const FactSet& facts) {
  return facts.has_all(rule.when) && !facts.has_any(rule.unless);
}

/// Weighs the facts. The gates of DESIGN.md decision 4 are here and nowhere else:
///  * proven    – a rule decides, and nothing points at anyone else;
///  * strong    – a rule decides, or two groups of evidence point at one actor; nothing points
///                elsewhere;
///  * suggested – more points at one actor than at any other;
///  * otherwise nobody is named. Hints alone never name a middlebox, and a middlebox without a
///    fact of class A is never more than suggested. Facts that cap the confidence come last.
Opinion weigh(const FactSet&, std::span<const Rule>, std::span<const Cap>);
/// The same with our own table; looks only at the rules that can speak about these facts.
Opinion weigh(const FactSet&);

/// Opinions on facts that were weighed before: an opinion depends on nothing else, and nearly every
/// flow shows the facts of many others.
class OpinionMemory {
 public:
  /// What weigh() says of them.
  Opinion weigh(const FactSet&);

 private:
  struct Known {
    FactSet facts;
    Opinion opinion;  // of no facts: none, and that is right
  };
  static constexpr std::size_t kPlaces = 256;
  Opinion remember(const FactSet&);
  static std::size_t place_of(const FactSet& facts) { return facts.hash() % kPlaces; }

  std::vector<Known> known_;  // no memory is taken before something is to be remembered
};

/// Names somebody in a judgement whose facts and event are known, and has the verdict put into
/// words.
void conclude(Judgement&, const Scene&, const Opinion&);

/// What counting needs of a verdict, and no more: nothing here owns memory.
struct Brief {
  Actor actor{Actor::Unknown};
  Mechanism mechanism{Mechanism::None};
  Stage stage{Stage::Established};
  Confidence confidence{Confidence::Undetermined};
  bool failed{};
  friend bool operator==(const Brief&, const Brief&) = default;
};

/// judge() without anything but its code, confidence and failed(), which are the same. converse()
/// must have run only where a key log is to count. Whoever judges many conversations brings a
/// memory.
Brief judge_briefly(const Conversation&, OpinionMemory* = nullptr);

/// judge(), into a judgement that may have been made of another conversation before: what room it
/// has is used again.
void judge_again(const Conversation&, Judgement& into, OpinionMemory* = nullptr);

}  // namespace whohungup
