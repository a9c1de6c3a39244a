// The style sheet of the HTML report: light and dark, narrow and wide, and A4.
#pragma once

#include <string_view>

namespace whohungup {

extern const std::string_view kHtmlStyle;

}  // namespace whohungup
