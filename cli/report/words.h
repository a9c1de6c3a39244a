// How times, amounts and verdict codes read, in every report.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/verdict.h"
#include "capture/packet.h"
#include "dissect/proxy_header.h"

namespace whohungup {

/// RFC 3339 in UTC with nine decimals: "2026-11-23T03:04:55.179764000Z".
std::string rfc3339(Time);
inline constexpr std::size_t kRfc3339 = 30;  // characters
char* write_rfc3339(char* to, Time);         // returns its end
/// "03:04:55", UTC.
std::string clock_time(Time);
/// Writes its eight characters; returns the end.
char* write_clock_time(char* to, Time);
/// "0.21 ms", "3.4 s", "75 s": three digits that matter.
std::string amount(Duration);
/// Seconds with nine decimals at most, as a JSON number: "0.000739".
std::string seconds(Duration);
inline constexpr std::size_t kLongestSeconds = 22;
char* write_seconds(char* to, Duration);  // returns its end

/// "the server closed the connection (FIN) after the ClientHello" for one of the codes.
std::string describe_code(std::string_view code);
/// Whether it is one of them.
bool is_code(std::string_view code);

/// "1 packet", "2 packets".
std::string counted(std::uint64_t number, std::string_view noun);

/// "#4 #5"
std::string frame_list(std::span<const FrameNo>);

/// Whether the frame is one of them.
bool among(std::span<const FrameNo>, FrameNo);

/// What a PROXY header says: "for 192.0.2.1:40000, connected to 198.51.100.2:443".
std::string proxy_words(const ProxyHeader&);

/// The words of a Conversation's closed lists, as JSON has them.
std::string_view word_for(Side);
std::string_view word_for(ClientKnownBy);
std::string_view word_for(JudgedFor);
std::string_view word_for(EndedBy);

/// `prefix` and `text`, broken into lines of at most `columns`; all but the first are indented by
/// the prefix' width. Ends with a newline.
std::string wrapped(std::string_view prefix, std::string_view text, std::size_t columns = 100);
/// The same for what to do next; a command of ours stays on one line, for it is there to be copied.
std::string step_text(std::string_view prefix, std::string_view step, std::size_t columns = 100);

}  // namespace whohungup
