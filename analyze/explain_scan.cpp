// Finds the texts of the table, s_client's byte counts and the target in a pasted transcript, line
// by line, and tells one run of a client from the next.
#include <algorithm>
#include <charconv>

#include "analyze/explain.h"
#include "analyze/explain_patterns.h"
#include "analyze/explain_side.h"

namespace whohungup {
namespace {

constexpr std::string_view kConnecting = "*   trying ";  // curl -v, at each address
constexpr std::size_t kMostTexts = 16, kLongestQuote = 200;
// A line of a terminal or a log; what is longer is read in pieces (JSON, rubbish without line
// ends), which share as much as the longest text of the table needs to be seen whole in one of
// them.
constexpr std::size_t kLongestLine = 4096, kShared = 256;

std::optional<std::uint64_t> number_at(std::string_view text, int base = 10) {
  std::uint64_t value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// The number that follows `words`, if the line has them.
std::optional<std::uint64_t> number_after(const std::string& line, std::string_view words) {
  const std::size_t at = line.find(words);
  if (at == std::string::npos) return std::nullopt;
  return number_at(std::string_view(line).substr(at + words.size()));
}

/// The alert in OpenSSL's words: its number, or the reason of an error code (3.x: library 20 above
/// 23 bits; 1.1.1: library, function and 12 bits). An alert's reason is its description and 1000.
std::optional<std::uint8_t> openssl_alert(const std::string& line) {
  constexpr std::uint64_t kFirst = 1000;
  std::optional<std::uint64_t> reason;
  if (const auto alert = number_after(line, "ssl alert number "); alert && *alert < 256)
    return static_cast<std::uint8_t>(*alert);
  const std::size_t at = line.find("error:");
  if (at == std::string::npos) return std::nullopt;
  const auto code = number_at(std::string_view(line).substr(at + 6, 8), 16);
  if (!code) return std::nullopt;
  if (*code >> 24 == 0x0A) reason = *code & 0x7FFFFF;
  if (*code >> 24 == 0x14) reason = *code & 0xFFF;
  if (!reason || *reason < kFirst || *reason >= kFirst + 256) return std::nullopt;
  return static_cast<std::uint8_t>(*reason - kFirst);
}

/// What curl -v shows of an alert it received, level and description in one number:
/// "* TLSv1.3 (IN), TLS alert, unrecognized name (368):". A close_notify is told by what follows.
std::optional<FoundText> shown_alert(std::size_t number, const std::string& line) {
  constexpr std::string_view kWords = "(in), tls alert, ";
  constexpr std::uint64_t kWarning = 1, kFatal = 2;
  const std::size_t at = line.find(kWords);
  if (at == std::string::npos) return std::nullopt;
  const auto code = number_after(line.substr(at + kWords.size()), "(");
  if (!code || *code % 256 == 0) return std::nullopt;
  if (*code / 256 != kWarning && *code / 256 != kFatal) return std::nullopt;
  const auto ending = *code / 256 == kFatal ? PrintedEnding::Alert : PrintedEnding::Warned;
  const auto description = static_cast<std::uint8_t>(*code % 256);
  return FoundText{
      number, at,         line.size(), Program::Curl, {ending}, "(IN), TLS alert, <alert> (<n>)",
      {},     description};
}

bool tells_only(const FoundText& text, PrintedEnding ending) {
  return text.endings == std::vector{ending};
}

bool any_tells_only(const std::vector<FoundText>& texts, PrintedEnding ending) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const FoundText& text) { return tells_only(text, ending); });
}

/// The word behind `option`, if the line has it as a word of its own.
std::string_view word_after(std::string_view line, std::string_view option) {
  const std::size_t at = line.find(option);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + option.size());
  const std::size_t end = line.find_first_of(" \t\r\"'`,|;&<>");
  return line.substr(0, end);
}

void take_target(std::string_view target, PrintedAttempt& attempt) {
  if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos) {
    const bool https = target.starts_with("https");
    target.remove_prefix(scheme + 3);
    target = target.substr(0, target.find('/'));
    if (https && attempt.port == 0 && is_plain_host(target)) attempt.port = 443;
  }
  target = target.substr(0, target.find('/'));
  const std::size_t colon = target.rfind(':');
  if (colon != std::string_view::npos) {
    if (const auto port = number_at(target.substr(colon + 1)); port && *port > 0 && *port < 65536)
      attempt.port = static_cast<std::uint16_t>(*port);
    target = target.substr(0, colon);
  }
  if (target.starts_with('[') && target.ends_with(']'))
    target = target.substr(1, target.size() - 2);
  if (!target.empty() && target.size() <= kLongestName) attempt.host = target;
}

bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

void read_command(std::string_view line, PrintedAttempt& attempt) {
  if (const auto target = word_after(line, "-connect "); !target.empty())
    take_target(target, attempt);
  if (const auto name = word_after(line, "-servername "); !name.empty()) attempt.name = name;
  if (const auto protocol = word_after(line, "-starttls "); !protocol.empty()) {
    attempt.starttls = true;
    attempt.protocol = protocol;
  }
  if (line.find("s_client") == std::string_view::npos) return;
  attempt.options = "openssl-s-client";
  for (const auto& [option, law] : {std::pair{"-tls1_2", "openssl-s-client-tls1-2"},
                                    {"-tls1_3", "openssl-s-client-tls1-3"},
                                    {"-alpn h2,http/1.1", "openssl-s-client-alpn"},
                                    {"-alpn imap", "openssl-s-client-alpn-imap"},
                                    {"-status", "openssl-s-client-status"},
                                    {"-no_ticket", "openssl-s-client-no-ticket"},
                                    {"-bugs", "openssl-s-client-bugs"}})
    if (line.find(option) != std::string_view::npos) attempt.options = law;
  if (attempt.name.empty() && line.find("-noservername") == std::string_view::npos &&
      !is_address(attempt.host))
    attempt.name = attempt.host;
}

void read_target(std::string_view line, const std::string& folded, PrintedAttempt& attempt) {
  // A name is better than the address it stands for.
  const auto known = [&] { return !attempt.host.empty() && !is_address(attempt.host); };
  for (const std::string_view before : {"get \"", "in connection to ", "dial tcp ", "resolving '",
                                        "connecting to '", "proxyconnect tcp: ", "https://"}) {
    const std::size_t at = folded.find(before);
    if (at == std::string::npos || known()) continue;
    // A text may hold links to documentation behind the address it is about.
    if (before == "https://" && !attempt.host.empty()) continue;
    const std::string_view rest = line.substr(before == "https://" ? at : at + before.size());
    std::string_view target = rest.substr(0, rest.find_first_of(" \t\r\"'`,|;&<>()"));
    while (target.ends_with(':') || target.ends_with('.')) target.remove_suffix(1);
    take_target(target, attempt);
  }
  for (const std::string_view before : {"failed to connect to ", "connected to ", "connect to "}) {
    const std::size_t at = folded.find(before);
    const std::size_t port = folded.find(" port ", at);
    if (at == std::string::npos || port == std::string::npos || known()) continue;
    std::string_view host = line.substr(at + before.size());
    host = host.substr(0, host.find(' '));
    take_target(host, attempt);
    if (const auto number = number_after(folded.substr(port), " port "); number && *number < 65536)
      attempt.port = static_cast<std::uint16_t>(*number);
  }
}

/// What Node prints of the error object: "host: 'a.example'," and "port: '443',".
void read_property(std::string_view line, PrintedAttempt& attempt) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto value_of = [&](std::string_view key) -> std::string_view {
    if (!line.starts_with(key)) return {};
    std::string_view value = line.substr(key.size());
    if (value.starts_with('\'')) value.remove_prefix(1);
    return value.substr(0, value.find_first_of("',"));
  };
  if (const auto host = value_of("host: "); attempt.host.empty() && is_plain_host(host))
    attempt.host = host;
  if (const auto port = number_at(value_of("port: ")); port && *port < 65536 && attempt.port == 0)
    attempt.port = static_cast<std::uint16_t>(*port);
}

