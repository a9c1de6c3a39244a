// What ladder diagrams are put together from: words, arrow heads, rails, and the drawing itself in
// pieces one below the other, so that a printer may turn the page between two of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace whohungup {

std::string svg_text(double x, int y, std::string_view style, std::string_view anchor,
                     std::string_view words);

/// A text broken into lines of at most so many columns.
std::vector<std::string> svg_lines(std::string_view text, std::size_t columns);

struct SvgRail {
  std::string_view kind;
  int x{};
};

class SvgDrawing {
 public:
  /// `variant` is "wide" or "narrow"; heads of arrows are called "NAME-VARIANT-KIND", which no
  /// other drawing on the page must be.
  SvgDrawing(std::string_view name, std::string_view variant, int width)
      : id_(std::string(name) + "-" + std::string(variant)), variant_(variant), width_(width) {}

  /// Rails run from there to the end.
  void rails(std::vector<SvgRail> rails, int from) {
    rails_ = std::move(rails);
    rails_from_ = from;
  }
  /// Below the rails, and above them.
  void ground(std::string_view svg) { ground_ += svg; }
  void draw(std::string_view svg) { body_ += svg; }
  /// Ends a piece: what was drawn lies between the end of the one before and here.
  void cut(int y);
  /// "NAME-VARIANT-KIND"
  [[nodiscard]] std::string head(std::string_view kind) const {
    return id_ + "-" + std::string(kind);
  }

  /// The whole of it. The label says what is to be seen, for those who do not see it.
  [[nodiscard]] std::string whole(std::string_view label) const;

 private:
  struct Piece {
    int top{}, bottom{};
    std::string ground, body;
  };
  [[nodiscard]] std::string heads() const;
  [[nodiscard]] std::string rails_of(const Piece&) const;

  std::string id_, variant_;
  int width_;
  std::vector<SvgRail> rails_;
  int rails_from_{};
  std::string ground_, body_;  // of the piece that is being drawn
  std::vector<Piece> pieces_;
};

}  // namespace whohungup
