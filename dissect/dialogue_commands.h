// Lines of text as the protocols of dialogue_lines.cpp use them: commands of the client, replies of
// the server.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "dissect/bytes.h"
#include "dissect/plaintext_text.h"

namespace whohungup::dialogues {

using Words = std::initializer_list<std::string_view>;

inline bool one_of(std::string_view word, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view known) { return text::equals(word, known); });
}

struct Line {
  std::size_t offset{};
  std::size_t bytes{};    // line end included
  std::string_view text;  // without line end
  bool complete{};
  [[nodiscard]] std::size_t end() const { return offset + bytes; }
};

std::vector<Line> split(Bytes bytes);
/// The line as printable text.
std::string excerpt(const Line& line);
Bytes bytes_of(const Line& line);

/// Servers that answer in words are given the codes those words stand for.
inline constexpr int kYes = 200;
inline constexpr int kContinue = 300;
inline constexpr int kNo = 500;

struct Protocol {
  std::string_view name;
  std::string_view asks;  // STARTTLS, or AUTH (with TLS or SSL behind it)
  int go;                 // the reply that grants it
  Words goes_on;          // commands of a client that does without TLS
  Words opaque;           // after these the client's lines are no commands
};

/// The protocol of that name, or null.
const Protocol* find(std::string_view name);
bool answers_in_codes(std::string_view name);

struct Command {
  std::size_t line{};
  std::string_view tag;  // IMAP
  std::string_view verb;
  std::string_view argument;
};

std::vector<Command> read_commands(const Protocol& protocol, const std::vector<Line>& lines);
/// Whether the command asks for TLS.
bool asks(const Protocol& protocol, const Command& command);

struct Reply {
  std::size_t first{}, end{};  // its lines
  int code{};
  std::string_view tag;  // IMAP; "*" for a greeting or a BYE
};

/// The server's lines gathered to replies, each of which answers a command or is the greeting.
std::vector<Reply> read_replies(const Protocol& protocol, const std::vector<Line>& lines,
                                const std::vector<Command>& commands);

}  // namespace whohungup::dialogues
