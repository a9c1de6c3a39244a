#include "analyze/explain_patterns.h"

#include <algorithm>
#include <iterator>

#include "dissect/tls_alert.h"

namespace whohungup {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Pattern pattern_of(std::string_view text, const ClientText* row) {
  Pattern pattern{row, {}, false, false, {}};
  if (text.starts_with('^')) pattern.at_begin = true, text.remove_prefix(1);
  if (text.ends_with('$')) pattern.at_end = true, text.remove_suffix(1);
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('<'), text.size());
    if (open > 0) pattern.pieces.push_back(lowered(text.substr(0, open)));
    const std::size_t close = text.find('>', open);
    text.remove_prefix(close == std::string_view::npos ? text.size() : close + 1);
  }
  return pattern;
}

std::string_view distinctive(std::string_view text) {
  for (const std::string_view start : {"ssl.SSLError: ", "javax.net.ssl.SSLHandshakeException: "})
    if (text.starts_with(start)) text.remove_prefix(start.size());
  return text;
}

std::vector<Pattern> make_patterns() {
  std::vector<Pattern> patterns;
  for (const ClientText& row : client_texts())
    patterns.push_back(pattern_of(row.look_for.empty() ? row.prints : row.look_for, &row));
  for (int description = 1; description < 256; ++description) {
    const auto alert = static_cast<std::uint8_t>(description);
    if (tls::usual_cause({2, alert}).empty()) continue;  // no such alert
    for (const Program program : {Program::Go, Program::Java, Program::Node, Program::Python,
                                  Program::GnuTls, Program::DotNet, Program::Firefox}) {
      // A pattern of alert texts stands as it is: no marks in it.
      const std::string text = alert_text(program, alert);
      patterns.push_back({alert_row(program), {lowered(distinctive(text))}, false, false, alert});
      if (program == Program::GnuTls)
        patterns.push_back({alert_row(Program::Other), {lowered(text)}, false, false, alert});
    }
    for (const std::string& text : other_alert_texts(alert))
      patterns.push_back({alert_row(Program::OpenSsl), {lowered(text)}, false, false, alert});
  }
  return patterns;
}

}  // namespace

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

const ClientText* alert_row(Program program) {
  static constexpr ClientText kRows[] = {
      {Program::OpenSsl, PrintedEnding::Alert, "SSL alert number <n>", ""},
      {Program::Go, PrintedEnding::Alert, "remote error: tls: <alert>", ""},
      {Program::Java, PrintedEnding::Alert, "Received fatal alert: <alert>", ""},
      {Program::Node, PrintedEnding::Alert, "ERR_SSL_<alert>", ""},
      {Program::Python, PrintedEnding::Alert, "[SSL: <alert>]", ""},
      {Program::GnuTls, PrintedEnding::Alert, "Received alert [<n>]", ""},
      {Program::DotNet, PrintedEnding::Alert, "TLS alert: '<alert>'", ""},
      {Program::Firefox, PrintedEnding::Alert, "SSL_ERROR_<alert>_ALERT", ""},
      // The same words for a warning.
      {Program::Other, PrintedEnding::Warned, "Received alert [<n>]", ""},
  };
  return std::find_if(std::begin(kRows), std::end(kRows),
                      [&](const ClientText& row) { return row.program == program; });
}

const std::vector<Pattern>& all_patterns() {
  static const std::vector<Pattern> patterns = make_patterns();
  return patterns;
}

std::optional<Match> find_in(const std::string& line, const Pattern& pattern) {
  std::size_t from = 0;
  std::optional<Match> match;
  for (const std::string& piece : pattern.pieces) {
    const std::size_t at = line.find(piece, from);
    if (at == std::string::npos) return std::nullopt;
    if (!match) match = Match{at, 0};
    match->end = from = at + piece.size();
  }
  if (!match || (pattern.at_begin && match->begin != 0)) return std::nullopt;
  if (!pattern.at_end) return match;
  const std::size_t end = line.find_last_not_of("\"'`)}],. ") + 1;
  if (match->end >= end) return match;
  // The last occurrence may be the one at the end.
  const std::string& last = pattern.pieces.back();
  if (pattern.at_begin || end < last.size() ||
      line.compare(end - last.size(), last.size(), last) != 0)
    return std::nullopt;
  match->end = end;
  if (pattern.pieces.size() == 1) match->begin = end - last.size();
  return match;
}

}  // namespace whohungup
