// What every subcommand looks like to main(): it adds itself to the program and, when it is
// chosen, says what to run.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace whohungup {

/// The exit statuses of CONTRACT: what a script can rely on.
enum class Exit : int {
  Completed = 0,       // every handshake judged was completed
  HungUp = 1,          // at least one was hung up on
  Usage = 2,           // the command line makes no sense
  CannotRead = 3,      // an input could not be read, or a privilege is missing
  NothingToJudge = 4,  // no TLS flow was found
};

/// The command line makes no sense; the message says why and what would.
struct UsageError : std::runtime_error {
  using runtime_error::runtime_error;
};

/// What the chosen subcommand does, once the command line has been understood.
using Chosen = std::function<Exit()>;
/// The words after "--": a BPF filter where a subcommand takes one.
using TrailingWords = std::vector<std::string>;
/// The same as one text.
std::string joined_words(const TrailingWords&);

void add_read(CLI::App& program, const TrailingWords&, Chosen&);
void add_compare(CLI::App& program, const TrailingWords&, Chosen&);
void add_probe(CLI::App& program, const TrailingWords&, Chosen&);
void add_diagnose(CLI::App& program, const TrailingWords&, Chosen&);
void add_explain(CLI::App& program, const TrailingWords&, Chosen&);
void add_rules(CLI::App& program, const TrailingWords&, Chosen&);
void add_verify(CLI::App& program, const TrailingWords&, Chosen&);

/// What --version prints: our version and those of the libraries in use.
std::string version_text();

}  // namespace whohungup
