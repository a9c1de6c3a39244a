// Understands the command line, runs the subcommand, and turns what went wrong into a sentence
// and an exit status: the only catch in the program.

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

#include "capture/source.h"
#include "cli/command.h"

namespace whohungup {
namespace {

int status(Exit exit) { return static_cast<int>(exit); }

/// Says what is wrong with the command line and where help is.
Exit refuse(const char* what) {
  fmt::print(stderr, "whohungup: {}\nTry `whohungup --help`.\n", what);
  return Exit::Usage;
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

int main(int argc, char** argv) {
  using namespace whohungup;
  // A reader that goes away (`| head`) ends us quietly, even where a parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  CLI::App program{"Who hung up this TLS handshake, and what is the proof?", "whohungup"};
  try {
    std::vector<std::string> words(argv + 1, argv + argc);
    const TrailingWords trailing = take_trailing(words);
    program.set_version_flag("-V,--version", version_text());
    program.require_subcommand(1);
    Chosen chosen;
    add_read(program, trailing, chosen);
    add_probe(program, trailing, chosen);
    add_rules(program, trailing, chosen);
    add_verify(program, trailing, chosen);
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
    fmt::print(stderr, "whohungup: {}\n", error.what());
    return status(Exit::CannotRead);
  }
}
