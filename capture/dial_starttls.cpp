// See dial_starttls.h. Line protocols are a table; the four binary or markup ones have a function.
#include "capture/dial_starttls.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace whohungup {
namespace {

constexpr std::size_t kLongestAnswer = 64U << 10U;  // of one answer; a capability list has 1 kB

/// A line protocol: its banner, a question of capability (may be missing), the request.
struct LineProtocol {
  std::string_view name;
  std::string_view banner;   // how its last line begins
  std::string_view ask;      // "" : none; {} is the host
  std::string_view ask_end;  // how the last line of the answer begins
  std::string_view request;  // of TLS
  std::string_view grant;    // how the permission begins
};

// The IMAP tags are s_client's: its "written" counts 14 + 12 bytes for the same two lines.
constexpr std::array<LineProtocol, 8> kLineProtocols{{
    {"imap", "* OK", ". CAPABILITY\r\n", ". ", ". STARTTLS\r\n", ". OK"},
    {"pop3", "+OK", "", "", "STLS\r\n", "+OK"},
    {"smtp", "220 ", "EHLO {}\r\n", "250 ", "STARTTLS\r\n", "220"},
    {"lmtp", "220 ", "LHLO {}\r\n", "250 ", "STARTTLS\r\n", "220"},
    {"ftp", "220 ", "", "", "AUTH TLS\r\n", "234"},
    {"sieve", "OK", "", "", "STARTTLS\r\n", "OK"},
    {"nntp", "20", "", "", "STARTTLS\r\n", "382"},
    {"", "", "", "", "", ""},
}};

class Talk {
 public:
  Talk(Dial& dial, std::string_view protocol, Duration timeout, StarttlsOutcome& outcome)
      : dial_(dial), protocol_(protocol), timeout_(timeout), outcome_(outcome) {}

  bool say(std::string_view bytes, std::string_view meaning = {}) {
    if (!dial_.send({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}))
      return fail("the connection broke while the dialogue was being said");
    outcome_.said.push_back({true, static_cast<std::uint32_t>(bytes.size()),
                             printable(meaning.empty() ? bytes : meaning)});
    return true;
  }

  /// Waits until enough(buffer) gives how many bytes belong to the answer; empty on failure.
  template <class Enough>
  std::string hear(std::string_view what, Enough&& enough) {
    for (;;) {
      if (const std::size_t length = enough(std::string_view(buffer_)); length > 0) {
        std::string answer = buffer_.substr(0, length);
        buffer_.erase(0, length);
        return answer;
      }
      if (buffer_.size() > kLongestAnswer) return fail_text("the answer never ends");
      std::vector<std::uint8_t> more;
      switch (dial_.receive(more, timeout_)) {
        case Dial::Got::Data:
          buffer_.append(more.begin(), more.end());
          break;
        case Dial::Got::End:
          note_rest();
          return fail_text(fmt::format("the server closed the connection before {}", what));
        case Dial::Got::Error:
          note_rest();
          return fail_text(fmt::format("the connection broke before {}", what));
        case Dial::Got::Timeout:
          return fail_text(what_was_missed(what));
        case Dial::Got::Stopped:
          return fail_text(fmt::format("stopped while waiting for {}", what));
      }
    }
  }

  /// Lines up to one that begins with `last` (or is a final answer that does not).
  std::string hear_lines(std::string_view what, std::string_view last,
                         std::string_view continued = {}) {
    const std::string answer = hear(what, [&](std::string_view all) -> std::size_t {
      std::size_t begin = 0;
      for (std::size_t end; (end = all.find('\n', begin)) != std::string_view::npos;
           begin = end + 1) {
        const std::string_view line = all.substr(begin, end - begin);
        if (is_last(line, last, continued)) return end + 1;
      }
      return 0;
    });
    note_lines(answer);
    return answer;
  }

  void note(std::string_view bytes, std::string_view meaning) {
    outcome_.said.push_back({false, static_cast<std::uint32_t>(bytes.size()), printable(meaning)});
  }
  void note_lines(std::string_view answer) {
    while (!answer.empty()) {
      const std::size_t end = std::min(answer.find('\n'), answer.size() - 1) + 1;
      note(answer.substr(0, end), answer.substr(0, end));
      answer.remove_prefix(end);
    }
  }

  bool fail(std::string why) {
    if (outcome_.problem.empty()) outcome_.problem = std::move(why);
    return false;
  }
  void grant() {
    outcome_.granted = true;
    outcome_.left_over.assign(buffer_.begin(), buffer_.end());
  }
  static std::string printable(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    std::string out(text.substr(0, 80));
    for (char& c : out)
      if (c < 0x20 || c > 0x7e) c = '.';
    return out;
  }

