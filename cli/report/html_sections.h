// The sections of a flow's page, in the order in which they stand there. Each is a whole element,
// or empty if there is nothing to say.
#pragma once

#include <string>
#include <string_view>

#include "cli/report/html.h"

namespace whohungup {

std::string html_header(const JudgedFlow&, const HtmlContext&);
std::string html_ladder(const JudgedFlow&, const HtmlContext&);
std::string html_reasons(const JudgedFlow&);
std::string html_look_alikes(const JudgedFlow&);
std::string html_ask(const JudgedFlow&, const HtmlContext&);
std::string html_facts(const JudgedFlow&);
std::string html_fingerprints(const JudgedFlow&);
std::string html_tls(const JudgedFlow&);
std::string html_client_view(const JudgedFlow&);
std::string html_check(const JudgedFlow&, const HtmlContext&);

/// Shared by them: `<dt>` and `<dd>` of a text, or nothing for an empty one.
std::string html_entry(std::string_view term, std::string_view text);
/// The same where the value is HTML already.
std::string html_raw_entry(std::string_view term, std::string_view html);
/// "frames 2, 5, 8", at most twelve of them.
std::string html_frames(std::span<const FrameNo>);
/// A heading that can be jumped to.
std::string html_heading(std::string_view id, std::string_view text);
/// "frame.number in {2,5,8}"
std::string frame_filter(std::span<const FrameNo>);

}  // namespace whohungup
