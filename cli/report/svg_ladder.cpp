#include "cli/report/svg_ladder.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/report/escape.h"
#include "cli/report/svg_pieces.h"
#include "cli/report/svg_rungs.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

/// Where things stand. All lengths are in units of the drawing, which is `width` wide; letters are
/// about `letter` wide in the sizes the style sheet gives them.
struct Layout {
  int width{}, client{}, box{}, server{};
  int notes{};  // where notes begin beside the ladder; 0: they stand below each arrow
  std::size_t note_columns{};
  int header{};
  double letter{};  // of the record labels, 11 units high

  [[nodiscard]] bool narrow() const { return notes == 0; }
  [[nodiscard]] int x(Rung::Rail rail) const {
    return rail == Rung::Rail::Client ? client : rail == Rung::Rail::Box ? box : server;
  }
};

// Of a line's columns, because bold letters are wider.
constexpr std::size_t kBoldTakes = 5;

constexpr Layout kWide{1000, 132, 392, 652, 676, 49, 58, 6.3};
constexpr Layout kNarrow{344, 8, 172, 336, 0, 43, 80, 6.3};

std::string_view rail_class(Rung::Rail rail) {
  return rail == Rung::Rail::Client ? "client" : rail == Rung::Rail::Box ? "box" : "server";
}

class Drawing {
 public:
  Drawing(const JudgedFlow& flow, const Layout& layout, std::string_view name)
      : flow_(flow),
        at_(layout),
        rungs_(collect_rungs(flow)),
        drawing_("ladder", name, layout.width) {}

  std::string draw() {
    std::vector<SvgRail> rails{{"client", at_.client}, {"server", at_.server}};
    if (rungs_.box) rails.push_back({"box", at_.box});
    drawing_.rails(std::move(rails), at_.header - 10);
    drawing_.draw(header());
    y_ = at_.header + 14;
    for (std::size_t i = 0; i < rungs_.rows.size(); ++i) {
      const Rung& rung = rungs_.rows[i];
      rung.kind == Rung::Kind::Packet ? packet(rung) : band(rung);
      if (i + 1 < rungs_.rows.size()) drawing_.cut(y_);
    }
    drawing_.cut(y_ + 8);
    return drawing_.whole(description());
  }

 private:
  std::string description() const {
    return fmt::format(
        "Ladder diagram of the connection. {} The packets are listed as text in the table below "
        "the drawing, with their frame "
        "numbers.",
        harmless(flow_.verdict().summary));
  }

  std::string header() const {
    const std::string client = to_string(flow_.talk.client), server = to_string(flow_.talk.server);
    if (at_.narrow())
      return svg_text(0, 14, "who client", "start", "client") +
             svg_text(0, 30, "address", "start", keep_end(client, 50)) +
             svg_text(at_.width, 14, "who server", "end", "server") +
             svg_text(at_.width, 46, "address", "end", keep_end(server, 50)) +
             (rungs_.box ? svg_text(at_.box, 64, "who box", "middle", rungs_.box_name)
                         : std::string());
    return svg_text(at_.client, 18, "who client", "middle", "client") +
           svg_text(at_.client, 36, "address", "middle", keep_end(client, 38)) +
           svg_text(at_.server, 18, "who server", "middle", "server") +
           svg_text(at_.server, 36, "address", "middle", keep_end(server, 44)) +
           (rungs_.box ? svg_text(at_.box, 18, "who box", "middle", rungs_.box_name)
                       : std::string());
  }

  /// A row that is no packet: a pause, packets not drawn, what comes after the end.
  void band(const Rung& rung) {
    const bool after = rung.kind == Rung::Kind::After;
    const double middle = (at_.client + at_.server) / 2.0;
    if (after)
      drawing_.draw(fmt::format(R"(<line class="cut" x1="{}" y1="{}" x2="{}" y2="{}"/>)",
                                at_.narrow() ? 0 : 8, y_ + 2, at_.width, y_ + 2));
    const auto lines = svg_lines(rung.note, at_.narrow() ? 46 : 70);
    y_ += after ? 20 : 16;
    for (const std::string& line : lines) {
      drawing_.draw(svg_text(middle, y_, after ? "band after" : "band", "middle", line));
      y_ += 17;
    }
    y_ += 4;
  }

  void packet(const Rung& rung) {
    const int top = y_;
    const int arrow = top + (at_.narrow() ? 42 : 26);
    labels(rung, top, arrow);
    int bottom = arrow + 12;
    if (!rung.records.empty()) bottom = records(rung, arrow + 6);
    arrow_line(rung, arrow);
    bottom = std::max(bottom, notes(rung, top, bottom));
    y_ = bottom + 6;
    if (rung.mark != Rung::Mark::None)
      drawing_.ground(fmt::format(
          R"(<rect class="row {}" x="0" y="{}" width="{}" height="{}" rx="6"/>)",
          rung.mark == Rung::Mark::Ended ? "ended" : "cited", top, at_.width, y_ - top - 2));
    y_ += 4;
  }

