#include "cli/report/svg_two_ends.h"

#include <fmt/core.h>

#include <algorithm>

#include "analyze/landmarks.h"
#include "cli/report/compare_report.h"
#include "cli/report/escape.h"
#include "cli/report/html.h"
#include "cli/report/html_sections.h"
#include "cli/report/svg_pieces.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

constexpr std::int32_t kNone = Sighting::kNone;

/// Where things stand, in units of the drawing.
struct Layout {
  int width{}, client{}, server{};
  int notes{};  // where notes begin; 0: below each arrow
  std::size_t note_columns{};
};
constexpr Layout kWide{1000, 170, 560, 640, 50};
constexpr Layout kNarrow{344, 40, 304, 0, 38};  // notes stay between the rails

// A longer ladder nobody reads; the table and report.json have all packets.
constexpr std::size_t kMostRungs = 120;

class Drawing {
 public:
  Drawing(const ComparedFlow& flow, const Layout& layout, std::string_view name)
      : flow_(flow), at_(layout), drawing_("two", name, layout.width) {}

  std::string draw() {
    drawing_.rails({{"client", at_.client}, {"server", at_.server}}, 46);
    drawing_.draw(header());
    y_ = 60;
    std::size_t drawn = 0;
    for (const Sighting& s : flow_.pairing->packets)
      if (s.fate != Fate::NotKept && ++drawn <= kMostRungs) {
        if (drawn > 1) drawing_.cut(y_);
        packet(s);
      }
    if (drawn > kMostRungs) {
      drawing_.draw(svg_text(between(), y_ + 16, "band", "middle",
                             fmt::format("{} more packets", drawn - kMostRungs)));
      y_ += 24;
    }
    drawing_.cut(y_ + 10);
    return drawing_.whole(
        "Both captures and the path between them, packet by packet; the same is said as text below "
        "the drawing");
  }

 private:
  [[nodiscard]] bool narrow() const { return at_.notes == 0; }
  [[nodiscard]] int between() const { return (at_.client + at_.server) / 2; }

  [[nodiscard]] std::string header() const {
    return svg_text(narrow() ? 0 : at_.client, 18, "who client", narrow() ? "start" : "middle",
                    "client's capture") +
           svg_text(narrow() ? at_.width : at_.server, 18, "who server",
                    narrow() ? "end" : "middle", "server's capture") +
           svg_text(between(), 40, "address", "middle", "the path between");
  }

