// A transcript as it was pasted, made plain: terminals, mail programs, web pages and Windows each
// leave their own marks in it.
#pragma once

#include <string>
#include <string_view>

namespace whohungup {

/// The text as UTF-8 or ASCII without escape sequences, HTML's and quoted-printable's marks,
/// typographic quotes and the marks of quoted mail; lines end in '\n'. Any bytes are valid input;
/// the result is never longer than the input.
std::string cleaned(std::string_view text);

}  // namespace whohungup
