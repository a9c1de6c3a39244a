// `whohungup explain`: what an error text, a pasted transcript or one of our own ids means.

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "analyze/signature_names.h"
#include "analyze/verdict.h"
#include "capture/source.h"
#include "cli/command.h"
#include "cli/explain_report.h"
#include "cli/output.h"
#include "cli/report/json_writer.h"
#include "cli/report/words.h"
#include "cli/rules.h"
#include "cli/shared_options.h"

namespace whohungup {
namespace {

constexpr const char* kFooter =
    R"(TEXT is what a client printed or a server logged (openssl s_client, curl, GnuTLS, Go, Java, Node,
Python, .NET, Firefox, Chrome, Dovecot, Postfix, nginx, Apache, HAProxy …, in English), a whole
transcript, or an id of ours: a verdict's code or a part of it, a fact, a rule, a sign, a cause, a
published signature of tampering ("PSH+ACK -> RST"), whatever `whohungup rules` lists. Words are
joined; "-", or no text and a pipe, reads standard input. Nothing is sent anywhere.

Examples:
  whohungup explain "curl: (35) Recv failure: Connection reset by peer"
  openssl s_client -connect imap.example.org:993 </dev/null 2>&1 | whohungup explain
  whohungup explain server.fin.client_hello
  whohungup explain --sizes

Exit status: 0 it is known, 2 usage, 3 the file cannot be read, 4 nothing in it is known.)";

struct Given {
  std::vector<std::string> words;
  std::string file, colour{"auto"};
  bool json{}, sizes{};
};

std::string read_all(const std::string& name) {
  const bool piped = name == "-";
  std::FILE* file = piped ? stdin : std::fopen(name.c_str(), "rb");
  const auto complain = [&] {
    throw CaptureError(
        fmt::format("cannot read {}: {}", piped ? "standard input" : name, std::strerror(errno)));
  };
  if (file == nullptr) complain();
  std::string text;
  char buffer[65536];
  std::size_t got = 0;
  // One byte more than is looked at shows that there was more.
  while (text.size() <= kMostText && (got = std::fread(buffer, 1, sizeof buffer, file)) > 0)
    text.append(buffer, got);
  const bool failed = std::ferror(file) != 0;
  if (failed) complain();
  if (!piped) std::fclose(file);
  return text;
}

std::string text_of(const Given& given) {
  if (!given.file.empty()) {
    if (!given.words.empty()) throw UsageError("give a text or --file, not both");
    return read_all(given.file);
  }
  if (given.words == std::vector<std::string>{"-"} || (given.words.empty() && !is_terminal(0)))
    return read_all("-");
  std::string text;
  for (const std::string& word : given.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

template <class Word>
bool takes(std::string_view& rest, Word last, Word& taken) {
  const std::string_view word = rest.substr(0, rest.find('.'));
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (to_string(static_cast<Word>(i)) != word) continue;
    taken = static_cast<Word>(i);
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    return true;
  }
  return false;
}

/// The codes that "server.fin.client_hello", "fin", "server.rst" … stand for; none if it is no
/// code.
CodePattern codes_of(const std::string& given) {
  CodePattern pattern{given, {}, {}};
  std::string_view rest = given;
  Actor actor{};
  Mechanism mechanism{};
  Stage stage{};
  const bool with_actor = takes(rest, Actor::Nobody, actor);
  const bool with_mechanism = takes(rest, Mechanism::None, mechanism);
  const bool with_stage = takes(rest, Stage::Established, stage);
  if (!rest.empty() || given.ends_with('.') || !(with_actor || with_mechanism || with_stage))
    return pattern;
  EventSet events = all_events();
  if (with_mechanism) events = events & EventSet::of(mechanism);
  if (with_stage) events = events & EventSet::of(stage);
  for (const std::string& event : names(events))
    for (int a = 0; a <= static_cast<int>(Actor::Nobody); ++a) {
      const auto who = static_cast<Actor>(a);
      const bool completed = event.starts_with("none.");
      if ((with_actor && who != actor) || completed != (who == Actor::Nobody)) continue;
      pattern.codes.push_back(fmt::format("{}.{}", to_string(who), event));
    }
  pattern.events = events;
  return pattern;
}

bool looks_like_id(const std::string& text) {
  constexpr std::size_t kLongest = 64;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= kLongest && std::all_of(text.begin(), text.end(), fits);
}

/// What is known by that id; empty if nothing is.
std::string id_text(const std::string& text, bool as_json) {
  std::string id = text.substr(0, text.find_last_not_of(" \r\n\t") + 1);
  if (!looks_like_id(id) && tampering_named(id) == nullptr) return {};
  if (const CodePattern pattern = codes_of(id); !pattern.codes.empty())
    return as_json ? code_json(pattern) : code_text(pattern);
  return about_id(id, as_json).value_or("");
}

Exit explain_given(const Given& given) {
  Output out(false);
  const auto tell = [&](const std::string& text) {
    out.write(text);
    out.flush();
  };
  if (given.sizes) {
    tell(given.json ? sizes_json() : sizes_text());
    return Exit::Completed;
  }
  const std::string text = text_of(given);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw UsageError("there is no text to explain: give one, or pipe a transcript in");
  if (const std::string known = id_text(text, given.json); !known.empty()) {
    tell(known);
    return Exit::Completed;
  }
  const Explanation explanation = explain(text);
  tell(given.json ? explanation_json(explanation)
                  : explanation_text(explanation, Style(colour_wanted(given.colour))));
  return explanation.known() ? Exit::Completed : Exit::NothingToJudge;
}

}  // namespace

void add_explain(CLI::App& program, const TrailingWords& trailing, Chosen& chosen) {
  const auto given = std::make_shared<Given>();
  CLI::App* command = program.add_subcommand(
      "explain", "Turn an error text, a transcript or a verdict code into wire events");
  command->add_option("TEXT", given->words, "The text; \"-\" reads standard input");
  command->add_option("--file", given->file, "Read the text from a file (\"-\": standard input)");
  command->add_flag("--sizes", given->sizes, "Print the table of hello sizes and stop");
  command->add_flag("--json", given->json, "NDJSON: one object");
  add_colour(*command, given->colour);
  command->footer(kFooter);
  command->callback([given, trailing, &chosen] {
    given->words.insert(given->words.end(), trailing.begin(), trailing.end());
    chosen = [given] { return explain_given(*given); };
  });
}

}  // namespace whohungup
