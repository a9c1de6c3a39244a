// Looking at bytes as text without trusting them: views, case-blind comparison, words. ASCII only;
// protocol keywords never are anything else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "dissect/bytes.h"

namespace whohungup::text {

inline std::string_view view(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool same(char a, char b) { return lower(a) == lower(b); }

constexpr bool equals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}
constexpr bool begins(std::string_view whole, std::string_view start) {
  return whole.size() >= start.size() && equals(whole.substr(0, start.size()), start);
}
constexpr bool contains(std::string_view whole, std::string_view part) {
  return std::search(whole.begin(), whole.end(), part.begin(), part.end(), same) != whole.end() ||
         part.empty();
}

/// Without white space and line ends in front and behind.
constexpr std::string_view trimmed(std::string_view s) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = s.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kBlank) - first + 1);
}

/// Takes the next word (up to a blank) off the front of `rest`; empty at the end.
constexpr std::string_view next_word(std::string_view& rest) {
  rest = trimmed(rest);
  const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

/// The first line, without its line end.
constexpr std::string_view first_line(std::string_view s) {
  return trimmed(s.substr(0, std::min(s.find('\n'), s.size())));
}

/// The three digits a reply begins with ("250-…" gives 250), or 0.
constexpr int reply_code(std::string_view line) {
  if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2])) return 0;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-' && line[3] != '\r' && line[3] != '\n')
    return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/// A word a box on the path wrote over another: XXXX, XXXXXXXA, XXXXXXXXB (Cisco PIX and ASA
/// `inspect esmtp` keep the length and may number what they masked).
constexpr bool is_masked(std::string_view word) {
  if (word.size() < 4) return false;
  const std::string_view front = word.substr(0, word.size() - 1);
  const char last = word.back();
  return front.find_first_not_of('X') == std::string_view::npos && last >= 'A' && last <= 'Z';
}

}  // namespace whohungup::text
