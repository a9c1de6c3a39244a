// See chance.h.
#include "analyze/chance.h"

#include <algorithm>

namespace whohungup {
namespace {

/// Binomial coefficient; rows have some dozens of tries at most, so a double holds it.
double choose(std::size_t n, std::size_t k) {
  double product = 1;
  for (std::size_t i = 0; i < k; ++i)
    product = product * static_cast<double>(n - i) / static_cast<double>(i + 1);
  return product;
}

}  // namespace

double chance_of_difference(std::size_t a, std::size_t n, std::size_t b, std::size_t m) {
  if (n == 0 || m == 0) return 1;
  const std::size_t successes = a + b;
  const auto likelihood = [&](std::size_t of_first) {
    return choose(n, of_first) * choose(m, successes - of_first) / choose(n + m, successes);
  };
  const double seen = likelihood(a);
  const std::size_t least = successes > m ? successes - m : 0;
  double sum = 0;
  for (std::size_t k = least; k <= std::min(n, successes); ++k)
    if (const double one = likelihood(k); one <= seen * (1 + 1e-9)) sum += one;
  return std::min(sum, 1.0);
}

double chance_of_difference(const Row& one, const Row& other) {
  return chance_of_difference(one.answered(), one.tries(), other.answered(), other.tries());
}

bool told_enough(const Row& row, const Row& baseline, std::size_t alike_tries, std::size_t most) {
  if (row.tries() >= most) return true;
  if (row.tries() == 0 || !row.steady()) return false;
  const bool alike = !baseline.all().empty() && baseline.steady() &&
                     (row.answered() > 0) == (baseline.answered() > 0);
  if (alike) return row.tries() >= alike_tries;
  return row.tries() >= 2 && chance_of_difference(row, baseline) < kRareEnough;
}

}  // namespace whohungup
