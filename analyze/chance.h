// Chance or cause: how often the same must happen before it means something.
#pragma once

#include <cstddef>

#include "analyze/trial.h"

namespace whohungup {

/// A difference that chance makes less often than this counts as one.
inline constexpr double kRareEnough = 0.05;

/// The probability that two probes which in truth succeed equally often differ at least this much:
/// Fisher's exact test, two-sided. `a` of `n` and `b` of `m` succeeded.
double chance_of_difference(std::size_t a, std::size_t n, std::size_t b, std::size_t m);

/// The same for two rows, by whether their hellos were answered.
double chance_of_difference(const Row&, const Row&);

/// Whether a row needs no further try beside the baseline: it differs from it by more than chance,
/// or ended alike `alike_tries` times or more. A row whose own tries disagree is never done before
/// `most` tries.
bool told_enough(const Row& row, const Row& baseline, std::size_t alike_tries, std::size_t most);

}  // namespace whohungup