class Scanner {
 public:
  std::vector<PrintedAttempt> scan(std::string_view text) {
    std::size_t number = 0;
    while (!text.empty() && attempts_.size() < kMostAttempts) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const bool too_long = end > kLongestLine;
      std::string_view line = text.substr(0, std::min(end, kLongestLine));
      text.remove_prefix(too_long ? kLongestLine - kShared : std::min(end + 1, text.size()));
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
      if (!line.empty()) read_line(number + 1, line);
      if (!too_long) ++number;
    }
    if (says_something(now_) || (attempts_.empty() && !now_.host.empty())) finish();
    return std::move(attempts_);
  }

 private:
  static bool says_something(const PrintedAttempt& attempt) {
    return !attempt.texts.empty() || attempt.counts || attempt.connected || attempt.starttls;
  }

  void finish() {
    attempts_.push_back(std::move(now_));
    now_ = {};
    ended_ = in_log_ = false;
  }

  void read_line(std::size_t number, std::string_view line) {
    const std::string folded = lowered(line);
    if (folded.find("s_client") != std::string::npos ||
        folded.find("-connect ") != std::string::npos) {
      if (says_something(now_)) finish();
      read_command(line, now_);
    }
    std::vector<FoundText> found = texts_in(number, folded);
    const Teller teller = teller_of(line, folded);
    for (FoundText& text : found) {
      text.unsaid = teller == Teller::Unsaid && can_serve(text.program) &&
                    endings_for(Teller::Server, text.endings) != text.endings;
      text.endings = endings_for(teller, text.endings);
      text.logged = teller == Teller::Server ||
                    std::any_of(text.endings.begin(), text.endings.end(), told_by_server);
    }
    drop_what_adds_nothing(folded, found);
    if (starts_anew(folded, found) || is_another_run(line, found)) finish();
    read_target(line, folded, now_);
    read_property(line, now_);
    read_landmarks(folded);
    for (FoundText& text : found) {
      if (now_.texts.size() >= kMostTexts) break;
      if (now_.texts.empty()) now_.quote = std::string(line.substr(0, kLongestQuote));
      now_.texts.push_back(std::move(text));
    }
    ended_ = folded.starts_with("curl: (");
    in_log_ = !found.empty() && is_log_line(line);
  }

  /// Words that mean less in this run than they say by themselves.
  void drop_what_adds_nothing(const std::string& line, std::vector<FoundText>& found) {
    const bool at_once = any_tells_only(found, PrintedEnding::ResetAtOnce) ||
                         any_tells_only(now_.texts, PrintedEnding::ResetAtOnce);
    if (at_once)
      std::erase_if(found, [](const FoundText& text) {
        return tells_only(text, PrintedEnding::NoConnection);
      });
    // s_client reports the session as far as it came; that of a completed handshake stands before
    // what ended it later.
    const bool failed = !now_.texts.empty() && !says_finished(now_.texts);
    if (failed && line.starts_with("new, tlsv1")) found.clear();
    // A warning is no end where the handshake goes on.
    if (line.find("(in), tls handshake, ") != line.npos)
      std::erase_if(now_.texts,
                    [](const FoundText& text) { return tells_only(text, PrintedEnding::Warned); });
  }

  /// A line that goes on the one before it (Node's code, Python's traceback, Apache's "SSL Library
  /// Error") has its teller.
  Teller teller_of(std::string_view line, const std::string& folded) {
    const bool indented = line.front() == ' ' || line.front() == '\t';
    Teller teller = whohungup::teller_of(folded);
    const bool goes_on = indented || indented_ || folded.starts_with("traceback (") ||
                         folded.find("ssl library error") != folded.npos;
    if (teller == Teller::Unsaid && goes_on) teller = teller_;
    indented_ = indented;
    return teller_ = teller;
  }

  /// Two lines of different meaning are of two runs where the first was a program's last word, or
  /// both are a log's; and a server's line never belongs to a client's run.
  [[nodiscard]] bool is_another_run(std::string_view line,
                                    const std::vector<FoundText>& found) const {
    if (found.empty() || now_.texts.empty()) return false;
    if (by_server(found) != by_server(now_.texts)) return true;
    const bool apart = ended_ || (in_log_ && is_log_line(line));
    return apart && (usual_of(now_.texts) != usual_of(found) ||
                     possible_of(now_.texts) != possible_of(found));
  }

  static bool by_server(const std::vector<FoundText>& texts) {
    return std::any_of(texts.begin(), texts.end(),
                       [](const FoundText& text) { return text.logged; });
  }

  /// A second transcript begins where the first has had its counts, or where a text tells of
  /// another ending than the texts before it can.
  [[nodiscard]] bool starts_anew(const std::string& line,
                                 const std::vector<FoundText>& found) const {
    const bool begins = line.starts_with("connected(") ||
                        line.find("bytes and written ") != line.npos ||
                        line.find("didn't find starttls") != line.npos;
    if (ended_ && line.find(kConnecting) != line.npos) return true;
    const bool another = begins || (!found.empty() && !says_finished(found));
    if (now_.counts && another) return true;
    if (found.empty() || now_.texts.empty()) return false;
    if (says_finished(now_.texts) || says_finished(found)) return false;
    if (any_tells_only(now_.texts, PrintedEnding::Warned)) return false;
    return (usual_of(now_.texts) & usual_of(found)).empty();
  }

  static bool says_finished(const std::vector<FoundText>& texts) {
    return std::all_of(texts.begin(), texts.end(), [](const FoundText& text) {
      return tells_only(text, PrintedEnding::Finished);
    });
  }

  static EventSet usual_of(const std::vector<FoundText>& texts) {
    return of_all(texts, [](const EndingRow& row) { return row.usual; });
  }

  static EventSet possible_of(const std::vector<FoundText>& texts) {
    return of_all(texts, [](const EndingRow& row) { return row.usual | row.rare; });
  }

  template <class Events>
  static EventSet of_all(const std::vector<FoundText>& texts, Events of) {
    EventSet events = all_events();
    for (const FoundText& text : texts) {
      EventSet one;
      for (const PrintedEnding ending : text.endings) one = one | of(ending_row(ending));
      events = events & one;
    }
    return events;
  }

  void read_landmarks(const std::string& line) {
    if (line.find(kConnecting) != line.npos) now_.connected = now_.answered = false;
    if (line.find("(in), tls handshake, ") != line.npos) now_.answered = true;
    if (line.starts_with("connected(") || line.find("* connected to ") != line.npos)
      now_.connected = true;
    if (line.find("no peer certificate available") != line.npos) now_.no_certificate = true;
    if (line == "server certificate" || line.starts_with("verify error:"))
      now_.certificate_seen = true;
    if (line.find("didn't find starttls in server response") != line.npos)
      now_.starttls = now_.tried_anyway = true;
    const auto read = number_after(line, "read ");
    const auto written = number_after(line, "bytes and written ");
    if (read && written) now_.counts = Counts{*read, *written};
  }

  /// The texts of the table in one line. A text within a longer one does not count; the same words
  /// in two rows are one text with two endings.
  [[nodiscard]] std::vector<FoundText> texts_in(std::size_t number, const std::string& line) const {
    std::vector<FoundText> found;
    // s_client says what it thinks of the certificate, and goes on.
    if (line.starts_with("verify error:") || line.starts_with("verification error:")) return found;
    if (auto alert = shown_alert(number, line)) found.push_back(std::move(*alert));
    if (const auto alert = openssl_alert(line))
      found.push_back({number,
                       0,
                       line.size(),
                       Program::OpenSsl,
                       {PrintedEnding::Alert},
                       alert_row(Program::OpenSsl)->prints,
                       {},
                       alert});
    for (const Pattern& pattern : all_patterns())
      if (const auto match = find_in(line, pattern)) add(found, number, pattern, *match);
    std::erase_if(found, [&](const FoundText& text) {
      return std::any_of(found.begin(), found.end(), [&](const FoundText& other) {
        const bool within = other.begin <= text.begin && text.end <= other.end;
        return within && other.end - other.begin > text.end - text.begin;
      });
    });
    // "The handshake failed" adds nothing to a text beside it that says how.
    const bool precise = !std::all_of(found.begin(), found.end(), says_no_more);
    if (precise) std::erase_if(found, says_no_more);
    return found;
  }

  static bool says_no_more(const FoundText& text) {
    return tells_only(text, PrintedEnding::HandshakeFailed) ||
           tells_only(text, PrintedEnding::PeerFailed);
  }

  static void add(std::vector<FoundText>& found, std::size_t number, const Pattern& pattern,
                  Match match) {
    const ClientText& row = *pattern.row;
    for (FoundText& text : found) {
      if (text.begin != match.begin || text.end != match.end) continue;
      if (std::find(text.endings.begin(), text.endings.end(), row.ending) == text.endings.end())
        text.endings.push_back(row.ending);
      return;
    }
    found.push_back({number,
                     match.begin,
                     match.end,
                     row.program,
                     {row.ending},
                     row.prints,
                     row.remark,
                     pattern.alert});
  }

  std::vector<PrintedAttempt> attempts_;
  PrintedAttempt now_;
  Teller teller_{};  // of the line before
  bool indented_{};  // the line before was
  bool ended_{};     // the line before was a program's last word
  bool in_log_{};    // the line before was a log's, and had a text
};

}  // namespace

std::vector<PrintedAttempt> scan(std::string_view text) { return Scanner().scan(text); }

}  // namespace whohungup
