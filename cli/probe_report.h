// How a probe is told: what the socket saw, beside what the packets say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/probe_attempt.h"
#include "cli/report/json_writer.h"
#include "cli/report/report.h"
#include "cli/report/style.h"

namespace whohungup {

/// One attempt and what was concluded from it.
struct Told {
  Attempt attempt;
  AttemptResult result;
  std::string code, confidence, summary;  // from the packets, or else from the socket alone
  bool failed{};
  bool judged{};  // from packets
};

/// What the socket alone allows one to say: code, confidence (`suggested` at most) and sentence.
void conclude_from_socket(Told&);

/// "What the probe saw": socket, dialogue, certificates, proofs. At most 100 columns.
std::string probe_text(const Told&, const Style&, bool passive);
/// The `"type":"probe"` object of the NDJSON.
std::string probe_line(JsonWriter&, const Told&);
/// One line where several attempts differ, or that they do not.
std::string difference_text(const std::vector<Told>&);

}  // namespace whohungup
