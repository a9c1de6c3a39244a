// What two captures add to a verdict in words: to its sentence, to its look-alikes, to what to do
// next.
#pragma once

#include <string>

#include "analyze/compare.h"
#include "analyze/fact.h"

namespace whohungup {

/// Two ends, and whose capture the verdict is told from.
struct ToldFrom {
  const Ends& ends;
  const Pairing& pairing;
  Side from{};
};

/// What the facts add to the sentence one capture makes.
std::string what_captures_add(const Observations&, const Verdict&);

/// What the packets of both ends add: which connection it was, what never arrived, what came later.
std::string what_ends_add(const ToldFrom&, const Observations&, const Verdict&);

/// One capture's look-alikes, with what the other one rules out.
void settle_look_alikes(const Observations&, Verdict&);

/// What the captures themselves leave open, and what to do about it.
void tell_about_captures(const Ends&, const Pairing&, const Observations&, Verdict&);

}  // namespace whohungup
