// How a trace is told.
#pragma once

#include <map>
#include <string>

#include "analyze/hop.h"
#include "cli/probe_run.h"
#include "cli/report/style.h"
#include "cli/trace.h"

namespace whohungup {

struct TraceTold {
  const TraceAsk& ask;
  const JudgedAttempt& baseline;  // at full hop limit
  const HopTrace& trace;
  const HopVerdict& verdict;
  std::map<std::string, std::string> names;  // of addresses; empty: not looked up
  std::string control;                       // the name in the control hello
};

std::string trace_text(const TraceTold&, const Style&);
std::string trace_json(const TraceTold&);

}  // namespace whohungup
