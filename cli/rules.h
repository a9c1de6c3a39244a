// What is known by an id: a fact, a rule, the code of a verdict.
#pragma once

#include <optional>
#include <string>

namespace whohungup {

/// The text, or the line of NDJSON, about a fact, a rule or a verdict's code; nothing for a
/// stranger.
std::optional<std::string> about_id(const std::string& id, bool as_json);

}  // namespace whohungup
