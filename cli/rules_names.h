// The ids of ours that are neither facts, rules, signs nor causes: what `trace` asks and concludes,
// the probes of `diagnose`, look-alikes, theories, the endings of `explain`, the plain words of
// verdicts, and the published signatures of tampering.
#pragma once

#include <optional>
#include <string>

namespace whohungup {

/// All of them, as text and as NDJSON.
std::string names_text();
std::string names_json();

/// Those with that id, a signature however it is written; nothing for a stranger.
std::optional<std::string> about_name(const std::string& id, bool as_json);

}  // namespace whohungup
