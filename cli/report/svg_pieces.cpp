#include "cli/report/svg_pieces.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "cli/report/escape.h"
#include "cli/report/html.h"
#include "cli/report/words.h"

namespace whohungup {

std::string svg_text(double x, int y, std::string_view style, std::string_view anchor,
                     std::string_view words) {
  if (words.empty()) return {};
  return fmt::format(R"(<text x="{:.0f}" y="{}" class="{}" text-anchor="{}">{}</text>)", x, y,
                     style, anchor, html_text(words));
}

std::vector<std::string> svg_lines(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  if (text.empty()) return lines;
  const std::string all = wrapped("", text, columns);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    lines.push_back(keep_begin(all.substr(at, end - at), columns));
    at = end + 1;
  }
  return lines;
}

void SvgDrawing::cut(int y) {
  const int top = pieces_.empty() ? 0 : pieces_.back().bottom;
  pieces_.push_back({top, y, std::exchange(ground_, {}), std::exchange(body_, {})});
}

std::string SvgDrawing::heads() const {
  std::string defs = "<defs>";
  for (const std::string_view kind : {"client", "server", "box", "ended"})
    defs += fmt::format(
        R"(<marker id="{}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="14" )"
        R"(markerHeight="14" markerUnits="userSpaceOnUse" orient="auto-start-reverse" class="head {}"><path d="M0 0 10 5 0 10z"/></marker>)",
        head(kind), kind);
  return defs + "</defs>";
}

// A unit into the next one: pieces are as high as the browser rounds them.
std::string SvgDrawing::rails_of(const Piece& piece) const {
  const int from = std::max(piece.top, rails_from_);
  const int to = &piece == &pieces_.back() ? piece.bottom - 4 : piece.bottom + 1;
  std::string lines;
  for (const SvgRail& rail : rails_)
    lines += fmt::format(R"(<line class="rail {}" x1="{}" y1="{}" x2="{}" y2="{}"/>)", rail.kind,
                         rail.x, from, rail.x, to);
  return lines;
}

std::string SvgDrawing::whole(std::string_view label) const {
  std::string out = fmt::format(R"(<div class="ladder {}" role="img" aria-label="{}">)", variant_,
                                html_text(label));
  for (const Piece& piece : pieces_)
    out +=
        fmt::format("<svg viewBox=\"0 {} {} {}\" aria-hidden=\"true\">{}{}{}{}</svg>\n", piece.top,
                    width_, piece.bottom - piece.top, &piece == &pieces_.front() ? heads() : "",
                    piece.ground, rails_of(piece), piece.body);
  return out + "</div>\n";
}

}  // namespace whohungup
