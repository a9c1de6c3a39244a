// See dialogue_commands.h.
#include "dissect/dialogue_commands.h"

#include "dissect/plaintext.h"

namespace whohungup::dialogues {

using text::begins;
using text::equals;
using text::next_word;
using text::reply_code;
using text::trimmed;

namespace {

/// A side that has not asked for TLS within so many lines is doing something else.
constexpr std::size_t kMostLines = 500;

const Protocol kProtocols[] = {
    {"imap", "STARTTLS", kYes, {"LOGIN", "AUTHENTICATE", "SELECT", "EXAMINE"}, {"APPEND"}},
    {"pop3", "STLS", kYes, {"USER", "APOP", "AUTH"}, {}},
    {"smtp", "STARTTLS", 220, {"MAIL", "AUTH"}, {"DATA", "BDAT"}},
    {"lmtp", "STARTTLS", 220, {"MAIL", "AUTH"}, {"DATA", "BDAT"}},
    {"smtp-or-ftp", "STARTTLS", 220, {}, {}},
    {"ftp", "AUTH", 234, {"USER", "PASS"}, {}},
    {"nntp", "STARTTLS", 382, {"AUTHINFO", "GROUP", "ARTICLE", "LIST"}, {"POST", "IHAVE"}},
    {"sieve", "STARTTLS", kYes, {"AUTHENTICATE"}, {"AUTHENTICATE", "PUTSCRIPT"}},
};

std::size_t past_dot(const std::vector<Line>& lines, std::size_t at) {
  while (at < lines.size() && lines[at].text != ".") ++at;
  return std::min(at + 1, lines.size());
}

/// The line of `code` and a blank that ends a reply begun with `code` and a hyphen.
std::size_t past_last_line(const std::vector<Line>& lines, std::size_t at) {
  const int code = reply_code(lines[at].text);
  for (; at < lines.size(); ++at) {
    const std::string_view text = lines[at].text;
    if (reply_code(text) == code && (text.size() == 3 || text[3] != '-')) return at + 1;
  }
  return at;
}

std::vector<Reply> read_coded_replies(const Protocol& protocol, const std::vector<Line>& lines) {
  std::vector<Reply> out;
  for (std::size_t at = 0; at < lines.size();) {
    Reply reply{.first = at, .end = at + 1, .code = reply_code(lines[at].text), .tag = {}};
    if (reply.code != 0) reply.end = past_last_line(lines, at);
    const bool has_block = reply.code == 100 || reply.code == 101 || reply.code == 215;
    if (protocol.name == "nntp" && has_block) reply.end = past_dot(lines, reply.end);
    at = reply.end;
    const bool preliminary = protocol.name == "ftp" && reply.code / 100 == 1;
    if (reply.code != 0 && !preliminary) out.push_back(reply);
  }
  return out;
}

/// RFC 1939 §3, RFC 2449 §5: some commands are answered with lines up to a dot.
std::vector<Reply> read_pop3_replies(const std::vector<Line>& lines,
                                     const std::vector<Command>& commands) {
  std::vector<Reply> out;
  for (std::size_t at = 0; at < lines.size();) {
    const std::string_view text = lines[at].text;
    Reply reply{.first = at, .end = at + 1, .code = kContinue, .tag = {}};
    if (begins(text, "+OK")) reply.code = kYes;
    if (begins(text, "-ERR")) reply.code = kNo;
    if (reply.code == kYes && !out.empty() && out.size() <= commands.size()) {
      const Command& command = commands[out.size() - 1];
      const bool lists = one_of(command.verb, {"LIST", "UIDL", "AUTH"}) && command.argument.empty();
      if (lists || one_of(command.verb, {"CAPA", "RETR", "TOP"}))
        reply.end = past_dot(lines, reply.end);
    }
    at = reply.end;
    out.push_back(reply);
  }
  return out;
}

std::vector<Reply> read_sieve_replies(const std::vector<Line>& lines) {
  std::vector<Reply> out;
  std::size_t first = 0;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    std::string_view rest = lines[at].text;
    const std::string_view word = next_word(rest);
    const bool yes = equals(word, "OK");
    if (!yes && !equals(word, "NO") && !equals(word, "BYE")) continue;
    out.push_back({first, at + 1, yes ? kYes : kNo, {}});
    first = at + 1;
  }
  return out;
}

std::vector<Reply> read_imap_replies(const std::vector<Line>& lines) {
  std::vector<Reply> out;
  std::size_t first = 0;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    std::string_view rest = lines[at].text;
    const std::string_view tag = next_word(rest);
    const std::string_view word = next_word(rest);
    const bool greets = at == 0 && one_of(word, {"OK", "PREAUTH"});
    const bool leaves = equals(word, "BYE");
    if (tag == "*" && !greets && !leaves) continue;
    int code = kContinue;
    if (one_of(word, {"OK", "PREAUTH"})) code = kYes;
    if (one_of(word, {"NO", "BAD", "BYE"})) code = kNo;
    out.push_back({first, at + 1, code, tag});
    first = at + 1;
  }
  return out;
}

}  // namespace

std::vector<Line> split(Bytes bytes) {
  const std::string_view all = text::view(bytes);
  std::vector<Line> out;
  for (std::size_t at = 0; at < all.size() && out.size() < kMostLines;) {
    const std::size_t newline = all.find('\n', at);
    const std::size_t end = newline == std::string_view::npos ? all.size() : newline + 1;
    std::string_view text = all.substr(at, end - at);
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    out.push_back({at, end - at, text, newline != std::string_view::npos});
    at = end;
  }
  return out;
}

std::string excerpt(const Line& line) {
  return printable({reinterpret_cast<const std::uint8_t*>(line.text.data()), line.text.size()});
}
Bytes bytes_of(const Line& line) {
  return {reinterpret_cast<const std::uint8_t*>(line.text.data()), line.text.size()};
}
const Protocol* find(std::string_view name) {
  for (const Protocol& protocol : kProtocols)
    if (protocol.name == name) return &protocol;
  return nullptr;
}

bool answers_in_codes(std::string_view name) {
  return one_of(name, {"smtp", "lmtp", "ftp", "nntp", "smtp-or-ftp"});
}
std::vector<Command> read_commands(const Protocol& protocol, const std::vector<Line>& lines) {
  std::vector<Command> out;
  for (std::size_t i = 0; i < lines.size() && lines[i].complete; ++i) {
    std::string_view rest = lines[i].text;
    Command command{i, {}, {}, {}};
    if (protocol.name == "imap") command.tag = next_word(rest);
    command.verb = next_word(rest);
    command.argument = trimmed(rest);
    out.push_back(command);
    if (one_of(command.verb, protocol.opaque)) break;
  }
  return out;
}

bool asks(const Protocol& protocol, const Command& command) {
  if (protocol.asks == "AUTH")
    return equals(command.verb, "AUTH") &&
           one_of(command.argument, {"TLS", "SSL", "TLS-C", "TLS-P"});
  return equals(command.verb, protocol.asks);
}

std::vector<Reply> read_replies(const Protocol& protocol, const std::vector<Line>& lines,
                                const std::vector<Command>& commands) {
  if (protocol.name == "imap") return read_imap_replies(lines);
  if (protocol.name == "pop3") return read_pop3_replies(lines, commands);
  if (protocol.name == "sieve") return read_sieve_replies(lines);
  return read_coded_replies(protocol, lines);
}

}  // namespace whohungup::dialogues
