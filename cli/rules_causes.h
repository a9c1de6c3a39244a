// The table of causes as `whohungup rules` prints it.
#pragma once

#include <optional>
#include <string>

namespace whohungup {

/// All signs and causes, as text and as NDJSON.
std::string causes_text();
std::string causes_json();

/// One cause or sign by its id; nothing for a stranger.
std::optional<std::string> about_cause(const std::string& id, bool as_json);

}  // namespace whohungup
