// From the texts that were found to the events they leave possible.
#include "analyze/explain.h"

#include <algorithm>
#include <iterator>

#include "analyze/explain_clean.h"
#include "analyze/explain_nearest.h"
#include "analyze/words.h"
#include "dissect/tls_alert.h"

namespace whohungup {
namespace {

EventSet usual_of(const FoundText& text) {
  EventSet events;
  for (const PrintedEnding ending : text.endings) events = events | ending_row(ending).usual;
  return events;
}

EventSet possible_of(const FoundText& text) {
  EventSet events = usual_of(text);
  for (const PrintedEnding ending : text.endings) events = events | ending_row(ending).rare;
  return events;
}

void conclude_events(PrintedAttempt& attempt) {
  EventSet possible = all_events(), all_usual = all_events(), any_usual;
  for (const FoundText& text : attempt.texts) {
    possible = possible & possible_of(text);
    all_usual = all_usual & usual_of(text);
    any_usual = any_usual | usual_of(text);
  }
  attempt.usual = possible & (all_usual.empty() ? any_usual : all_usual);
  attempt.rare = possible - attempt.usual;
}

/// Whether servers send it as a warning, too (RFC 5246 §7.2, RFC 6066 §3).
bool may_warn(std::uint8_t alert) {
  constexpr std::uint8_t kUserCanceled = 90, kNoRenegotiation = 100, kUnrecognizedName = 112;
  return alert == kUserCanceled || alert == kNoRenegotiation || alert == kUnrecognizedName;
}

/// Among words that stand for several endings, the one that the rest of the run tells of.
void settle_endings(PrintedAttempt& attempt) {
  const auto told = [&](PrintedEnding ending) {
    return std::any_of(attempt.texts.begin(), attempt.texts.end(),
                       [&](const FoundText& text) { return text.endings == std::vector{ending}; });
  };
  const bool fatal = told(PrintedEnding::Alert), warned = told(PrintedEnding::Warned);
  for (FoundText& text : attempt.texts) {
    if (text.endings.size() < 2) continue;
    const bool surely_fatal = !warned && text.alert && !may_warn(*text.alert);
    if (fatal != warned || surely_fatal)
      std::erase(text.endings, warned ? PrintedEnding::Alert : PrintedEnding::Warned);
    if (attempt.connected && text.endings.size() > 1)
      std::erase_if(text.endings, [](PrintedEnding ending) {
        const EventSet usual = ending_row(ending).usual;
        return !usual.empty() && (usual - EventSet::of(Stage::Syn)).empty();
      });
  }
}

void hold_to_landmarks(PrintedAttempt& attempt) {
  if (attempt.connected) keep_only(attempt, all_events() - EventSet::of(Stage::Syn));
  if (attempt.answered)
    keep_only(attempt, EventSet::of(Stage::ServerHello) | EventSet::of(Stage::Established));
}

/// s_client found no STARTTLS, and something had been read: a hello in a dialogue that knows none.
void weigh_the_missing_starttls(PrintedAttempt& attempt) {
  if (!attempt.tried_anyway || (attempt.counts && attempt.counts->read == 0)) return;
  attempt.means.emplace(
      attempt.means.begin(),
      "The service did not offer STARTTLS, or not in words that s_client understood, and s_client "
      "sent its hello into the plaintext dialogue all the same. What came of it is the answer of a "
      "service that expected a command.");
  const EventSet answer{Mechanism::Plaintext, {Stage::Accepted, Stage::ClientHello}};
  attempt.usual = attempt.usual | answer;
  attempt.rare = attempt.rare - answer;
}

/// No text tells how it ended; a connection, or counts, tell that it began.
void conclude_from_little(PrintedAttempt& attempt) {
  const EventSet connected = all_events() - EventSet::of(Stage::Syn);
  attempt.means.emplace_back(
      "A connection was made; how it ended the text does not say. A client that was stopped while "
      "it waited prints no more than this, nor does s_client after a TLS close (close_notify).");
  attempt.excludes.emplace_back("Nobody refused the connection.");
  attempt.usual = EventSet::of(Mechanism::Silence) | EventSet::of(Mechanism::Icmp);
  attempt.usual = attempt.usual & connected;
  if (attempt.counts) attempt.usual = connected;
  attempt.rare = connected - attempt.usual;
}

EventSet possible_of(PrintedEnding ending) {
  return ending_row(ending).usual | ending_row(ending).rare;
}

/// Whether every event of `a` is one of `b`.
bool within(EventSet a, EventSet b) { return (a & b) == a; }

/// Words that stand for several endings mean any of them: one that another covers adds nothing.
bool covered(PrintedEnding ending, const FoundText& text) {
  return std::any_of(text.endings.begin(), text.endings.end(), [&](PrintedEnding other) {
    return possible_of(ending) != possible_of(other) &&
           within(possible_of(ending), possible_of(other));
  });
}

/// The endings told of, without those that a more exact text makes superfluous.
std::vector<PrintedEnding> endings_of(const PrintedAttempt& attempt) {
  std::vector<PrintedEnding> endings;
  for (const FoundText& text : attempt.texts)
    for (const PrintedEnding ending : text.endings)
      if (!covered(ending, text) &&
          std::find(endings.begin(), endings.end(), ending) == endings.end())
        endings.push_back(ending);
  const auto events = [](PrintedEnding ending) { return ending_row(ending).usual; };
  const auto all = endings;
  std::erase_if(endings, [&](PrintedEnding wide) {
    return wide != PrintedEnding::NoName &&
           std::any_of(all.begin(), all.end(), [&](PrintedEnding narrow) {
             const EventSet both = events(narrow) & events(wide);
             return !events(narrow).empty() && both == events(narrow) && both != events(wide);
           });
  });
  // Behind a warning the close is the rest of the same story.
  if (std::find(all.begin(), all.end(), PrintedEnding::Warned) != all.end())
    std::erase(endings, PrintedEnding::Closed);
  std::erase_if(endings, [&](PrintedEnding ending) {
    const EndingRow& row = ending_row(ending);
    return endings.size() > 1 && ((row.usual | row.rare) & attempt.possible()).empty();
  });
  return endings;
}

/// What of the plainest things can be ruled out, where no ending's own sentence holds for all that
/// the words can mean.
std::string excluded_by(EventSet possible) {
  std::vector<std::string_view> parts;
  const auto none_of = [&](EventSet events) { return (possible & events).empty(); };
  if (none_of(EventSet::of(Stage::Syn))) parts.emplace_back("nobody refused the connection");
  if (none_of(EventSet::of(Mechanism::Rst))) parts.emplace_back("no reset ended it first");
  if (none_of(EventSet::of(Mechanism::Silence))) parts.emplace_back("it was not silence");
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == parts.size() ? ", and " : ", ", parts[i]);
  if (!text.empty()) text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text.empty() ? text : text + ".";
}

void say_excluded(const std::vector<PrintedEnding>& endings, PrintedAttempt& attempt) {
  bool said = false;
  for (const PrintedEnding ending : endings) {
    if (!within(attempt.possible(), possible_of(ending))) continue;
    said = true;
    if (!ending_row(ending).not_.empty()) attempt.excludes.emplace_back(ending_row(ending).not_);
  }
  if (said) return;
  if (std::string text = excluded_by(attempt.possible()); !text.empty())
    attempt.excludes.push_back(std::move(text));
}

void say_alert(PrintedAttempt& attempt) {
  for (const FoundText& text : attempt.texts) {
    if (!text.alert) continue;
    const std::string_view cause = tls::usual_cause({2, *text.alert});
    attempt.means.push_back(fmt::format("The alert is {} ({}).{}{}", tls::name({2, *text.alert}),
                                        *text.alert, cause.empty() ? "" : " Usual cause: ", cause));
    return;
  }
}

std::string scheme_of(const PrintedAttempt& attempt) {
  if (!attempt.protocol.empty() && find_prelude(attempt.protocol) != nullptr)
    return attempt.protocol;
  switch (attempt.port) {
    case 21:
      return "ftp";
    case 25:
    case 587:
      return "smtp";
    case 110:
      return "pop3";
    case 143:
      return "imap";
    case 389:
      return "ldap";
    case 3306:
      return "mysql";
    case 4190:
      return "sieve";
    case 5222:
      return "xmpp";
    case 5432:
      return "postgres";
    default:
      return {};
  }
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  if (const std::size_t at = text.find(what); at != std::string::npos)
    text.replace(at, what.size(), with);
}

/// A command that can be pasted: a name of the text is used only where it is a plain one.
std::string fill_in(std::string_view command, const PrintedAttempt& attempt) {
  std::string text(command);
  const std::string& host = attempt.host.empty() ? attempt.name : attempt.host;
  const bool plain = is_plain_host(host);
  const std::string scheme = scheme_of(attempt);
  std::string target = plain ? host : std::string("HOST");
  if (attempt.port != 0)
    target += fmt::format(":{}", attempt.port);
  else if (!plain)
    target += ":PORT";
  if (text.find("<starttls>") != std::string::npos && scheme.empty())
    return "whohungup diagnose " + target;
  replace(text, "<starttls>", scheme);
  replace(text, "<target>", target);
  replace(text, "<host>", plain ? host : "HOST");
  return text;
}

/// Whether nothing tells that a client printed this.
bool could_be_a_servers(const PrintedAttempt& attempt) {
  const auto unsaid = [](const FoundText& text) { return text.unsaid; };
  return !attempt.counts && !attempt.connected && attempt.options.empty() &&
         std::all_of(attempt.texts.begin(), attempt.texts.end(), unsaid);
}

void conclude(PrintedAttempt& attempt) {
  attempt.known = true;
  if (attempt.texts.empty()) {
    conclude_from_little(attempt);
    hold_to_landmarks(attempt);
    weigh_counts(attempt);
    weigh_the_missing_starttls(attempt);
    attempt.next = fill_in("whohungup diagnose <target>", attempt);
    return;
  }
  attempt.at_server = std::any_of(attempt.texts.begin(), attempt.texts.end(),
                                  [](const FoundText& text) { return text.logged; });
  settle_endings(attempt);
  conclude_events(attempt);
  hold_to_landmarks(attempt);
  const std::vector<PrintedEnding> endings = endings_of(attempt);
  for (const PrintedEnding ending : endings) attempt.means.emplace_back(ending_row(ending).means);
  say_excluded(endings, attempt);
  say_alert(attempt);
  weigh_counts(attempt);
  weigh_the_missing_starttls(attempt);
  if (could_be_a_servers(attempt))
    attempt.excludes.emplace_back(
        "All this holds for a client's words. Where a server printed them, they tell of its client "
        "instead: give the whole line of its log.");
  attempt.next = fill_in(ending_row(endings.front()).next, attempt);
  if (attempt.starttls && attempt.next.starts_with("whohungup diagnose ") &&
      !scheme_of(attempt).empty())
    replace(attempt.next, "diagnose ", "diagnose " + scheme_of(attempt) + "://");
}

bool says_something(const std::vector<PrintedAttempt>& attempts) {
  return std::any_of(attempts.begin(), attempts.end(), [](const PrintedAttempt& attempt) {
    return !attempt.texts.empty() || attempt.counts || attempt.connected || attempt.starttls;
  });
}

/// A host and port of a text that says nothing else: of the run that names them, else the first
/// word that looks like "imap.example.org:993".
PrintedAttempt target_of(const std::vector<PrintedAttempt>& attempts, std::string_view text) {
  if (!attempts.empty()) return attempts.back();
  PrintedAttempt target;
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', colon + 1)) {
    constexpr std::string_view kEnds = " \t\n\"'`()[]{},;<>=/";
    const std::size_t begin = text.find_last_of(kEnds, colon) + 1;
    const std::string_view host = text.substr(begin, colon - begin);
    std::size_t end = colon + 1;
    unsigned port = 0;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9' && port <= 65535)
      port = port * 10 + static_cast<unsigned>(text[end++] - '0');
    const bool name =
        is_plain_host(host) && host.find('.') != std::string_view::npos && !host.ends_with('.');
    if (!name || port == 0 || port > 65535) continue;
    target.host = host;
    target.port = static_cast<std::uint16_t>(port);
    break;
  }
  return target;
}

}  // namespace

