// Dialogues made of lines: imap pop3 smtp lmtp sieve ftp nntp. The client's lines are commands,
// the server's are gathered to replies, and a command is matched with its reply: by the tag
// (IMAP), else by counting, which pipelining does not upset.
#include <algorithm>
#include <initializer_list>

#include "dissect/dialogue_readers.h"
#include "dissect/plaintext.h"
#include "dissect/plaintext_text.h"

namespace whohungup::dialogues {
namespace {

using text::begins;
using text::contains;
using text::equals;
using text::next_word;
using text::reply_code;
using text::trimmed;

using Words = std::initializer_list<std::string_view>;

bool one_of(std::string_view word, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view known) { return equals(word, known); });
}

// ---- lines

struct Line {
  std::size_t offset{};
  std::size_t bytes{};    // line end included
  std::string_view text;  // without line end
  bool complete{};
  [[nodiscard]] std::size_t end() const { return offset + bytes; }
};

/// A side that has not asked for TLS within so many lines is doing something else.
constexpr std::size_t kMostLines = 500;

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

// ---- the protocols

/// Servers that answer in words are given the codes those words stand for.
constexpr int kYes = 200;
constexpr int kContinue = 300;
constexpr int kNo = 500;

struct Protocol {
  std::string_view name;
  std::string_view asks;  // STARTTLS, or AUTH (with TLS or SSL behind it)
  int go;                 // the reply that grants it
  Words goes_on;          // commands of a client that does without TLS
  Words opaque;           // after these the client's lines are no commands
};

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

const Protocol* find(std::string_view name) {
  for (const Protocol& protocol : kProtocols)
    if (protocol.name == name) return &protocol;
  return nullptr;
}

bool answers_in_codes(std::string_view name) {
  return one_of(name, {"smtp", "lmtp", "ftp", "nntp", "smtp-or-ftp"});
}

// ---- which one it is

Bytes bytes_of(const Line& line) {
  return {reinterpret_cast<const std::uint8_t*>(line.text.data()), line.text.size()};
}

/// What the client's first commands say; a bare STARTTLS is told by the reply.
std::string_view name_by_client(const std::vector<Line>& client, std::string_view reply) {
  constexpr std::size_t kFirstCommands = 8;
  for (const Line& line : std::span(client).first(std::min(client.size(), kFirstCommands))) {
    if (equals(trimmed(line.text), "STARTTLS")) {
      const int code = reply_code(reply);
      if (code == 382 || code == 580) return "nntp";
      return begins(reply, "OK") || begins(reply, "NO") ? "sieve" : "smtp";
    }
    const auto named = recognise_client_plaintext(bytes_of(line));
    if (!named) continue;
    if (find(named->protocol) != nullptr) return named->protocol;
    if (named->protocol != "unknown") return {};
  }
  return {};
}

/// Whether a server whose greeting is not at hand could be speaking this protocol.
bool could_be(std::string_view name, const std::vector<Line>& client, std::string_view reply) {
  if (answers_in_codes(name)) return reply_code(reply) != 0;
  if (name == "sieve") return begins(reply, "OK") || begins(reply, "NO") || begins(reply, "\"");
  if (name != "imap" || client.empty()) return false;
  std::string_view command = client.front().text;
  return next_word(command) == next_word(reply);
}

std::string_view name_protocol(const std::vector<Line>& client, Bytes from_server) {
  const std::string_view reply = text::first_line(text::view(from_server));
  const std::string_view by_client = name_by_client(client, reply);
  const auto named = recognise_server_plaintext(from_server);
  if (!named) return from_server.empty() ? by_client : std::string_view{};
  const std::string_view by_server = named->protocol;
  if (by_server == "smtp" && by_client == "lmtp") return by_client;
  if (by_server == "smtp-or-ftp") {
    if (one_of(by_client, {"smtp", "lmtp", "ftp"})) return by_client;
    const bool logs_in = !client.empty() && begins(client.front().text, "USER ");
    return logs_in ? "ftp" : by_server;
  }
  if (find(by_server) != nullptr) return by_server;
  if (by_server == "inspected") return by_client.empty() && reply_code(reply) ? "smtp" : by_client;
  if (by_server == "unknown" && could_be(by_client, client, reply)) return by_client;
  return {};
}

