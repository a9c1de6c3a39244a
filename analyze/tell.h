// Puts a judgement into words: the sentence, the reasons, the look-alikes, what clients saw, what
// to do next. Nothing here changes who is named or how sure the verdict is.
#pragma once

#include <optional>
#include <string>

#include "analyze/observe.h"
#include "analyze/verdict.h"

namespace whohungup {

/// Fills everything of a verdict but its code and its confidence.
void tell(const Scene&, Judgement&);

// Its parts, each in the file of its name.
void write_summary(const Scene&, Judgement&);
void list_look_alikes(const Scene&, Judgement&);
std::optional<std::string> tampering_signature(const Scene&);
void foretell_client_view(const Scene&, Judgement&);
void list_next_steps(const Scene&, Judgement&);

}  // namespace whohungup
