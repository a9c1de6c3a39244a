#include "analyze/explain_clean.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace whohungup {
namespace {

constexpr char kEscape = '\x1b', kBell = '\x07';

/// What a Windows console redirects to a file: UTF-16, of which the texts need the ASCII alone.
std::string without_utf16(std::string_view text) {
  const bool little = text.starts_with("\xff\xfe"), big = text.starts_with("\xfe\xff");
  // Half of English in UTF-16 is zeros; without them the mark is two bytes of anything.
  const auto zeros = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\0'));
  if ((!little && !big) || zeros * 4 < text.size()) return std::string(text);
  std::string out;
  for (std::size_t at = 2; at + 1 < text.size(); at += 2) {
    const char low = text[little ? at : at + 1], high = text[little ? at + 1 : at];
    out += high == '\0' ? low : '?';
  }
  return out;
}

/// Where an escape sequence ends (ECMA-48): behind its final byte.
std::size_t end_of_escape(std::string_view text, std::size_t at) {
  const auto is_within = [](char c, char first, char last) { return c >= first && c <= last; };
  if (++at >= text.size()) return at;
  if (text[at] == '[') {
    for (++at; at < text.size() && is_within(text[at], ' ', '?');) ++at;
    return std::min(at + 1, text.size());
  }
  if (text[at] == ']') {  // a title, to the bell or to ESC backslash; not over a line's end
    while (at < text.size() && text[at] != kBell && text[at] != kEscape && text[at] != '\n') ++at;
    return at < text.size() && text[at] == kBell ? at + 1 : at;
  }
  return at + 1;
}

std::string without_escapes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == kEscape) {
      at = end_of_escape(text, at);
      continue;
    }
    const bool ends_line = text[at] == '\r' && at + 1 < text.size() && text[at + 1] != '\n' &&
                           text[at + 1] != '\r';  // a bare CR: a progress line, or an old Mac's
    out += ends_line ? '\n' : text[at];
    ++at;
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  for (;;) {
    const std::size_t at = text.find(what);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += with;
    text.remove_prefix(at + what.size());
  }
}

std::optional<char> hex_at(std::string_view text, std::size_t at) {
  unsigned value = 0;
  for (std::size_t i = at; i < at + 2; ++i) {
    if (i >= text.size()) return std::nullopt;
    const char c = text[i];
    if (c >= '0' && c <= '9')
      value = value * 16 + static_cast<unsigned>(c - '0');
    else if (c >= 'A' && c <= 'F')
      value = value * 16 + static_cast<unsigned>(c - 'A') + 10;
    else
      return std::nullopt;
  }
  return static_cast<char>(value);
}

/// Quoted-printable as it stands in a mail's source: soft line breaks and "=3D". A text without
/// either stays as it is: "errno=10" is no escape there.
std::string without_quoted_printable(const std::string& text) {
  const bool quoted = text.find("=3D") != std::string::npos ||
                      (text.find("=\n") != std::string::npos && text.find("=20") != text.npos) ||
                      text.find("=E2=80=") != std::string::npos;
  if (!quoted) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '=') {
      out += text[at];
    } else if (at + 1 < text.size() && text[at + 1] == '\n') {
      ++at;
    } else if (const auto byte = hex_at(text, at + 1)) {
      out += *byte;
      at += 2;
    } else {
      out += '=';
    }
  }
  return out;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kHtml{{
    {"<br>", "\n"},
    {"<br/>", "\n"},
    {"<br />", "\n"},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&quot;", "\""},
    {"&#34;", "\""},
    {"&#39;", "'"},
    {"&#x27;", "'"},
    {"&apos;", "'"},
    {"&#x2F;", "/"},
    {"&nbsp;", " "},
    {"&#10;", "\n"},
    {"&amp;", "&"},  // the last: "&amp;lt;" was "&lt;" in the text
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kTypography{{
    {"\xe2\x80\x98", "'"},
    {"\xe2\x80\x99", "'"},
    {"\xe2\x80\x9c", "\""},
    {"\xe2\x80\x9d", "\""},
    {"\xc2\xa0", " "},
    {"\xe2\x80\x8b", ""},
    {"\xef\xbb\xbf", ""},
    {"\xe2\x80\x93", "-"},
}};

/// Without "> > ", as mail and Markdown quote lines.
std::string without_quoting(const std::string& text) {
  std::string out;
  bool at_begin = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at_begin && text[at] == '>') {
      if (at + 1 < text.size() && text[at + 1] == ' ') ++at;
      continue;
    }
    at_begin = text[at] == '\n';
    out += text[at];
  }
  return out;
}

}  // namespace

std::string cleaned(std::string_view text) {
  std::string out = without_escapes(without_utf16(text));
  if (out.find("\r\n") != std::string::npos) out = replaced(out, "\r\n", "\n");
  out = without_quoted_printable(out);
  if (out.find('&') != std::string::npos || out.find("<br") != std::string::npos)
    for (const auto& [what, with] : kHtml) out = replaced(out, what, with);
  for (const auto& [what, with] : kTypography)
    if (out.find(what) != std::string::npos) out = replaced(out, what, with);
  // A log in JSON, or a string copied out of source, has its line ends spelt out.
  if (out.find('\n') == std::string::npos || out.find("\",\"") != std::string::npos)
    out = replaced(out, "\\n", "\n");
  return without_quoting(out);
}

}  // namespace whohungup
