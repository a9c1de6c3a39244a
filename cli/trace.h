// `whohungup trace`: the same hello with a rising hop limit, beside SYNs, a control hello and
// datagrams, and which hop answers it, drops it or resets it.
#pragma once

#include "cli/command.h"
#include "cli/probe.h"

namespace whohungup {

/// What the command line of `trace` asks for, beside what it shares with `probe`.
struct TraceAsk {
  ProbeAsk probe;       // target, hello, addresses, device, -w, telling
  std::string control;  // the name in the control hello
  unsigned sweeps{2}, most_hops{30};
  double wait_s{1}, interval_s{0.5};
};

void add_trace(CLI::App& program, const TrailingWords&, Chosen&);

/// Traces, judges and tells. Throws CaptureError, UsageError.
Exit trace(const TraceAsk&);

}  // namespace whohungup
