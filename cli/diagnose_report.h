// How a diagnosis is told: the conclusion first, then what it rests on.
#pragma once

#include <string>

#include "cli/diagnose.h"
#include "cli/diagnose_local.h"
#include "cli/report/json_writer.h"
#include "cli/report/style.h"

namespace whohungup {

/// The report: conclusion, theories, whom to ask, the matrix, "Was it us?".
std::string diagnosis_text(const Examined&, const LocalLook&, const Style&, bool everything);

/// One line behind each probe, for a live view: "baseline  fin  server.fin.client_hello".
std::string try_text(const Examined&);

/// The `"type":"trial"` object of the last try.
std::string trial_line(JsonWriter&, const Examined&);
/// The `"type":"diagnosis"` object.
std::string diagnosis_line(JsonWriter&, const Examined&, const LocalLook&,
                           const std::string& target);

}  // namespace whohungup
