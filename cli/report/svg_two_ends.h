// The ladder of a comparison: both ends' captures and the path between them. Lost packets end on
// the way, made ones begin there.
#pragma once

#include <string>

#include "cli/compare.h"
#include "cli/report/svg_ladder.h"

namespace whohungup {

/// An <svg> element, styled by the page (html_style.h).
std::string svg_two_ends(const ComparedFlow&, LadderWidth);

/// The section of a flow's page about the comparison; empty where there is nothing to show.
std::string html_comparison(const ComparedFlow&);

}  // namespace whohungup
