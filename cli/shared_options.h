// Options that several subcommands have, with one wording each.
#pragma once

#include <cstdint>
#include <string>

#include "cli/probe.h"

namespace CLI {
class App;
}

namespace whohungup {

/// A check for options that name something to be written: what is wrong with the name, or nothing.
std::string named(const std::string& name);

/// Adds --color, whose word `colour_wanted` understands.
void add_colour(CLI::App&, std::string& when);

/// Adds --starttls, -i, --source, --resolve, -4, -6 and --no-capture: over which way a subcommand
/// that connects does so. `check_starttls` is for afterwards.
void add_way(CLI::App&, ProbeAsk&);

/// Throws UsageError if --starttls names a protocol without a dialogue.
void check_starttls(const ProbeAsk&);

/// Adds --memory SIZE, described by `what`: bytes, or with K, M or G (of 1024) behind.
void add_memory(CLI::App&, std::uint64_t& bytes, std::uint64_t least, const std::string& what);

/// Adds -o, described by `what`, and --sign and --anonymize, that ask for it.
void add_bundle(CLI::App&, ProbeAsk&, const std::string& what);

}  // namespace whohungup
