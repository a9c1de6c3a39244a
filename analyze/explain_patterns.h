// The texts of the table as patterns, and the alerts' words, which have no rows of their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/client_texts.h"

namespace whohungup {

/// What of a row is looked for, in lower case and cut at its `<…>`.
struct Pattern {
  const ClientText* row{};
  std::vector<std::string> pieces;
  bool at_begin{}, at_end{};
  std::optional<std::uint8_t> alert;
};

/// Where a pattern was found in a line.
struct Match {
  std::size_t begin{}, end{};
};

/// All patterns there are; made once.
const std::vector<Pattern>& all_patterns();

/// Where a line, in lower case, has the pattern. Quotes and brackets do not keep a line from
/// ending.
std::optional<Match> find_in(const std::string& line, const Pattern&);

/// The row that stands for an alert in a program's words.
const ClientText* alert_row(Program);

/// In lower case, as far as ASCII goes.
std::string lowered(std::string_view);

}  // namespace whohungup