// ---- commands

struct Command {
  std::size_t line{};
  std::string_view tag;  // IMAP
  std::string_view verb;
  std::string_view argument;
};

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

// ---- replies

struct Reply {
  std::size_t first{}, end{};  // its lines
  int code{};
  std::string_view tag;  // IMAP; "*" for a greeting or a BYE
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

std::vector<Reply> read_replies(const Protocol& protocol, const std::vector<Line>& lines,
                                const std::vector<Command>& commands) {
  if (protocol.name == "imap") return read_imap_replies(lines);
  if (protocol.name == "pop3") return read_pop3_replies(lines, commands);
  if (protocol.name == "sieve") return read_sieve_replies(lines);
  return read_coded_replies(protocol, lines);
}

// ---- one dialogue

class Reading {
 public:
  Reading(const Protocol& protocol, Bytes from_client, Bytes from_server)
      : protocol_(protocol),
        client_(split(from_client)),
        server_(split(from_server)),
        commands_(read_commands(protocol, client_)),
        replies_(read_replies(protocol, server_, commands_)) {
    dialogue_ = begun(protocol.name, from_client, from_server);
    dialogue_.banner_seen = greets();
  }

  Dialogue finish() {
    read_greeting();
    for (std::size_t i = 0; i < commands_.size() && !dialogue_.granted; ++i) read_command(i);
    read_capabilities();
    tell();
    return std::move(dialogue_);
  }

 private:
  [[nodiscard]] bool greets() const {
    if (server_.empty()) return false;
    if (protocol_.name == "imap") {
      std::string_view rest = server_.front().text;
      return next_word(rest) == "*" && one_of(next_word(rest), {"OK", "PREAUTH", "BYE"});
    }
    if (protocol_.name == "sieve") return server_.front().text.starts_with('"');
    const int code = reply_code(server_.front().text);
    if (protocol_.name == "nntp") return code == 200 || code == 201 || code == 400 || code == 502;
    if (protocol_.name == "pop3") return true;
    return code == 220 || code == 120 || (code >= 400 && code != 500 && code != 502);
  }

  [[nodiscard]] const Reply* reply_to(std::size_t command) const {
    if (protocol_.name == "imap") return tagged_reply_to(command);
    const std::size_t index = command + (dialogue_.banner_seen ? 1 : 0);
    return index < replies_.size() ? &replies_[index] : nullptr;
  }

  /// Some clients give every command the same tag (openssl s_client: a dot), so the tags count.
  [[nodiscard]] const Reply* tagged_reply_to(std::size_t command) const {
    const std::string_view tag = commands_[command].tag;
    const auto has_tag = [tag](const auto& said) { return said.tag == tag; };
    auto before = std::count_if(commands_.begin(),
                                commands_.begin() + static_cast<std::ptrdiff_t>(command), has_tag);
    for (const Reply& reply : replies_)
      if (has_tag(reply) && before-- == 0) return &reply;
    return nullptr;
  }

  void read_greeting() {
    if (dialogue_.banner_seen && !replies_.empty() && replies_.front().code >= 400)
      dialogue_.refused = true;
    for (const Reply& reply : replies_)
      if (reply.tag == "*" && reply.code == kNo) dialogue_.refused = true;  // IMAP's BYE
  }

