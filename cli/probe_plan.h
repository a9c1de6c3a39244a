// What a probe is going to do, before anything is sent: which addresses, from where, over which
// interface.
#pragma once

#include <string>
#include <vector>

#include "capture/dial_tls.h"
#include "cli/probe_attempt.h"
#include "cli/probe_hello.h"

namespace whohungup {

/// Connections in the order they will be made, each once (--count repeats them all).
struct Plan {
  std::vector<Attempt> attempts;
  std::vector<std::string> problems;  // why an address or a name is not among them
};

/// Resolves the targets of the ask and asks the kernel for routes. Names and routes cannot be asked
/// for any more once a ProbeSession has given its privileges up. Throws UsageError where a target
/// makes no sense, or where there would be too many connections. Addresses behind the first
/// `most_addresses` of all targets together are left out, and that is one of the problems.
Plan make_plan(const ProbeAsk&, std::size_t most_addresses = 16);

/// The plan as --dry-run prints it. Throws UsageError where a hello cannot be made.
std::string plan_text(const ProbeAsk&, const Plan&, const TlsClient::Roots&, const SavedHello*);

}  // namespace whohungup
