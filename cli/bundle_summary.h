// summary.txt of a bundle: what one pastes into a ticket or a chat.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/report/report.h"

namespace whohungup {

/// One flow of the bundle, as an index of many lists it.
struct FlowEntry {
  std::uint64_t index{};
  Time begin{};
  std::string client, server, name;  // endpoints, and the host name the hello asks for (harmless)
  std::string code, confidence, summary;
  bool failed{};
  std::string page;  // of the report, relative to the bundle; empty: it is on report.html itself
};

/// The entry of a judged flow.
FlowEntry flow_entry(const JudgedFlow&);

/// What page and summary say of a bundle whose reading was broken off.
inline constexpr std::string_view kStoppedEarly =
    "Stopped early: the input holds more than was read, and flows may go on there";

/// What a summary says of the whole bundle.
struct SummaryMarks {
  bool anonymized{};
  bool stopped_early{};
};

/// The summary of a single flow: always under 40 lines of at most 100 columns.
std::string flow_summary(const JudgedFlow&, const SummaryMarks&);

/// The summary of many: counts by verdict and the first of them, under 40 lines as well.
std::string flows_summary(const std::vector<FlowEntry>&, const Totals&, const SummaryMarks&);

}  // namespace whohungup
