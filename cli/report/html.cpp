#include "cli/report/html.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cli/report/escape.h"
#include "cli/report/html_sections.h"
#include "cli/report/html_style.h"
#include "cli/report/svg_two_ends.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// Nothing may be loaded and nothing may run, whatever a packet managed to say.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      kPolicy, html_text(title), kHtmlStyle, body);
}

std::string footer(const HtmlContext& context) {
  std::string out = "<footer>\n";
  for (const std::string& source : context.sources)
    out += fmt::format("<p>{}.</p>\n", html_text(source));
  if (context.anonymized)
    out +=
        "<p>Addresses, names and payload in this copy are replaced, and may happen to be somebody "
        "else's: aim nothing at them. Sizes, times, TTLs, identifications and sequence numbers are "
        "the original ones.</p>\n";
  return out +
         "<p>Written by whohungup " WHOHUNGUP_VERSION
         ". Nothing on this page was fetched from anywhere, and it runs no script. about.json in "
         "the same bundle says where, when and with what it was made.</p>\n</footer>\n";
}

// ── many flows ────────────────────────────────────────────────────────────────────────────────

constexpr std::size_t kMostRows = 5000;

/// Failed and completed handshakes over time, in columns of equal length.
std::string timeline(const std::vector<FlowEntry>& flows) {
  constexpr int kColumns = 60, kWide = 960, kHigh = 90;
  const auto [first, last] =
      std::minmax_element(flows.begin(), flows.end(),
                          [](const FlowEntry& a, const FlowEntry& b) { return a.begin < b.begin; });
  const Duration whole = last->begin - first->begin;
  if (flows.size() < 2 || whole <= Duration{}) return {};
  struct Column {
    int failed{}, fine{};
  };
  std::array<Column, kColumns> columns{};
  for (const FlowEntry& flow : flows) {
    const double part = std::chrono::duration<double>(flow.begin - first->begin).count() /
                        std::chrono::duration<double>(whole).count();
    Column& column =
        columns[std::min<std::size_t>(static_cast<std::size_t>(part * kColumns), kColumns - 1)];
    ++(flow.failed ? column.failed : column.fine);
  }
  int most = 1;
  for (const Column& column : columns) most = std::max(most, column.failed + column.fine);
  const double unit = static_cast<double>(kHigh) / most;
  std::string bars;
  for (int i = 0; i < kColumns; ++i) {
    const Column& column = columns[static_cast<std::size_t>(i)];
    const double x = i * (static_cast<double>(kWide) / kColumns);
    const double failed = column.failed * unit, fine = column.fine * unit;
    const auto bar = [&](std::string_view kind, double height, double below) {
      if (height > 0)
        bars +=
            fmt::format(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="14" height="{:.1f}"/>)",
                        kind, x, 10 + kHigh - below - height, height);
    };
    bar("failed", failed, 0);
    bar("fine", fine, failed);
  }
  return html_heading("timeline", "When") +
         fmt::format(
             R"(<figure class="figure"><svg class="timeline" viewBox="0 0 {} {}" role="img" )"
             R"(aria-label="Handshakes over time, at most {} in one column"><line x1="0" y1="{}" x2="{}" y2="{}"/>{})"
             "</svg>\n<p class=\"span\"><span>{}</span><span>{}</span></p>\n"
             "<figcaption class=\"legend\"><span>Red: hung up on. Green: completed. A full column: "
             "{}.</span></figcaption></figure>\n",
             kWide, kHigh + 12, most, kHigh + 11, kWide, kHigh + 11, bars,
             rfc3339(first->begin).substr(0, 19) + "Z", rfc3339(last->begin).substr(0, 19) + "Z",
             counted(static_cast<std::uint64_t>(most), "handshake"));
}

std::string counts(const Totals& totals) {
  std::vector<std::pair<std::string, std::uint64_t>> codes(totals.by_code.begin(),
                                                           totals.by_code.end());
  std::stable_sort(codes.begin(), codes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string rows;
  for (const auto& [code, number] : codes)
    rows += fmt::format(
        "<tr><td class=\"num\" data-label=\"flows\">{}</td><td "
        "class=\"mono\">{}</td><td>{}</td></tr>\n",
        number, html_text(code), html_text(describe_code(code)));
  return html_heading("verdicts", "By verdict") +
         "<table class=\"cards\"><thead><tr><th scope=\"col\">Flows</th><th "
         "scope=\"col\">Verdict</th>"
         "<th scope=\"col\">In words</th></tr></thead><tbody>\n" +
         rows + "</tbody></table>\n";
}

std::string flow_row(const FlowEntry& flow) {
  const std::string number = fmt::format("{}", flow.index);
  const std::string link =
      flow.page.empty() ? number
                        : fmt::format("<a href=\"{}\">Flow {}</a>", html_text(flow.page), number);
  const std::string who = flow.name.empty() ? flow.server : flow.name + ", " + flow.server;
  return fmt::format(
      "<tr><th scope=\"row\" class=\"num\">{}</th><td class=\"num\" data-label=\"UTC\">{}</td>"
      "<td class=\"address\" data-label=\"from\">{}</td><td class=\"address\" "
      "data-label=\"to\">{}</td><td><span "
      "class=\"mono\">{}</span> "
      "({})<br>{}</td></tr>\n",
      link, rfc3339(flow.begin).substr(0, 10) + " " + rfc3339(flow.begin).substr(11, 12),
      html_text(flow.client), html_text(who), html_text(flow.code), html_text(flow.confidence),
      html_text(flow.summary));
}

}  // namespace

std::string html_page(const JudgedFlow& flow, const HtmlContext& context) {
  const std::string title =
      fmt::format("{} – {}", flow.verdict().code(), to_string(flow.talk.server));
  return page(
      title, html_header(flow, context) + "<main>\n" +
                 (flow.compared != nullptr ? html_comparison(*flow.compared) : std::string()) +
                 html_ladder(flow, context) + html_reasons(flow) + html_look_alikes(flow) +
                 html_ask(flow, context) + html_facts(flow) + html_fingerprints(flow) +
                 html_tls(flow) + html_client_view(flow) + html_check(flow, context) + "</main>\n" +
                 footer(context));
}

std::string html_index(const std::vector<FlowEntry>& flows, const Totals& totals,
                       const HtmlContext& context) {
  const std::string title =
      fmt::format("{}, {} hung up on", counted(totals.judged, "TLS handshake"), totals.hung_up);
  std::string body = fmt::format(
      "<header class=\"top\"><p class=\"eyebrow\">TLS handshakes in one "
      "capture</p><h1>{}</h1></header>\n"
      "<main>\n",
      html_text(title));
  body += counts(totals) + (flows.empty() ? std::string() : timeline(flows));
  body += html_heading("flows", "Flow by flow") +
          "<table class=\"cards\"><thead><tr><th scope=\"col\">Flow</th><th scope=\"col\">UTC</th>"
          "<th scope=\"col\">Client</th><th scope=\"col\">Server</th><th scope=\"col\">Verdict</th>"
          "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < std::min(flows.size(), kMostRows); ++i) body += flow_row(flows[i]);
  body += "</tbody></table>\n";
  if (flows.size() > kMostRows)
    body += fmt::format("<p>{} more are in report.json.</p>\n", flows.size() - kMostRows);
  return page(title, body + "</main>\n" + footer(context));
}

std::string html_text(std::string_view hostile) {
  std::string out;
  for (const char c : harmless(hostile)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace whohungup
