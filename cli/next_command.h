// Commands that are printed for people to paste: subcommands of ours, for the same target and with
// the options that were given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/probe.h"

namespace whohungup {

struct HelloWords;  // cli/hello_options.h

/// The options that `probe`, `diagnose` and `trace` have in common, as they were given, but for
/// --resolve: each preceded by a blank, each word fit for a shell.
std::string options_again(const HelloWords&, const ProbeAsk&);

/// "whohungup trace imaps://mail.example.org --sni x". `address`: of a target's several, the one it
/// is about; empty: all that were asked for. A hello from a file goes along where the subcommand
/// takes one.
std::string next_command(std::string_view subcommand, const ProbeAsk&, const std::string& target,
                         const std::string& address = {});

/// The steps that follow from a probe's packets, with commands that repeat what was asked for
/// instead of what a capture alone can know.
std::vector<std::string> with_next_commands(std::vector<std::string> steps, const ProbeAsk&,
                                            const std::string& target, const std::string& address);

}  // namespace whohungup
