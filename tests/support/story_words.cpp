// Splitting story lines into words and reading numbers, times, texts and addresses off them.
#include "tests/support/story_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "tests/support/story.h"

namespace whohungup::story {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// One past the closing quote, or the end of the line.
std::size_t end_of_quote(std::string_view line, std::size_t open) {
  std::size_t i = open + 1;
  while (i < line.size() && line[i] != '"') i += line[i] == '\\' ? 2U : 1U;
  return std::min(i + 1, line.size());
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Words::Words(std::string_view line, std::size_t number) : line_(number) {
  std::size_t i = 0;
  while (i < line.size() && line[i] != '#') {
    if (is_blank(line[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    if (line[i] == '"')
      end = end_of_quote(line, i);
    else
      while (end < line.size() && !is_blank(line[end])) ++end;
    words_.emplace_back(line.substr(i, end - i));
    i = end;
  }
}

std::string_view Words::next() {
  if (!more()) fail("the line ends too early");
  return words_[next_++];
}

bool Words::accept(std::string_view word) {
  if (!more() || peek() != word) return false;
  ++next_;
  return true;
}

std::int64_t Words::number() {
  const std::string_view word = next();
  const bool negative = word.starts_with('-');
  std::string_view digits = word.substr(negative ? 1 : 0);
  const bool hexadecimal = digits.starts_with("0x");
  if (hexadecimal) digits.remove_prefix(2);
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    fail(fmt::format("'{}' is no number", word));
  return negative ? -value : value;
}

Duration Words::time(Duration previous) {
  std::string_view word = next();
  const bool since_previous = word.starts_with('+');
  if (since_previous) word.remove_prefix(1);
  double seconds = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), seconds);
  if (word.empty() || error != std::errc{} || end != word.data() + word.size())
    fail(fmt::format("'{}' is neither a setting nor a time", word));
  const Duration read{std::llround(seconds * 1e9)};
  return since_previous ? previous + read : read;
}

Octets Words::quoted() {
  const std::string_view word = next();
  if (word.size() < 2 || word.front() != '"' || word.back() != '"') fail("expected \"text\"");
  Octets out;
  for (std::size_t i = 1; i + 1 < word.size(); ++i) {
    char c = word[i];
    if (c == '\\' && i + 2 < word.size()) {
      c = word[++i];
      if (c == 'r') c = '\r';
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
      if (c == 'x' && i + 3 < word.size()) {
        c = static_cast<char>(hex_digit(word[i + 1]) * 16 + hex_digit(word[i + 2]));
        i += 2;
      }
    }
    out.push_back(static_cast<std::uint8_t>(c));
  }
  return out;
}

Octets Words::hex() {
  const std::string_view word = next();
  Octets out;
  for (std::size_t i = 0; i + 1 < word.size(); i += 2) {
    const int high = hex_digit(word[i]), low = hex_digit(word[i + 1]);
    if (high < 0 || low < 0) fail(fmt::format("'{}' is not hexadecimal", word));
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  if (word.size() % 2 != 0) fail(fmt::format("'{}' is not hexadecimal", word));
  return out;
}

Address Words::address() {
  const std::string_view word = next();
  const auto address = read_address(word);
  if (!address) fail(fmt::format("'{}' is no address", word));
  return *address;
}

void Words::fail(std::string_view what) const {
  throw StoryError(fmt::format("story line {}: {}", line_, what));
}

}  // namespace whohungup::story