 private:
  std::string fail_text(std::string why) {
    fail(std::move(why));
    return {};
  }
  std::string what_was_missed(std::string_view what) {
    const double seconds = std::chrono::duration<double>(timeout_).count();
    if (buffer_.empty()) return fmt::format("no {} came within {:g} s", what, seconds);
    const std::size_t bytes = buffer_.size();
    note_rest();
    return fmt::format("no whole {} as {} has it is in the {} bytes that came within {:g} s", what,
                       protocol_, bytes, seconds);
  }
  void note_rest() {
    if (!buffer_.empty()) note_lines(buffer_);
    buffer_.clear();
  }
  /// SMTP and FTP go on with "250-", POP3 and IMAP with what does not begin as the last line does.
  static bool is_last(std::string_view line, std::string_view last, std::string_view continued) {
    if (line.starts_with(last)) return true;
    if (!continued.empty() && line.starts_with(continued)) return false;
    const bool code = line.size() >= 4 && std::isdigit(static_cast<unsigned char>(line[0])) != 0;
    if (code) return line[3] == ' ' || line[3] == '\r';
    return line.starts_with("-ERR") || line.starts_with("* BYE") || line.starts_with("NO") ||
           line.starts_with("BYE");
  }

  Dial& dial_;
  std::string_view protocol_;
  Duration timeout_;
  StarttlsOutcome& outcome_;
  std::string buffer_;
};

bool refused(Talk& talk, std::string_view what, const std::string& answer) {
  if (!answer.empty())
    talk.fail(fmt::format("the server refused {}: {}", what, Talk::printable(answer)));
  return false;
}

/// RFC 5321 §4.1.3: an address in the place of a domain stands in brackets.
std::string as_domain(const std::string& host) {
  if (host.find(':') != std::string::npos) return "[IPv6:" + host + "]";
  return host.find_first_not_of("0123456789.") == std::string::npos ? "[" + host + "]" : host;
}

bool lines(Talk& talk, const LineProtocol& protocol, const std::string& host) {
  const std::string banner = talk.hear_lines("banner", protocol.banner);
  const std::size_t last = banner.rfind('\n', banner.size() < 2 ? 0 : banner.size() - 2);
  const auto tail = std::string_view(banner).substr(last == std::string::npos ? 0 : last + 1);
  if (!tail.starts_with(protocol.banner)) return refused(talk, "the connection", std::string(tail));
  if (!protocol.ask.empty()) {
    std::string question(protocol.ask);
    if (const std::size_t at = question.find("{}"); at != std::string::npos)
      question.replace(at, 2, as_domain(host));
    if (!talk.say(question) || talk.hear_lines("answer", protocol.ask_end, "* ").empty())
      return false;
  }
  if (!talk.say(protocol.request)) return false;
  // IMAP may send untagged lines first.
  const std::string_view last_line = protocol.name == "imap" ? ". " : protocol.grant;
  const std::string answer = talk.hear_lines("answer to STARTTLS", last_line, "* ");
  const std::size_t at = protocol.name == "imap" ? answer.find(protocol.grant) : 0;
  if (at == std::string::npos || !std::string_view(answer).substr(at).starts_with(protocol.grant))
    return refused(talk, "TLS", answer);
  return true;
}

// RFC 4511 §4.14: ExtendedRequest [APPLICATION 23] with requestName 1.3.6.1.4.1.1466.20037.
bool ldap(Talk& talk) {
  static constexpr char kRequest[] =
      "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
      "1.3.6.1.4.1.1466.20037";
  if (!talk.say({kRequest, sizeof kRequest - 1}, "LDAP extended request: StartTLS")) return false;
  const std::string answer = talk.hear("answer to StartTLS", [](std::string_view all) {
    if (all.size() < 2) return std::size_t{0};
    const auto first = static_cast<unsigned char>(all[1]);
    if (first < 0x80) return all.size() >= 2U + first ? 2U + first : std::size_t{0};
    std::size_t length = 0;
    const std::size_t digits = first & 0x7fU;
    if (digits > 3 || all.size() < 2 + digits) return std::size_t{0};
    for (std::size_t i = 0; i < digits; ++i)
      length = length << 8U | static_cast<unsigned char>(all[2 + i]);
    return all.size() >= 2 + digits + length ? 2 + digits + length : std::size_t{0};
  });
  if (answer.empty()) return false;
  // resultCode, an ENUMERATED of one byte, is the first thing in the ExtendedResponse (0x78).
  const std::size_t response = answer.find('\x78');
  const std::size_t code = answer.find("\x0a\x01", response == std::string::npos ? 0 : response);
  const int result = code == std::string::npos || code + 2 >= answer.size()
                         ? -1
                         : static_cast<unsigned char>(answer[code + 2]);
  talk.note(answer, fmt::format("LDAP extended response: result code {}", result));
  return result == 0 ||
         talk.fail(fmt::format("the server refused TLS: LDAP result code {}", result));
}

bool xmpp(Talk& talk, const std::string& host) {
  const auto until = [&](std::string_view what, std::string_view mark, std::string_view other) {
    const std::string answer = talk.hear(what, [&](std::string_view all) -> std::size_t {
      for (const std::string_view end : {mark, other})
        if (const std::size_t at = all.find(end); at != std::string_view::npos)
          if (const std::size_t close = all.find('>', at); close != std::string_view::npos)
            return close + 1;
      return 0;
    });
    if (!answer.empty()) talk.note(answer, answer);
    return answer;
  };
  if (!talk.say(fmt::format("<?xml version='1.0'?><stream:stream to='{}' xmlns='jabber:client' "
                            "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
                            host)))
    return false;
  const std::string features = until("stream features", "</stream:features", "</stream:stream");
  if (features.empty()) return false;
  if (features.find("<stream:error") != std::string::npos)
    return refused(talk, "the stream", features);
  if (!talk.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")) return false;
  const std::string answer = until("answer to starttls", "<proceed", "<failure");
  if (answer.find("<proceed") != std::string::npos) return true;
  return refused(talk, "TLS", answer);
}

/// One letter, or all of an ErrorResponse: E, four bytes of length that count themselves, fields.
std::size_t postgres_answer_size(std::string_view all) {
  constexpr std::size_t kMost = 1000;  // before 7.4 text followed at once: no length is that large
  if (all.empty() || all.front() != 'E') return std::min<std::size_t>(all.size(), 1);
  if (all.size() < 5) return 0;
  std::size_t length = 0;
  for (const char byte : all.substr(1, 4)) length = length << 8U | static_cast<unsigned char>(byte);
  if (length > kMost) return all.size();
  return all.size() > length ? length + 1 : 0;
}

// PostgreSQL protocol 3.0 §55.2.10: SSLRequest is 80877103; one letter answers.
bool postgres(Talk& talk) {
  static constexpr char kRequest[] = "\0\0\0\x08\x04\xd2\x16\x2f";
  if (!talk.say({kRequest, 8}, "PostgreSQL SSLRequest")) return false;
  const std::string answer = talk.hear("answer to SSLRequest", postgres_answer_size);
  if (answer.empty()) return false;
  // The fields of an ErrorResponse end with a zero byte each; M is the message for people (§55.8).
  const std::size_t message = answer.find(std::string_view("\0M", 2));
  const std::string text =
      message == std::string::npos
          ? answer
          : answer.substr(message + 2, answer.find('\0', message + 2) - message - 2);
  talk.note(answer, text);
  return answer == "S" || refused(talk, "TLS", text);
}

// MySQL protocol 10: the greeting lists capabilities; SSLRequest is the client's first 32 bytes.
bool mysql(Talk& talk) {
  const std::string greeting = talk.hear("greeting", [](std::string_view all) -> std::size_t {
    if (all.size() < 4) return 0;
    const auto byte = [&](std::size_t i) {
      return std::size_t{static_cast<unsigned char>(all[i])};
    };
    const std::size_t length = 4 + (byte(0) | byte(1) << 8U | byte(2) << 16U);
    return all.size() >= length ? length : 0;
  });
  if (greeting.size() < 6) return false;
  if (static_cast<unsigned char>(greeting[4]) == 0xff) {
    // ERR_Packet: a two-byte error number, then (here without an SQL state) its text.
    const std::string why = greeting.substr(std::min<std::size_t>(7, greeting.size()));
    talk.note(greeting, why);
    return refused(talk, "the connection", why);
  }
  const std::string version = greeting.substr(5, greeting.find('\0', 5) - 5);
  talk.note(greeting, "MySQL greeting: " + version);
  const std::size_t flags = 5 + version.size() + 1 + 4 + 8 + 1;
  constexpr unsigned kSslHighByte = 0x08;  // CLIENT_SSL is 0x0800
  if (flags + 1 >= greeting.size() ||
      (static_cast<unsigned char>(greeting[flags + 1]) & kSslHighByte) == 0)
    return talk.fail("the server refused TLS: its greeting does not offer it");
  std::string request("\x20\0\0\x01\x05\xae\x0f\x00\0\0\0\x01\x21", 13);
  request.resize(36, '\0');
  return talk.say(request, "MySQL SSLRequest");
}

bool speak(Talk& talk, std::string_view protocol, const std::string& host) {
  if (protocol == "ldap") return ldap(talk);
  if (protocol == "xmpp") return xmpp(talk, host);
  if (protocol == "postgres") return postgres(talk);
  if (protocol == "mysql") return mysql(talk);
  for (const LineProtocol& one : kLineProtocols)
    if (one.name == protocol) return lines(talk, one, host);
  return talk.fail("no such protocol");
}

}  // namespace

bool knows_starttls(std::string_view protocol) {
  constexpr std::array<std::string_view, 4> kOthers{"ldap", "xmpp", "postgres", "mysql"};
  return std::find(kOthers.begin(), kOthers.end(), protocol) != kOthers.end() ||
         (!protocol.empty() &&
          std::any_of(kLineProtocols.begin(), kLineProtocols.end(),
                      [&](const LineProtocol& one) { return one.name == protocol; }));
}

StarttlsOutcome ask_for_tls(Dial& dial, std::string_view protocol, const std::string& host,
                            Duration timeout) {
  StarttlsOutcome outcome;
  Talk talk(dial, protocol, timeout, outcome);
  if (speak(talk, protocol, host)) talk.grant();
  return outcome;
}

}  // namespace whohungup
