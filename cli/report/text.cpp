#include "cli/report/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "cli/report/escape.h"
#include "cli/report/landmarks.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

constexpr std::size_t kIndexColumns = 5;
constexpr std::size_t kTimeColumns = 8;
constexpr std::size_t kConfidenceColumns = 12;  // "undetermined"
constexpr std::size_t kCodeColumns = 28;  // "unknown.silence.client_hello"; longer ones borrow
constexpr std::size_t kGaps = 8;          // two spaces between five columns
// Two IPv4 endpoints and the arrow, shortened as far as they can still be told apart.
constexpr std::size_t kFewestParties = 30;

constexpr std::size_t beside_parties(std::size_t code) {
  return kIndexColumns + kTimeColumns + kConfidenceColumns + kGaps + std::max(code, kCodeColumns);
}

/// On a narrow terminal the parties have a line of their own.
bool narrow(const Style& style) {
  return style.columns() < beside_parties(kCodeColumns) + kFewestParties;
}

/// What is left for "client → server" beside a code of that width.
std::size_t parties_columns(std::size_t code, const Style& style) {
  return narrow(style) ? style.columns() - kIndexColumns - 2
                       : style.columns() - beside_parties(code);
}

/// `parties(columns)` appends "client → server" and returns how many columns that takes.
template <class Parties>
void append_row(TextBuffer& to, std::string_view index, std::string_view when, Parties&& parties,
                std::string_view code, std::string_view confidence, const Style& style) {
  const auto fill_up = [&](std::size_t taken, std::size_t columns) {
    to.fill(' ', columns - std::min(columns, taken));
  };
  fill_up(index.size(), kIndexColumns);
  to.append(index);
  to.append("  ");
  to.append(when);
  fill_up(when.size(), kTimeColumns);
  const std::size_t columns = parties_columns(code.size(), style);
  if (!narrow(style)) {
    to.append("  ");
    fill_up(parties(columns), columns);
  }
  to.append("  ");
  to.append(style.bold_on());
  to.append(code);
  fill_up(code.size(), kCodeColumns);
  to.append(style.off());
  to.append("  ");
  to.append(confidence);
  if (!narrow(style)) return;
  to.push('\n');
  to.fill(' ', kIndexColumns + 2);
  parties(columns);
}

/// "2001:db8:85a3::8a2e:370:7334" in at most `columns`: the ends tell addresses apart.
std::string short_address(std::string_view text, std::size_t columns) {
  if (text.size() <= columns || columns < 5) return keep_begin(text, columns);
  const std::size_t front = (columns - 1) / 2;
  std::string both(text.substr(0, front));
  return both.append("…").append(text.substr(text.size() - (columns - 1 - front)));
}

std::string short_endpoint(const Endpoint& endpoint, std::size_t columns) {
  char text[kLongestEndpoint];
  const std::string_view whole(text, write_endpoint(text, endpoint));
  if (whole.size() <= columns) return std::string(whole);
  const std::size_t brackets = endpoint.ip.is_v6 ? 1 : 0;  // on either side
  const std::size_t port_at = whole.rfind(':');
  const std::string_view port = whole.substr(port_at);
  const std::string_view address = whole.substr(brackets, port_at - 2 * brackets);
  const std::size_t room = columns - std::min(columns, port.size() + 2 * brackets);
  std::string shown(brackets, '[');
  return shown.append(short_address(address, room)).append(brackets, ']').append(port);
}

constexpr std::string_view kArrow = " → ";
constexpr std::size_t kArrowColumns = 3;

/// The server by the name the hello asks for, if there is one, else by its address.
std::string short_server(const Endpoint& server, std::string_view name, std::size_t columns) {
  if (name.empty()) return short_endpoint(server, columns);
  const std::string port = ':' + std::to_string(server.port);
  return keep_end(ascii_only(name), columns - std::min(columns, port.size())) + port;
}

/// Of parties that are too long to be shown whole.
std::string short_parties(const Conversation& talk, std::string_view name, std::size_t columns) {
  const std::size_t room = columns - kArrowColumns;
  const std::string whole_server = short_server(talk.server, name, room);
  const std::string whole_client = short_endpoint(talk.client, room);
  const std::size_t server_wants = width(whole_server);
  const std::size_t client_wants = width(whole_client);
  // Whoever fits in less than half leaves the rest to the other.
  const std::size_t client_gets =
      std::min(client_wants, std::max(room / 2, room - std::min(room, server_wants)));
  const std::string client = short_endpoint(talk.client, client_gets);
  return client + std::string(kArrow) + short_server(talk.server, name, room - width(client));
}

