// Whose words a line is: a client's, or a server's about its client. The same error text means the
// other end in each.
#pragma once

#include <string>

#include "analyze/explain.h"

namespace whohungup {

enum class Teller : std::uint8_t { Unsaid, Client, Server };

/// Who speaks in a line of a transcript or a log, given in lower case. A proxy's line about its
/// upstream is a client's.
Teller teller_of(const std::string& line);

/// The endings of a text as that teller means them: a server's "connection reset by peer" is its
/// client's side, and what nginx says "to upstream" nginx met as a client.
std::vector<PrintedEnding> endings_for(Teller, const std::vector<PrintedEnding>&);

/// Whether a line begins as a log's does, with a time: two such lines may be of two connections.
bool is_log_line(std::string_view line);

}  // namespace whohungup
