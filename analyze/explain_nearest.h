// Which texts of the table an unknown one is like.
#pragma once

#include <string_view>
#include <vector>

#include "analyze/client_texts.h"

namespace whohungup {

/// The rows that share most of their words with the text, the nearest first; few, and none where
/// nothing is near.
std::vector<const ClientText*> nearest_texts(std::string_view text);

}  // namespace whohungup