void append_endpoint(TextBuffer& to, const Endpoint& endpoint) {
  to.took(write_endpoint(to.room(kLongestEndpoint), endpoint));
}

void append_port(TextBuffer& to, const Endpoint& endpoint) {
  constexpr std::size_t kMostDigits = 5;
  char* const room = to.room(1 + kMostDigits);
  *room = ':';
  to.took(std::to_chars(room + 1, room + 1 + kMostDigits, endpoint.port).ptr);
}

/// Returns how many columns it takes.
std::size_t append_parties(TextBuffer& to, const Conversation& talk, std::string_view name,
                           std::size_t columns) {
  const std::size_t begin = to.size();
  append_endpoint(to, talk.client);
  to.append(kArrow);
  if (name.empty()) {
    append_endpoint(to, talk.server);
  } else {
    append_ascii_only(to, name);
    append_port(to, talk.server);
  }
  // Nearly always there is room for all of it, which is ASCII but for the arrow.
  const std::size_t whole = to.size() - begin - kArrow.size() + kArrowColumns;
  if (whole <= columns) return whole;
  to.cut(begin);
  const std::string text = short_parties(talk, name, columns);
  to.append(text);
  return width(text);
}

std::string header_line(const Style& style) {
  const auto parties = [](TextBuffer& to) {
    constexpr std::string_view kParties = "client → server";
    to.append(kParties);
    return width(kParties);
  };
  TextBuffer line;
  append_row(
      line, "#", "UTC", [&](std::size_t) { return parties(line); }, "verdict", "confidence",
      Style(false, style.columns()));
  return style.dim(line.view()) + "\n";
}

/// Verdict::code() in a place of its own.
class CodeText {
 public:
  explicit CodeText(const Verdict& verdict) {
    add(to_string(verdict.actor));
    add(".");
    add(to_string(verdict.event.mechanism));
    add(".");
    add(to_string(verdict.event.stage));
  }
  [[nodiscard]] std::string_view view() const { return {text_, size_}; }

 private:
  void add(std::string_view piece) { size_ += piece.copy(text_ + size_, sizeof text_ - size_); }

  char text_[48]{};  // the longest is "middlebox.plaintext.client_hello"
  std::size_t size_{};
};

std::string reasons_skipped(const Totals& totals) {
  std::string out;
  for (std::size_t why = 0; why < totals.skipped.size(); ++why)
    if (totals.skipped[why] > 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", totals.skipped[why],
                         describe(static_cast<Skipped::Why>(why)));
  return out;
}

std::string key_log_line(const KeyLogUse& log) {
  return fmt::format("key log: secrets of {}, {}\n", counted(log.sessions, "session"),
                     log.matched == 0 ? "none of them judged here"
                                      : "of " + counted(log.matched, "handshake") + " judged here");
}

std::vector<std::pair<std::string, std::uint64_t>> by_number(const Totals& totals) {
  std::vector<std::pair<std::string, std::uint64_t>> codes(totals.by_code.begin(),
                                                           totals.by_code.end());
  std::stable_sort(codes.begin(), codes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return codes;
}

}  // namespace

void append_table_line(TextBuffer& to, const JudgedFlow& flow, bool numeric, const Style& style) {
  char index[20];
  const char* const index_end = std::to_chars(index, index + sizeof index, flow.index).ptr;
  char when[kTimeColumns];
  const char* const when_end = write_clock_time(when, flow.talk.begin);
  const CodeText code(flow.verdict());
  const auto append_with = [&](std::string_view name) {
    append_row(
        to, {index, index_end}, {when, when_end},
        [&](std::size_t columns) { return append_parties(to, flow.talk, name, columns); },
        code.view(), to_string(flow.verdict().confidence), style);
  };
  if (numeric) return append_with({});
  if (flow.name.read) return append_with(flow.name.name.value_or(std::string_view{}));
  append_with(claimed_name(flow.talk).value_or(std::string{}));
}

