// Making text harmless before it is shown: what packets say is hostile, and a terminal obeys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/report/text_buffer.h"

namespace whohungup {

/// For names that packets claim (SNI, ALPN, certificate subjects): printable ASCII stays, every
/// other byte and the backslash become \xNN. So no control sequence, no reversed text and no
/// look-alike letters, and it is certain which bytes they were.
std::string ascii_only(std::string_view hostile);
void append_ascii_only(TextBuffer& out, std::string_view hostile);

/// For our own sentences, which may quote a packet: UTF-8 stays, but control characters,
/// direction marks, zero-width characters and broken UTF-8 become \xNN or \u{NNNN}.
std::string harmless(std::string_view sentence);

/// For the same names in JSON: bytes that are no UTF-8 become \xNN, and so does a backslash that
/// could be taken for the beginning of that ("\xff" as text becomes "\x5cxff"). Whoever turns every
/// \xNN into its byte has the bytes of the packet.
std::string utf8_name(std::string_view hostile);

/// The text as a JSON string with its quotes: always valid UTF-8. Bytes that are none become the
/// four characters \xNN; what a terminal would obey becomes a JSON escape.
std::string json_string(std::string_view hostile);
void append_json_string(TextBuffer& out, std::string_view hostile);

/// As one word for a POSIX shell: quoted only where it must be.
std::string shell_word(std::string_view);

/// Columns taken on a terminal by harmless text (one a code point; our sentences use no wide ones).
std::size_t width(std::string_view utf8);

/// At most `columns` wide; a cut is shown by "…" in front, because the end of a host name says
/// more than its beginning.
std::string keep_end(std::string_view utf8, std::size_t columns);
/// At most `columns` wide, cut at the end.
std::string keep_begin(std::string_view utf8, std::size_t columns);
/// Followed by as many spaces as fill `columns`.
std::string padded(std::string_view utf8, std::size_t columns);

}  // namespace whohungup
