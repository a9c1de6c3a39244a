// Puts a judgement into words: the sentence, the reasons, the look-alikes, what clients saw, what
// to do next. Nothing here changes who is named or how sure the verdict is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/observe.h"
#include "analyze/verdict.h"

namespace whohungup {

/// Fills everything of a verdict but its code and its confidence.
void tell(const Scene&, Judgement&);

// Its parts, each in the file of its name.
std::string summarize(const Scene&, const Judgement&);
std::vector<LookAlike> look_alikes(const Scene&, const Observations&);
std::optional<std::string> tampering_signature(const Scene&);
ClientView client_view(const Scene&, const Observations&);
std::vector<std::string> next_steps(const Scene&, const Judgement&);

}  // namespace whohungup
