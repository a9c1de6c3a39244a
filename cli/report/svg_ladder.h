// The ladder diagram: who said what to whom, drawn. One drawing for wide pages and paper, one for
// narrow screens.
#pragma once

#include <string>

#include "cli/report/report.h"

namespace whohungup {

enum class LadderWidth : std::uint8_t { Wide, Narrow };

/// An <svg> element of the flow's packets on the rails of client and server, with a rail between
/// them where something on the path is claimed or spoke. Styled by the page (html_style.h).
std::string svg_ladder(const JudgedFlow&, LadderWidth);

}  // namespace whohungup
