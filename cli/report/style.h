// How text is shown to people: its width, and colour, which never says anything the words do not
// say too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace whohungup {

/// What a terminal beside an editor has, and what a ticket keeps without wrapping.
inline constexpr std::size_t kColumns = 100;

/// Wraps text in the escape sequences of a terminal, or leaves it alone.
class Style {
 public:
  explicit Style(bool colour, std::size_t columns = kColumns)
      : colour_(colour), columns_(columns) {}

  /// Lines should be no longer than this.
  [[nodiscard]] std::size_t columns() const { return columns_; }

  /// What stands before and behind bold text.
  [[nodiscard]] std::string_view bold_on() const { return colour_ ? "\x1b[1m" : ""; }
  [[nodiscard]] std::string_view off() const { return colour_ ? "\x1b[0m" : ""; }
  [[nodiscard]] std::string bold(std::string_view text) const { return in("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return in("2", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return in("31", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return in("32", text); }

 private:
  [[nodiscard]] std::string in(std::string_view code, std::string_view text) const {
    if (!colour_) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
  }
  bool colour_;
  std::size_t columns_;
};

}  // namespace whohungup
