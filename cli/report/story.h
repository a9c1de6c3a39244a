// The full story of one flow: the verdict sentence, the packets that matter, what speaks for and
// against, and how a stranger can check it.
#pragma once

#include <string>

#include "cli/output.h"
#include "cli/report/report.h"
#include "cli/report/style.h"

namespace whohungup {

/// The story as text of at most 100 columns.
std::string story(const JudgedFlow&, const Style&, bool numeric = false);

/// What stands for a file's name where the packets are in no file.
inline constexpr const char* kNotSaved = "probe (not saved)";

/// The command that shows the cited packets: "tshark -r FILE -Y 'frame.number in {2,4,5}'".
std::string tshark_command(const Verdict&, const CaptureNotes&);

}  // namespace whohungup
