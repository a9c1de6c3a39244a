#include "cli/report/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
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

/// Appends the text and spaces up to that many columns.
void append_padded(std::string& line, std::string_view utf8, std::size_t columns) {
  const std::size_t taken = width(utf8);
  line += utf8;
  if (taken < columns) line.append(columns - taken, ' ');
}

std::string row(std::string_view index, std::string_view when, std::string_view parties,
                std::string_view code, std::string_view confidence, const Style& style) {
  std::string line;
  line.reserve(2 * style.columns());  // arrows and dots take three bytes each
  line.append(kIndexColumns - std::min(kIndexColumns, index.size()), ' ').append(index);
  line.append("  ");
  append_padded(line, when, kTimeColumns);
  if (!narrow(style)) {
    line.append("  ");
    append_padded(line, parties, parties_columns(width(code), style));
  }
  line.append("  ").append(style.bold(padded(code, kCodeColumns)));
  line.append("  ").append(confidence);
  if (narrow(style)) line.append("\n").append(kIndexColumns + 2, ' ').append(parties);
  return line;
}

/// "2001:db8:85a3::8a2e:370:7334" in at most `columns`: the ends tell addresses apart.
std::string short_address(const IpAddress& ip, std::size_t columns) {
  const std::string text = to_string(ip);
  if (width(text) <= columns || columns < 5) return keep_begin(text, columns);
  const std::size_t front = (columns - 1) / 2;
  return text.substr(0, front) + "…" + text.substr(text.size() - (columns - 1 - front));
}

std::string short_endpoint(const Endpoint& endpoint, std::size_t columns) {
  std::string whole = to_string(endpoint);
  if (width(whole) <= columns) return whole;
  const std::string port = fmt::format(":{}", endpoint.port);
  const std::size_t brackets = endpoint.ip.is_v6 ? 2 : 0;
  const std::size_t room = columns - std::min(columns, port.size() + brackets);
  const std::string ip = short_address(endpoint.ip, room);
  return (endpoint.ip.is_v6 ? "[" + ip + "]" : ip) + port;
}

/// The server by the name the hello asks for, if there is one, else by its address.
std::string server_text(const Conversation& talk, bool numeric, std::size_t columns) {
  const auto name = numeric ? std::nullopt : claimed_name(talk);
  if (!name || name->empty()) return short_endpoint(talk.server, columns);
  const std::string port = ':' + std::to_string(talk.server.port);
  return keep_end(ascii_only(*name), columns - std::min(columns, port.size())) + port;
}

std::string parties_text(const Conversation& talk, bool numeric, std::size_t columns) {
  constexpr std::string_view kArrow = " → ";
  const std::size_t room = columns - width(kArrow);
  const std::string whole_server = server_text(talk, numeric, room);
  const std::string whole_client = short_endpoint(talk.client, room);
  const std::size_t server_wants = width(whole_server);
  const std::size_t client_wants = width(whole_client);
  if (client_wants + server_wants <= room) {
    std::string both;
    both.reserve(whole_client.size() + kArrow.size() + whole_server.size());
    return both.append(whole_client).append(kArrow).append(whole_server);
  }
  // Whoever fits in less than half leaves the rest to the other.
  const std::size_t client_gets =
      std::min(client_wants, std::max(room / 2, room - std::min(room, server_wants)));
  const std::string client = short_endpoint(talk.client, client_gets);
  return client + std::string(kArrow) + server_text(talk, numeric, room - width(client));
}

std::string header_line(const Style& style) {
  std::string line =
      row("#", "UTC", "client → server", "verdict", "confidence", Style(false, style.columns()));
  return style.dim(line) + "\n";
}

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

std::string table_line(const JudgedFlow& flow, bool numeric, const Style& style) {
  const Verdict& verdict = flow.verdict();
  const std::string code = verdict.code();
  return row(std::to_string(flow.index), clock_time(flow.talk.begin),
             parties_text(flow.talk, numeric, parties_columns(code.size(), style)), code,
             to_string(verdict.confidence), style);
}

void TextReport::line(const JudgedFlow& flow, TextBuffer& to) const {
  if (ask_.summary || (!flow.verdict().failed() && !ask_.all)) return;
  to.append(table_line(flow, ask_.numeric, ask_.style));
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
