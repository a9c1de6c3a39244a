// Runs the matrix: in random order, with pauses, within a budget, and no longer than it takes.
#pragma once

#include <functional>

#include "cli/diagnose.h"
#include "cli/diagnose_local.h"
#include "cli/diagnose_probes.h"

namespace whohungup {

/// Called behind every probe: what was tried, and how many probes are still meant to come.
using OnTry = std::function<void(const Examined&, std::size_t to_come)>;

/// Makes the probes and fills `tries`, `trials`, `stopped`, `took`; the first of `addresses` is the
/// one the matrix is about, chosen because it fails if any does.
void run_matrix(const DiagnoseAsk&, Probes&, ProbeSession&, HomeKeeper&, RuleWatch&, Examined&,
                const OnTry&);

}  // namespace whohungup
