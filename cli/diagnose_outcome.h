// What a judged connection means for a diagnosis.
#pragma once

#include "analyze/trial.h"
#include "cli/probe_run.h"

namespace whohungup {

/// How the connection ended, in the words causes are argued in. `named`: the baseline asks for a
/// name, so that a certificate for another one is a fault.
Outcome outcome_of(Variant, const JudgedAttempt&, bool named);

/// The STARTTLS protocol a greeting belongs to ("smtp", "imap", …), or empty.
std::string protocol_of_greeting(std::string_view greeting, std::uint16_t port);

}  // namespace whohungup
