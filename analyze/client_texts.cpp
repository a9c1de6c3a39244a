// The table, put together of its parts, a header each. Rows marked `Foretold` were measured
// (diagnosis.md §7.1) and are held to what clients print in the lab, those marked `Measured` were
// measured against a server that ended in every way, on Debian 12 in November 2026: OpenSSL 3.0.22,
// curl 7.88.1, git 2.39.5, wget 1.21.3, GnuTLS 3.7.9, NSS 3.87, Python 3.11.2, Node 20.20.2, Go
// 1.19.8, OpenJDK 17.0.15, PHP 8.2, Ruby 3.1, psql 15.18, MariaDB 10.11, OpenLDAP 2.5.13, socat
// 1.7.4, Chromium 156, nginx 1.22.1, HAProxy 2.6.12, Apache 2.4, Dovecot 2.3.19, Postfix 3.7.11,
// stunnel 5.68, PostgreSQL 15.18, slapd 2.5.13. The others are known from the programs'
// documentation and from users' reports.
#include "analyze/client_texts.h"

#include <algorithm>
#include <array>

#include "analyze/client_texts_connecting.h"
#include "analyze/client_texts_ended.h"
#include "analyze/client_texts_logs.h"
#include "analyze/client_texts_mail.h"
#include "analyze/client_texts_tls.h"

namespace whohungup {
namespace {

using enum Program;

// Of two texts found in the same place the longer one counts.
constexpr auto kTexts = [] {
  constexpr std::size_t kCount = kTextsOfConnecting.size() + kTextsOfEnds.size() +
                                 kTextsOfTls.size() + kTextsOfMail.size() + kTextsOfLogs.size();
  std::array<ClientText, kCount> all{};
  auto* at = all.begin();
  const auto add = [&](const auto& part) { at = std::copy(part.begin(), part.end(), at); };
  add(kTextsOfConnecting);
  add(kTextsOfEnds);
  add(kTextsOfTls);
  add(kTextsOfMail);
  add(kTextsOfLogs);
  return all;
}();

constexpr std::array<std::string_view, 19> kPrograms{
    "OpenSSL", "curl",    "Python",      "Go",
    "Java",    "Node",    "GnuTLS",      ".NET",
    "Firefox", "Chrome",  "any program", "Dovecot",
    "Postfix", "nginx",   "HAProxy",     "Go's HTTP server",
    "Apache",  "stunnel", "PostgreSQL"};

constexpr std::size_t place_of(Program program, PrintedEnding ending) {
  return static_cast<std::size_t>(program) * kNumEndings + static_cast<std::size_t>(ending);
}

constexpr std::string_view kOr = " or ";

constexpr std::size_t kForetoldLength = [] {
  std::size_t length = 0;
  for (const ClientText& text : kTexts)
    if (text.proof == Proof::Foretold) length += text.prints.size() + kOr.size();
  return length;
}();

/// What is foretold for each program and ending, put together when this is compiled: every flow
/// that was hung up on asks for six of them.
struct Foretellings {
  struct Place {
    std::size_t begin{}, size{};
  };
  std::array<Place, kPrograms.size() * kNumEndings> places{};
  std::array<char, kForetoldLength> text{};
};

constexpr Foretellings kForetellings = [] {
  Foretellings all;
  std::size_t end = 0;
  const auto append = [&](std::string_view text) {
    for (const char c : text) all.text[end++] = c;
  };
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    auto& [begin, size] = all.places[place_of(kTexts[i].program, kTexts[i].ending)];
    if (kTexts[i].proof != Proof::Foretold || size > 0) continue;
    begin = end;
    for (std::size_t j = i; j < kTexts.size(); ++j) {
      const ClientText& text = kTexts[j];
      if (text.proof != Proof::Foretold || text.program != kTexts[i].program ||
          text.ending != kTexts[i].ending)
        continue;
      if (end > begin) append(kOr);
      append(text.prints);
    }
    size = end - begin;
  }
  return all;
}();

}  // namespace

std::string_view to_string(Program program) { return kPrograms[static_cast<std::size_t>(program)]; }

bool can_serve(Program program) {
  return program != Curl && program != Firefox && program != Chrome;
}

std::span<const ClientText> client_texts() { return kTexts; }

std::string_view foretold(Program program, PrintedEnding ending) {
  const Foretellings::Place& place = kForetellings.places[place_of(program, ending)];
  return {kForetellings.text.data() + place.begin, place.size};
}

}  // namespace whohungup
