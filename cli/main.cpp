// Understands the command line, runs the subcommand, and turns what went wrong into a sentence
// and an exit status: the only catch in the program.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numeric>
#include <string_view>
#include <system_error>

#include "capture/source.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/report/escape.h"
#include "cli/trace.h"

namespace whohungup {
namespace {

int status(Exit exit) { return static_cast<int>(exit); }

/// Says what is wrong with the command line and where help is. Words of the command line stand in
/// it: they may hold what a terminal obeys.
Exit refuse(std::string_view what) {
  fmt::print(stderr, "whohungup: {}\nTry `whohungup --help`.\n", harmless(what));
  return Exit::Usage;
}

/// How many letters have to be put in, left out or exchanged to make `b` of `a` (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchanged = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

/// Refuses a first word that is no subcommand, and says which was meant.
void check_subcommand(const CLI::App& program, const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const CLI::App* known : program.get_subcommands({})) names.push_back(known->get_name());
  const std::string all = fmt::format("{}", fmt::join(names, ", "));
  if (words.empty()) throw UsageError("which subcommand? There are " + all);
  const std::string& word = words.front();
  if (word.empty() || word.front() == '-' || std::count(names.begin(), names.end(), word) > 0)
    return;
  const auto closer = [&](const std::string& a, const std::string& b) {
    return distance(word, a) < distance(word, b);
  };
  const std::string& closest = *std::min_element(names.begin(), names.end(), closer);
  std::error_code ignored;
  const bool meant = distance(word, closest) <= 2;
  const bool is_file = std::filesystem::exists(word, ignored);
  throw UsageError(
      fmt::format("there is no subcommand \"{}\"; {}", word,
                  meant     ? fmt::format("did you mean \"{}\"?", closest)
                  : is_file ? fmt::format("did you mean `whohungup read {}`?", shell_word(word))
                            : "there are " + all));
}

/// Takes "--" and what follows it out of the words: a filter, where CLI11 would see more files.
TrailingWords take_trailing(std::vector<std::string>& words) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  TrailingWords trailing(dashes == words.end() ? dashes : dashes + 1, words.end());
  words.erase(dashes, words.end());
  return trailing;
}

}  // namespace
}  // namespace whohungup

// What is thrown while a message is printed ends the program: there is nobody left to tell.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  using namespace whohungup;
  // A reader that goes away (`| head`) ends us quietly, even where a parent ignores the signal.
  static_cast<void>(std::signal(SIGPIPE, SIG_DFL));
  hold_standard_descriptors();
  CLI::App program{"Who hung up this TLS handshake, and what is the proof?", "whohungup"};
  try {
    std::vector<std::string> words(argv + 1, argv + argc);
    const TrailingWords trailing = take_trailing(words);
    program.set_version_flag("-V,--version", version_text());
    program.require_subcommand(1);
    Chosen chosen;
    add_read(program, trailing, chosen);
    add_probe(program, trailing, chosen);
    add_diagnose(program, trailing, chosen);
    add_trace(program, trailing, chosen);
    add_compare(program, trailing, chosen);
    add_explain(program, trailing, chosen);
    add_rules(program, trailing, chosen);
    add_verify(program, trailing, chosen);
    check_subcommand(program, words);
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    program.parse(std::move(words));
    return status(chosen());
  } catch (const CLI::Success& help_or_version) {
    return program.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return status(refuse(error.what()));
  } catch (const UsageError& error) {
    return status(refuse(error.what()));
  } catch (const std::exception& error) {  // CaptureError, or no memory left
    fmt::print(stderr, "whohungup: {}\n", harmless(error.what()));
    return status(Exit::CannotRead);
  }
}