  /// Frame number, time and flags.
  void labels(const Rung& rung, int top, int arrow) {
    const std::string frame = fmt::format("#{}", number(rung.frame));
    if (at_.narrow()) {
      drawing_.draw(svg_text(18, top + 16, "frame", "start", frame + tag(rung)));
      drawing_.draw(svg_text(at_.width - 18, top + 16, "time", "end", rung.time + " s"));
    } else {
      drawing_.draw(svg_text(8, arrow - 6, "frame", "start", frame));
      drawing_.draw(svg_text(at_.client - 10, arrow - 6, "time", "end", rung.time));
      if (rung.mark != Rung::Mark::None)
        drawing_.draw(svg_text(8, arrow + 10, rung.mark == Rung::Mark::Ended ? "tag ended" : "tag",
                               "start", rung.mark == Rung::Mark::Ended ? rung.tag : "cited"));
    }
    const double middle = (at_.x(rung.from) + at_.x(rung.to)) / 2.0;
    drawing_.draw(
        svg_text(middle, arrow - 7, rung.reset ? "flags reset" : "flags", "middle", rung.flags));
  }

  static std::string tag(const Rung& rung) {
    return rung.mark == Rung::Mark::Ended   ? "  " + std::string(rung.tag)
           : rung.mark == Rung::Mark::Cited ? "  cited"
                                            : "";
  }

  void arrow_line(const Rung& rung, int y) {
    const int from = at_.x(rung.from), to = at_.x(rung.to);
    const int away = to > from ? -3 : 3;
    const std::string_view head = rung.mark == Rung::Mark::Ended ? "ended" : rail_class(rung.from);
    drawing_.draw(fmt::format(
        R"svg(<line class="arrow {}{}{}" x1="{}" y1="{}" x2="{}" y2="{}" marker-end="url(#{})"/>)svg",
        rail_class(rung.from), rung.mark == Rung::Mark::Ended ? " ended" : "",
        rung.from == Rung::Rail::Box ? " forged" : "", from, y, to + away, y, drawing_.head(head)));
    if (rung.from == Rung::Rail::Box)
      drawing_.draw(fmt::format(R"(<circle class="source box" cx="{}" cy="{}" r="5"/>)", from, y));
    if (rung.swallowed)
      drawing_.draw(
          fmt::format(R"(<path class="lost" d="M{} {}l12 12m0-12l-12 12"/>)", to - 6, y - 6));
  }

  /// The records as boxes below the arrow, as wide as their labels need and their bytes suggest.
  int records(const Rung& rung, int y) {
    constexpr int kHeight = 20, kGap = 4, kMargin = 14;
    const double room = std::abs(at_.x(rung.from) - at_.x(rung.to)) - 2.0 * kMargin;
    const auto& parts = rung.records;
    const std::size_t shown = std::min<std::size_t>(parts.size(), at_.narrow() ? 4 : 5);
    std::vector<std::string> labels;
    std::vector<double> widths;
    double total = 0;
    for (std::size_t i = 0; i < shown; ++i) {
      const bool last = i + 1 == shown && parts.size() > shown;
      labels.push_back(last ? fmt::format("{} more", parts.size() - i)
                            : fmt::format("{}{}{}", parts[i].begun_before ? "… " : "",
                                          parts[i].label, parts[i].goes_on ? " …" : ""));
      widths.push_back(static_cast<double>(width(labels.back())) * at_.letter + 14);
      total += widths.back() + kGap;
    }
    const double scale = total - kGap > room ? (room + kGap) / total : 1;
    const double used = (total * scale) - kGap;
    double x = (at_.x(rung.from) + at_.x(rung.to)) / 2.0 - used / 2;
    for (std::size_t i = 0; i < shown; ++i) {
      const double wide = widths[i] * scale;
      const auto columns = static_cast<std::size_t>(std::max(1.0, (wide - 8) / at_.letter));
      drawing_.draw(fmt::format(
          R"(<rect class="record {}{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="4"/>)",
          rail_class(rung.from), parts[i].tls ? "" : " other", x, y, wide, kHeight));
      drawing_.draw(
          svg_text(x + wide / 2, y + 14, "record", "middle", keep_begin(labels[i], columns)));
      x += wide + kGap;
    }
    return y + kHeight + 4;
  }

  /// The header's fields and the note. Returns where they end.
  int notes(const Rung& rung, int top, int bottom) {
    std::string note = rung.note;
    if (rung.too_late) note += (note.empty() ? "" : "; ") + std::string("sent after the reset");
    const auto lines = svg_lines(note, at_.note_columns - (rung.too_late ? kBoldTakes : 0));
    const int x = at_.narrow() ? 18 : at_.notes;
    int y = at_.narrow() ? bottom + 10 : top + 18;
    drawing_.draw(svg_text(x, y, "detail", "start", rung.detail));
    for (const std::string& line : lines) {
      y += 15;
      drawing_.draw(svg_text(x, y, rung.too_late ? "note late" : "note", "start", line));
    }
    return y + 6;
  }

  const JudgedFlow& flow_;
  const Layout& at_;
  Rungs rungs_;
  SvgDrawing drawing_;
  int y_{};
};

}  // namespace

std::string svg_ladder(const JudgedFlow& flow, LadderWidth width) {
  return width == LadderWidth::Wide ? Drawing(flow, kWide, "wide").draw()
                                    : Drawing(flow, kNarrow, "narrow").draw();
}

}  // namespace whohungup
