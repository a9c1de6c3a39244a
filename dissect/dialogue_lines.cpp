// Dialogues made of lines: imap pop3 smtp lmtp sieve ftp nntp. The client's lines are commands,
// the server's are gathered to replies, and a command is matched with its reply: by the tag
// (IMAP), else by counting, which pipelining does not upset.
#include <algorithm>
#include <span>

#include "dissect/dialogue_commands.h"
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

// ---- which one it is

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
      turn_away(replies_.front());
    for (const Command& command : commands_)
      if (one_of(command.verb, {"QUIT", "LOGOUT"}) && !dialogue_.goodbye_at)
        dialogue_.goodbye_at = static_cast<std::int64_t>(client_[command.line].offset);
    if (dialogue_.goodbye_at) return;  // what the server says to that turns nobody away
    for (const Reply& reply : replies_) {
      const bool bye = reply.tag == "*" && reply.code == kNo;  // IMAP
      if (bye || is_closing(reply)) turn_away(reply);
    }
  }

  /// RFC 5321 §3.8, RFC 959 §4.2: 421 may answer any command of a server that must shut down.
  [[nodiscard]] bool is_closing(const Reply& reply) const {
    return reply.code == 421 && one_of(protocol_.name, {"smtp", "lmtp", "ftp", "smtp-or-ftp"});
  }

  void turn_away(const Reply& reply) {
    if (!dialogue_.turned_away) note_no(reply);
    dialogue_.turned_away = true;
  }

  void note_no(const Reply& reply) {
    dialogue_.no_at = static_cast<std::int64_t>(server_[reply.end - 1].offset);
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
    dialogue_.refused = code >= 400;
    if (dialogue_.refused) {
      note_no(*reply);
      dialogue_.turned_away = false;
    }
    if (!dialogue_.granted) return;
    dialogue_.turned_away = false;
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
