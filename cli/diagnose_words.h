// How one connection of a diagnosis, and a row of its matrix, are told in a few words.
#pragma once

#include <string>

#include "analyze/trial.h"

namespace whohungup {

/// "under 0.1 %", "2.9 %", "25 %".
std::string percent(double chance);
/// "FIN at accept", "alert handshake_failure".
std::string ending_text(const Outcome&);
/// What a row says beside the baseline.
std::string shows(Variant, const Row& row, const Row& baseline);

}  // namespace whohungup
