#include "cli/report/escape.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "cli/report/plain_text.h"

namespace whohungup {
namespace {

/// One code point of UTF-8, or one byte that begins none.
struct CodePoint {
  std::uint32_t value{};
  std::size_t bytes{};
  bool valid{};
};

constexpr unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// The first code point of a non-empty text (RFC 3629: no overlong forms, no surrogates).
CodePoint first_code_point(std::string_view text) {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {lead, 1, false};
  std::uint32_t value = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80) return {lead, 1, false};
    value = (value << 6U) | (byte_at(text, i) & 0x3fU);
  }
  const std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
    return {lead, 1, false};
  return {value, length, true};
}

/// What a terminal obeys or hides: C0 and C1 controls, direction marks, zero-width characters,
/// line separators, tags.
bool dangerous(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) ||
         (c >= 0xe0000 && c <= 0xe0fff);
}

/// Walks the code points of `text` and joins what `show` makes of each.
template <class Show>
std::string map_code_points(std::string_view text, Show show) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    show(out, c, text.substr(0, c.bytes));
    text.remove_prefix(c.bytes);
  }
  return out;
}

/// How many bytes at the front are ASCII.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word{};
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighs) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

void append_json_escape(TextBuffer& out, std::uint32_t c) {
  if (c >= 0x10000) {  // a surrogate pair (RFC 8259 §7)
    append_json_escape(out, 0xd800 + ((c - 0x10000) >> 10U));
    append_json_escape(out, 0xdc00 + ((c - 0x10000) & 0x3ffU));
    return;
  }
  out.append(fmt::format("\\u{:04x}", c));
}

/// Where to cut instead of `at`, if an escape (\xNN, \u{NNNN}) lies across it.
std::size_t before_a_cut_escape(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongest = 10;  // \u{10ffff}
  const std::size_t escape = at == 0 ? std::string_view::npos : text.rfind('\\', at - 1);
  if (escape == std::string_view::npos || escape + kLongest < at) return at;
  const std::string_view rest = text.substr(escape + 1);
  std::size_t length = 0;
  if (rest.starts_with("x")) length = 4;
  if (rest.starts_with("u{")) length = rest.substr(0, kLongest).find('}') + 2;
  return escape + length > at ? escape : at;
}

}  // namespace

std::string ascii_only(std::string_view hostile) {
  const auto shown = [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; };
  if (std::all_of(hostile.begin(), hostile.end(), shown)) return std::string(hostile);
  std::string out;
  out.reserve(hostile.size());
  for (const char c : hostile) {
    if (shown(c))
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

void append_ascii_only(TextBuffer& out, std::string_view hostile) {
  char* const to = out.room(hostile.size());
  if (copy_plain(to, hostile.data(), hostile.size()) == hostile.size())
    out.took(to + hostile.size());
  else
    out.append(ascii_only(hostile));
}

std::string utf8_name(std::string_view hostile) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; };
  if (std::all_of(hostile.begin(), hostile.end(), plain)) return std::string(hostile);
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  const char* const end = hostile.data() + hostile.size();
  return map_code_points(hostile, [&](std::string& out, CodePoint c, std::string_view bytes) {
    const char* const next = bytes.data() + bytes.size();
    const bool looks_escaped =
        c.value == '\\' && end - next >= 3 && next[0] == 'x' && is_hex(next[1]) && is_hex(next[2]);
    if (!c.valid || looks_escaped)
      out += fmt::format("\\x{:02x}", c.value);
    else
      out += bytes;
  });
}

std::string harmless(std::string_view sentence) {
  // Sentences of ours, and most of what others put into them.
  const bool plain =
      std::all_of(sentence.begin(), sentence.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (plain) return std::string(sentence);
  return map_code_points(sentence, [](std::string& out, CodePoint c, std::string_view bytes) {
    if (!c.valid || (c.value < 0x80 && dangerous(c.value)))
      out += fmt::format("\\x{:02x}", c.value);
    else if (dangerous(c.value))
      out += fmt::format("\\u{{{:04x}}}", c.value);
    else
      out += bytes;
  });
}

std::string json_string(std::string_view hostile) {
  TextBuffer out;
  append_json_string(out, hostile);
  return std::string(out.view());
}

void append_json_string(TextBuffer& out, std::string_view hostile) {
  out.push('"');
  while (!hostile.empty()) {
    char* const to = out.room(hostile.size());
    const std::size_t plain = copy_plain(to, hostile.data(), hostile.size());
    out.took(to + plain);
    hostile.remove_prefix(plain);
    if (hostile.empty()) break;
    const CodePoint c = first_code_point(hostile);
    if (!c.valid) {
      out.append(fmt::format("\\\\x{:02x}", c.value));
    } else if (c.value == '"' || c.value == '\\') {
      out.push('\\');
      out.push(static_cast<char>(c.value));
    } else if (dangerous(c.value)) {
      append_json_escape(out, c.value);
    } else {
      out.append(hostile.substr(0, c.bytes));
    }
    hostile.remove_prefix(c.bytes);
  }
  out.push('"');
}

std::string shell_word(std::string_view word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./+:,@%=").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::size_t width(std::string_view utf8) {
  std::size_t columns = ascii_prefix(utf8);  // all of most texts
  utf8.remove_prefix(columns);
  while (!utf8.empty()) {
    utf8.remove_prefix(first_code_point(utf8).bytes);
    ++columns;
  }
  return columns;
}

std::string keep_end(std::string_view utf8, std::size_t columns) {
  std::size_t over = width(utf8);
  if (over <= columns) return std::string(utf8);
  if (columns == 0) return {};
  for (over -= columns - 1; over > 0; --over) utf8.remove_prefix(first_code_point(utf8).bytes);
  return "…" + std::string(utf8);
}

std::string keep_begin(std::string_view utf8, std::size_t columns) {
  if (width(utf8) <= columns) return std::string(utf8);
  if (columns == 0) return {};
  std::size_t bytes = 0;
  for (std::size_t kept = 0; kept + 1 < columns; ++kept)
    bytes += first_code_point(utf8.substr(bytes)).bytes;
  return std::string(utf8.substr(0, before_a_cut_escape(utf8, bytes))) + "…";
}

std::string padded(std::string_view utf8, std::size_t columns) {
  std::string text(utf8);
  const std::size_t taken = width(utf8);
  if (taken < columns) text.append(columns - taken, ' ');
  return text;
}

}  // namespace whohungup
