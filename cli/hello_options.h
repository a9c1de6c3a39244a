// The options that say what a ClientHello is to be, for every subcommand that sends one.
#pragma once

#include <string>

#include "cli/probe.h"

namespace CLI {
class App;
}

namespace whohungup {

/// Their words, before they are understood.
struct HelloWords {
  std::string profile, tls, ciphers, groups, alpn;
};

/// Adds --hello-size, --sni, --alpn, --tls, --ciphers, --groups and --profile.
void add_hello_words(CLI::App&, HelloWords&, ProbeAsk&);

/// Adds --hello, which excludes the options above, --fresh-random, --force, --split and
/// --record-split. Behind add_hello_words.
void add_whole_hello(CLI::App&, ProbeAsk&);

/// Puts what they mean into the ask, and with what has been read by then, how to ask so again.
/// Throws UsageError.
void understand_hello(const HelloWords&, ProbeAsk&);

}  // namespace whohungup