bool keep_only(PrintedAttempt& attempt, EventSet allowed) {
  if ((attempt.possible() & allowed).empty()) return false;
  attempt.usual = attempt.usual & allowed;
  attempt.rare = attempt.rare & allowed;
  if (attempt.usual.empty()) std::swap(attempt.usual, attempt.rare);
  return true;
}

bool Explanation::known() const {
  return std::any_of(attempts.begin(), attempts.end(),
                     [](const PrintedAttempt& attempt) { return attempt.known; });
}

Explanation explain(std::string_view text) {
  Explanation explanation;
  explanation.bytes = text.size();
  explanation.cut = text.size() > kMostText;
  const std::string plain = cleaned(text.substr(0, kMostText));
  explanation.attempts = scan(plain);
  if (!says_something(explanation.attempts)) {
    // A mail program may have broken the one line that tells.
    std::string joined = plain;
    std::replace(joined.begin(), joined.end(), '\n', ' ');
    if (auto attempts = scan(joined); says_something(attempts)) explanation.attempts = attempts;
  }
  if (!says_something(explanation.attempts)) {
    explanation.nearest = nearest_texts(plain);
    explanation.next =
        fill_in("whohungup diagnose <target>", target_of(explanation.attempts, plain));
    explanation.attempts.clear();
    return explanation;
  }
  infer_dialogues(explanation.attempts);
  for (PrintedAttempt& attempt : explanation.attempts) conclude(attempt);
  explanation.together = compare_counts(explanation.attempts);
  return explanation;
}

std::vector<Foretelling> foretold_for(std::string_view event) {
  std::vector<Foretelling> list;
  for (const ClientText& text : client_texts()) {
    const std::vector<std::string> events = names(ending_row(text.ending).usual);
    if (text.proof == Proof::Foretold &&
        std::find(events.begin(), events.end(), event) != events.end())
      list.push_back({text.ending, &text});
  }
  return list;
}

bool is_plain_host(std::string_view host) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  };
  return !host.empty() && host.size() <= kLongestName && host.front() != '-' &&
         host.front() != '.' && std::all_of(host.begin(), host.end(), plain);
}

}  // namespace whohungup
