// `whohungup diagnose`: makes the probes that tell the possible causes apart, and concludes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/diagnosis.h"
#include "cli/command.h"
#include "cli/diagnose_local.h"
#include "cli/probe_run.h"

namespace whohungup {

/// What the command line of `diagnose` asks for.
struct DiagnoseAsk {
  ProbeAsk probe;             // the target and the baseline's hello
  std::string other_name;     // one the server is said to serve; empty: not known
  double budget_s{110};       // no probe is begun that would not fit
  double pause_s{1};          // between probes
  double banner_wait_s{2.5};  // how long a silent connection is listened to
  std::uint64_t seed{};       // of the order; 0: the clock's
  bool thorough{};            // more tries, no budget of two minutes
  bool without_timestamps{};  // may switch the sysctl for the moment it takes
  bool show_refuted{};        // -v
};

/// Everything that was tried, and what is concluded.
struct Examined {
  struct Try {
    Variant variant{};
    std::size_t address{};
    JudgedAttempt judged;
    Time began{};
    Duration took{};
    std::vector<FirewallRule> rules{};  // of this machine, that counted meanwhile
  };
  std::vector<Attempt> addresses;
  std::vector<Try> tries;
  std::vector<Trial> trials;  // the same, as the causes see them
  struct NotTried {
    Variant variant{};
    std::string why;
  };
  std::vector<NotTried> not_tried;  // what cannot be tried here, or was not asked for
  std::vector<std::string> problems;
  Circumstances around;
  Diagnosis diagnosis;
  std::string stopped;            // why the matrix was not finished; empty: it was
  std::vector<std::string> next;  // commands for what the diagnosis leaves to be run
  std::uint64_t seed{};
  Time began{};
  Duration took{};
};

/// Probes, concludes and tells. Throws CaptureError, UsageError.
Exit diagnose_target(const DiagnoseAsk&);

}  // namespace whohungup