std::string table_line(const JudgedFlow& flow, bool numeric, const Style& style) {
  TextBuffer line;
  append_table_line(line, flow, numeric, style);
  return std::string(line.view());
}

void TextReport::line(const JudgedFlow& flow, TextBuffer& to) const {
  if (ask_.summary || (!flow.verdict().failed() && !ask_.all)) return;
  append_table_line(to, flow, ask_.numeric, ask_.style);
  to.push('\n');
  if (ask_.sentences)
    to.append(wrapped(std::string(kIndexColumns + 2, ' '), harmless(flow.verdict().summary),
                      ask_.style.columns()));
}

void TextReport::put(std::string_view line, bool failed) {
  if (!line.empty()) failed ? list(line) : put_aside(line);
}

void TextReport::end(const Totals& totals, const FlowCounts& flows, const CaptureNotes& notes) {
  list_put_aside();
  if (header_written_) out_.write("\n");
  out_.write(totals_text(totals, flows, notes, ask_.style, ask_.sentences));
}

void TextReport::list(std::string_view line) {
  if (!header_written_) out_.write(header_line(ask_.style));
  header_written_ = true;
  out_.write(line);
}

void TextReport::put_aside(std::string_view line) {
  if (!aside_) aside_.reset(std::tmpfile());
  if (!aside_ || std::fwrite(line.data(), 1, line.size(), aside_.get()) != line.size())
    throw CaptureError(
        fmt::format("cannot put lines aside in a temporary file: {}", std::strerror(errno)));
}

void TextReport::list_put_aside() {
  if (!aside_) return;
  std::rewind(aside_.get());
  std::array<char, 1U << 16U> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), aside_.get()))
    list({block.data(), got});
}

void TextReport::CloseFile::operator()(std::FILE* file) const {
  // Only our own temporary file: nothing can be lost in closing it.
  static_cast<void>(std::fclose(file));
}

std::string totals_text(const Totals& totals, const FlowCounts& flows, const CaptureNotes& notes,
                        const Style& style, bool verbose) {
  const std::string input =
      notes.files.size() > 1 ? counted(notes.files.size(), "file") : harmless(input_name(notes));
  std::string out;
  if (totals.judged == 0) {
    out = fmt::format("{}: no TLS handshake found in {}", input, counted(notes.packets, "packet"));
  } else {
    const std::string hung_up = fmt::format("{} hung up on", totals.hung_up);
    out = fmt::format("{}: {}, {}", input, counted(totals.judged, "TLS handshake"),
                      totals.hung_up > 0 ? style.bad(hung_up) : style.good(hung_up));
  }
  if (flows.not_tls > 0) out += fmt::format("; {} without TLS", counted(flows.not_tls, "TCP flow"));
  out += totals.interrupted ? "; stopped early\n" : "\n";
  if (flows.memory_limited > 0)
    out += fmt::format("{} judged early to stay within --memory\n",
                       counted(flows.memory_limited, "flow"));
  if (totals.cut_segments > 0 && (totals.judged == 0 || flows.not_tls > 0 || verbose))
    out += fmt::format(
        "{} cut by the snap length: what they carried is unknown; "
        "capture again with -s 0\n",
        counted(totals.cut_segments, "segment"));
  if (totals.key_log) out += key_log_line(*totals.key_log);
  std::size_t code_columns = kCodeColumns;
  for (const auto& [code, number] : totals.by_code)
    code_columns = std::max(code_columns, code.size());
  for (const auto& [code, number] : by_number(totals))
    out += fmt::format("{:>7}  {}  {}\n", number, style.bold(padded(code, code_columns)),
                       keep_begin(describe_code(code), style.columns() - 9 - 2 - code_columns));
  // Where there was nothing to judge, what was passed over is the answer.
  if (!verbose && totals.judged > 0) return out;
  if (const std::string skipped = reasons_skipped(totals); !skipped.empty())
    out += "frames that carry no TCP segment: " + skipped + "\n";
  if (totals.filtered_out > 0)
    out += fmt::format("frames the filter left out: {}{}\n", totals.filtered_out,
                       totals.filtered_out == notes.packets
                           ? "; behind VLAN tags it has to begin with `vlan and`"
                           : "");
  return out;
}

}  // namespace whohungup
