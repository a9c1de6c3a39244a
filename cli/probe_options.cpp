// The command line of `whohungup probe`.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "cli/hello_options.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/probe.h"
#include "cli/probe_hello.h"
#include "cli/shared_options.h"

namespace whohungup {
namespace {

constexpr const char* kFooter =
    R"(TARGET: host, host:port, [v6]:port, or a URL: https imaps pop3s smtps ldaps ftps xmpps (TLS at
once), imap pop3 smtp lmtp ldap ftp xmpp sieve nntp postgres mysql (STARTTLS first).

Proofs on the spot, unless --passive: the probe's socket does not hear resets (a packet filter set
before the connection) and goes on; after a reset the kernel asks with keep-alives whether the
server is still there. A server that signs the handshake and still answers what was said after a
reset did not send it. A box that resets both sides defeats this, and the report says so.

Capturing needs CAP_NET_RAW, and on recent kernels ignoring resets needs CAP_NET_ADMIN. Once:
  sudo setcap cap_net_raw,cap_net_admin+ep $(command -v whohungup)
Both are given up before the first packet is looked at. Without them the probe runs and proves less.

Examples:
  whohungup probe imaps://mail.example.org
  whohungup probe www.example.org --sni other.example.org --hello-size 600
  whohungup probe 192.0.2.7:443 --hello their.pcap:4 --fresh-random
  whohungup probe smtp://mail.example.org --count 5 --interval 3 -w five.pcapng

Exit status: 0 every handshake was completed (or answered, where the probe then left on purpose:
--hello-only, or a hello OpenSSL cannot finish), 1 at least one was hung up on or did not come to
TLS, 2 usage, 3 an address, a route, a file or a privilege is missing, 4 nothing to judge.)";

/// The words of the command line before they are understood.
struct Given {
  ProbeAsk ask;
  HelloWords hello;
  std::string colour{"auto"};
  unsigned pause_ms{250};
};

void understand(Given& given) {
  ProbeAsk& ask = given.ask;
  understand_hello(given.hello, ask);
  ask.pause = std::chrono::milliseconds(given.pause_ms);
  ask.colour = colour_wanted(given.colour);
  check_starttls(ask);
  if (ask.targets.empty())
    throw UsageError("probe: which target? Name a host, host:port or a URL like imaps://host");
}

void add_hello_options(CLI::App& app, Given& given) {
  ProbeAsk& ask = given.ask;
  add_hello_words(app, given.hello, ask);
  add_whole_hello(app, ask);
  app.add_option("--pause", given.pause_ms, "Between the pieces of --split, in ms (default 250)")
      ->type_name("MS")
      ->check(CLI::Range(0, 60000));
  app.add_flag("--print-hello", ask.print_hello, "Show the ClientHello and send nothing");
}

void add_connection_options(CLI::App& app, Given& given) {
  ProbeAsk& ask = given.ask;
  add_way(app, ask);
  app.add_option("-c,--count", ask.count, "So many times each address")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  app.add_option("--interval", ask.interval_s, "Seconds between connections (default 1)")
      ->type_name("S")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--timeout", ask.timeout_s,
                 "Seconds to wait for each answer (default 8; below 3.1 nothing is called silence)")
      ->type_name("S")
      ->check(CLI::Range(3.1, 600.0));
  app.add_flag("--hello-only", ask.hello_only, "Stop at the first answer to the hello");
  app.add_flag(
      "--passive", ask.passive,
      "No proofs of its own: a reset ends it, and after that nothing is sent, no keep-alive "
      "either. What is left is what every client sends: TCP's handshake, the dialogue, the "
      "hello and, unless --hello-only, the rest of TLS and its good-bye");
  app.add_flag("--dry-run", ask.dry_run, "Print what would be done, and send nothing");
}

void add_telling_options(CLI::App& app, Given& given) {
  ProbeAsk& ask = given.ask;
  app.add_option("-w", ask.write, "Write the packets as pcapng, with the session's secrets")
      ->type_name("FILE");
  add_bundle(app, ask, "Write an evidence bundle: packets, report and checksums");
  app.add_flag("--json", ask.json, "NDJSON: a flow object and a probe object for each connection");
  app.add_flag("-n", ask.numeric, "Addresses instead of names");
  app.add_flag("-v", ask.verbose, "The full story of each connection, and what was given up");
  app.add_flag("-q", ask.quiet, "Nothing on standard error but errors");
  add_colour(app, given.colour);
}

}  // namespace

void add_probe(CLI::App& program, const TrailingWords& trailing, Chosen& chosen) {
  const auto given = std::make_shared<Given>();
  CLI::App* app =
      program.add_subcommand("probe", "Connect, send one ClientHello, and judge who hung up on it");
  app->footer(kFooter);
  app->add_option("TARGET", given->ask.targets, "host, host:port, [v6]:port or a URL");
  add_hello_options(*app, *given);
  add_connection_options(*app, *given);
  add_telling_options(*app, *given);
  app->callback([given, &trailing, &chosen] {
    if (!trailing.empty()) throw UsageError("probe takes no filter: it captures its own packets");
    understand(*given);
    chosen = [given] {
      watch_for_interrupt();
      return probe(given->ask);
    };
  });
}

}  // namespace whohungup
