// What was seen of a cause here and now: addresses, words, times and shares that the table of
// causes, which is the same everywhere, cannot hold.
#pragma once

#include <span>
#include <string>

#include "analyze/causes.h"
#include "analyze/trial.h"

namespace whohungup {

/// Sentences to stand behind the conclusion, or nothing.
std::string particulars(const Cause&, const Signs&, std::span<const Trial>, const Circumstances&);

}  // namespace whohungup