  void packet(const Sighting& s) {
    const bool sent = s.at(s.claims) != kNone, received = s.at(other(s.claims)) != kNone;
    const Side end = sent ? s.claims : other(s.claims);
    const Placed& seen = at(flow_.ends->at(end), s.at(end));
    const int from_rail = s.claims == Side::Client ? at_.client : at_.server;
    const int to_rail = s.claims == Side::Client ? at_.server : at_.client;
    const int middle = between();
    const int from = sent ? from_rail : middle, to = received ? to_rail : middle;
    const int arrow = y_ + 24;
    const Event& event = flow_.flow.verdict().event;
    const bool ended =
        event.segment && s.at(flow_.from) == static_cast<std::int32_t>(*event.segment);
    std::string_view kind = s.claims == Side::Client ? "client" : "server";
    if (!sent && s.fate == Fate::Made) kind = "box";
    if (ended) kind = "ended";
    std::string label = to_string(seen.header.flags);
    if (seen.header.payload_len > 0) label += fmt::format(" {}", seen.header.payload_len);
    drawing_.draw(svg_text((from + to) / 2.0, arrow - 7,
                           seen.header.flags.rst() ? "flags reset" : "flags", "middle", label));
    drawing_.draw(
        fmt::format(R"svg(<line class="arrow {}{}" x1="{}" y1="{}" x2="{}" y2="{}"{}/>)svg", kind,
                    kind == "box" ? " forged" : "", from, arrow, to + (to > from ? -3 : 3), arrow,
                    received ? fmt::format(R"svg( marker-end="url(#{})")svg", drawing_.head(kind))
                             : std::string()));
    if (!received && s.fate == Fate::Lost)
      drawing_.draw(
          fmt::format(R"(<path class="lost" d="M{} {}l12 12m0-12l-12 12"/>)", to - 6, arrow - 6));
    if (!sent && s.fate == Fate::Made)
      drawing_.draw(
          fmt::format(R"(<circle class="source box" cx="{}" cy="{}" r="5"/>)", from, arrow));
    frames(s, seen, end, arrow);
    notes(s, ended, arrow);
  }

  void frames(const Sighting& s, const Placed& seen, Side end, int arrow) {
    const auto frame = [&](Side side) {
      return s.at(side) == kNone
                 ? std::string()
                 : fmt::format("#{}", number(at(flow_.ends->at(side), s.at(side)).frame()));
    };
    drawing_.draw(svg_text(at_.client - 8, arrow + 4, "frame", "end", frame(Side::Client)));
    drawing_.draw(svg_text(at_.server + 8, arrow + 4, "frame", "start", frame(Side::Server)));
    if (narrow()) return;
    const double seconds = std::max(
        0.0,
        std::chrono::duration<double>(flow_.ends->common(end, seen.at()) - flow_.ends->client.begin)
            .count());
    drawing_.draw(svg_text(8, arrow + 4, "time", "start", fmt::format("{:.6f}", seconds)));
  }

  void notes(const Sighting& s, bool ended, int arrow) {
    std::string words = fate_words(flow_, s);
    if (ended) words += words.empty() ? "ended it" : "; ended it";
    int y = narrow() ? arrow + 16 : arrow + 4;
    const auto lines = svg_lines(words, at_.note_columns);
    for (const std::string& line : lines) {
      drawing_.draw(svg_text(narrow() ? at_.client + 8 : at_.notes, y, "note", "start", line));
      y += 15;
    }
    y_ = std::max(arrow + 10, lines.empty() ? 0 : y - 4);
  }

  const ComparedFlow& flow_;
  const Layout& at_;
  SvgDrawing drawing_;
  int y_{};
};

}  // namespace

std::string svg_two_ends(const ComparedFlow& flow, LadderWidth width) {
  return width == LadderWidth::Wide ? Drawing(flow, kWide, "wide").draw()
                                    : Drawing(flow, kNarrow, "narrow").draw();
}

std::string html_comparison(const ComparedFlow& flow) {
  std::string sentences;
  const auto say = [&](std::string_view text) {
    sentences += "<li>" + html_text(text) + "</li>\n";
  };
  if (!flow.both)
    say(fmt::format("Seen at the {} only: the {}'s capture holds nothing of this flow.",
                    word_for(flow.from), word_for(other(flow.from))));
  else
    say(clock_sentence(flow.ends->clock, flow.ends->client.begin));
  for (const std::string& one : path_sentences(flow)) say(one);
  for (const std::string& one : apart_sentences(flow)) say(one);
  for (const std::string& one : place_sentences(flow)) say(one);
  std::string drawing;
  if (flow.both && flow.ends->joined != Joined::Terminated)
    drawing =
        "<figure class=\"figure\">" + svg_two_ends(flow, LadderWidth::Wide) +
        svg_two_ends(flow, LadderWidth::Narrow) +
        "<figcaption class=\"legend\"><span>A cross: lost on the way. A dot: made on the way. "
        "Numbers are frames of flow.pcapng.</span></figcaption></figure>\n"
        "<details><summary>The same as text</summary><pre>" +
        html_text(two_ended_ladder(flow, Style(false), false)) + "</pre></details>\n";
  return html_heading("both-ends", "Both ends") + "<ul>\n" + sentences + "</ul>\n" + drawing;
}

}  // namespace whohungup
