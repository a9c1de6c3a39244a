// How a probe is told: what the socket saw, beside what the packets say.
#pragma once

#include <string>
#include <vector>

#include "cli/probe_run.h"
#include "cli/report/json_writer.h"
#include "cli/report/report.h"
#include "cli/report/style.h"

namespace whohungup {

/// That the probe itself stopped at the first answer, and why; empty where it did not.
std::string purpose_text(const JudgedAttempt&);
/// "What the probe saw": socket, dialogue, certificates, proofs. At most 100 columns.
std::string probe_text(const JudgedAttempt&, const Style&, bool passive);
/// The `"type":"probe"` object of the NDJSON.
std::string probe_line(JsonWriter&, const JudgedAttempt&);
/// One line where several attempts differ, or that they do not.
std::string difference_text(const std::vector<JudgedAttempt>&);

}  // namespace whohungup