  void read_command(std::size_t i) {
    const Command& command = commands_[i];
    const Reply* reply = reply_to(i);
    const int code = reply != nullptr ? reply->code : 0;
    if (text::is_masked(command.verb)) dialogue_.inspected = true;
    if (one_of(command.verb, protocol_.goes_on) && !asks(protocol_, command) && code < 400)
      dialogue_.went_on_without_tls = true;
    if (!asks(protocol_, command)) return;
    dialogue_.asked = true;
    dialogue_.granted = code == protocol_.go;
    dialogue_.refused = code >= 400 || (code == 0 && dialogue_.refused);
    if (!dialogue_.granted) return;
    dialogue_.went_on_without_tls = false;
    dialogue_.client_end = static_cast<std::int64_t>(client_[command.line].end());
    dialogue_.server_end = static_cast<std::int64_t>(server_[reply->end - 1].end());
  }

  void read_capabilities() {
    for (const Line& line : server_) {
      if (lists(line.text, [](std::string_view word) {
            return one_of(word, {"STARTTLS", "STLS", "AUTH TLS"});
          }))
        dialogue_.offered = true;
      if (lists(line.text, text::is_masked)) dialogue_.inspected = true;
    }
    if (const auto named = recognise_server_plaintext(greeting_bytes()))
      if (named->protocol == "inspected") dialogue_.inspected = true;
  }

  /// Whether a line of the server lists a capability of that kind.
  template <class Is>
  [[nodiscard]] bool lists(std::string_view line, Is is) const {
    if (protocol_.name == "imap") {
      if (!contains(line, "CAPABILITY ")) return false;
      while (!trimmed(line).empty()) {
        std::string_view word = next_word(line);
        while (word.ends_with(']')) word.remove_suffix(1);
        if (is(word)) return true;
      }
      return false;
    }
    if (protocol_.name == "sieve") {
      if (!line.starts_with('"')) return false;
      line.remove_prefix(1);
      return is(line.substr(0, std::min(line.find('"'), line.size())));
    }
    if (protocol_.name == "ftp" && line.starts_with(' ')) {
      line = trimmed(line);
      if (begins(line, "AUTH ") && (contains(line, "TLS") || contains(line, "SSL")))
        return is("AUTH TLS");
      return is(line);
    }
    if (one_of(protocol_.name, {"smtp", "lmtp"})) {
      if (reply_code(line) != 250 || line.size() < 4) return false;
      line.remove_prefix(4);
      return is(next_word(line));
    }
    return is(trimmed(line));
  }

  [[nodiscard]] Bytes greeting_bytes() const {
    return server_.empty() ? Bytes{} : bytes_of(server_.front());
  }

  /// Lists the steps in the order they must have been said: greeting, then each command with its
  /// reply.
  void tell() {
    Steps steps(dialogue_);
    std::size_t said = 0;
    const auto server_up_to = [&](std::size_t end, bool matters) {
      for (; said < end; ++said) {
        const Line& line = server_[said];
        steps.add(false, line.offset, line.bytes, excerpt(line), matters);
      }
    };
    if (dialogue_.banner_seen && !replies_.empty()) server_up_to(replies_.front().end, false);
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      const Line& line = client_[commands_[i].line];
      const bool matters = asks(protocol_, commands_[i]);
      steps.add(true, line.offset, line.bytes, excerpt(line), matters);
      if (const Reply* reply = reply_to(i)) server_up_to(reply->end, matters);
      const bool last = static_cast<std::int64_t>(line.offset + line.bytes) == dialogue_.client_end;
      if (matters && dialogue_.granted && last) return;
    }
    server_up_to(server_.size(), false);
    for (std::size_t i = commands_.size(); i < client_.size(); ++i)
      steps.add(true, client_[i].offset, client_[i].bytes, excerpt(client_[i]));
  }

  const Protocol& protocol_;
  std::vector<Line> client_, server_;
  std::vector<Command> commands_;
  std::vector<Reply> replies_;
  Dialogue dialogue_;
};

}  // namespace

std::optional<Dialogue> lines(Bytes from_client, Bytes from_server) {
  const Protocol* protocol = find(name_protocol(split(from_client), from_server));
  if (protocol == nullptr) return std::nullopt;
  return Reading(*protocol, from_client, from_server).finish();
}

}  // namespace whohungup::dialogues
