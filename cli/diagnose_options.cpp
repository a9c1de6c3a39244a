// The command line of `whohungup diagnose`.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "cli/diagnose.h"
#include "cli/hello_options.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/shared_options.h"

namespace whohungup {
namespace {

constexpr const char* kFooter =
    R"(Makes up to some fifty connections one after the other, each changing one thing of the hello that
fails: no name, another name, other versions, sizes, splits, HTTP instead of TLS. What differs from
the failure tells why. Every connection is captured and judged as `probe` does it.

Politely: one connection at a time, a pause between them, in random order, within --budget, and it
stops as soon as the answer is clear or connections that worked at first stop working.

Options of the hello mean what they mean to `probe`: with those of the client that fails, its own
hello is what is diagnosed.

Capturing needs CAP_NET_RAW, ignoring resets CAP_NET_ADMIN; see `whohungup probe --help`. Without
them it runs all the same and proves less.

Examples:
  whohungup diagnose imaps://mail.example.org
  whohungup diagnose www.example.org --other-name static.example.org -o evidence
  whohungup diagnose 192.0.2.7:443 --sni www.example.org --tls 1.2 --ciphers 0xc02b
  whohungup diagnose smtp://mail.example.org --dry-run

Exit status: 0 the hello was answered and the handshake finished every time, 1 it was not, or connections
stopped coming about, 2 usage, 3 an address, a route, a file or a privilege is missing, 4 nothing was tried.)";

/// Without a budget of its own --thorough may take this long.
constexpr double kThoroughBudget_s = 600;

struct Given {
  DiagnoseAsk ask;
  HelloWords hello;
  std::string target, colour{"auto"};
  double budget_s{};
};

void understand(Given& given) {
  ProbeAsk& probe = given.ask.probe;
  if (given.target.empty())
    throw UsageError("diagnose: which target? Name a host, host:port or a URL like imaps://host");
  probe.targets = {given.target};
  understand_hello(given.hello, probe);
  check_starttls(probe);
  if (given.ask.thorough) given.ask.budget_s = kThoroughBudget_s;
  if (given.budget_s > 0) given.ask.budget_s = given.budget_s;
  probe.colour = colour_wanted(given.colour);
}

void add_connection_options(CLI::App& app, ProbeAsk& ask) {
  add_way(app, ask);
  ask.timeout_s = 4;
  app.add_option("--timeout", ask.timeout_s,
                 "Seconds to wait for each answer (default 4; below 3.1 nothing is called silence)")
      ->type_name("S")
      ->check(CLI::Range(3.1, 600.0));
}

void add_matrix_options(CLI::App& app, Given& given) {
  DiagnoseAsk& ask = given.ask;
  app.add_option("--other-name", ask.other_name, "Another name that the server is known to serve")
      ->type_name("NAME");
  app.add_option("--budget", given.budget_s, "Seconds for all probes together (default 110)")
      ->type_name("S")
      ->check(CLI::Range(5.0, 86400.0));
  app.add_option("--pause", ask.pause_s, "Seconds between probes (default 1)")
      ->type_name("S")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--banner-wait", ask.banner_wait_s,
                 "Seconds a connection is listened to without a word (default 2.5)")
      ->type_name("S")
      ->check(CLI::Range(0.2, 600.0));
  app.add_option("--seed", ask.seed, "Of the random order, to repeat one")->type_name("N");
  app.add_flag("--thorough", ask.thorough,
               "More tries of each probe, so that rarer differences show (up to ten minutes)");
  app.add_flag(
      "--without-timestamps", ask.without_timestamps,
      "Try without TCP timestamps, too. Not by default, because Linux has no switch for one "
      "connection or one route: as root, switches them off for new connections of "
      "this machine (or network namespace) while such a probe runs");
  app.add_flag("--dry-run", ask.probe.dry_run, "Print what would be tried, and send nothing");
}

void add_telling_options(CLI::App& app, Given& given) {
  ProbeAsk& ask = given.ask.probe;
  add_bundle(app, ask, "Write an evidence bundle with the packets of all probes");
  app.add_option("-w", ask.write, "Write the packets as pcapng, with the sessions' secrets")
      ->type_name("FILE");
  app.add_flag("--json", ask.json, "NDJSON: a trial object a probe, then one diagnosis object");
  app.add_flag("-v", given.ask.show_refuted, "All causes, the refuted ones with what refutes them");
  app.add_flag("-q", ask.quiet, "Nothing on standard error but errors");
  add_colour(app, given.colour);
}

}  // namespace

void add_diagnose(CLI::App& program, const TrailingWords& trailing, Chosen& chosen) {
  const auto given = std::make_shared<Given>();
  CLI::App* app =
      program.add_subcommand("diagnose", "Try what tells the possible causes apart, and conclude");
  app->footer(kFooter);
  app->add_option("TARGET", given->target, "host, host:port, [v6]:port or a URL");
  add_hello_words(*app, given->hello, given->ask.probe);
  add_connection_options(*app, given->ask.probe);
  add_matrix_options(*app, *given);
  add_telling_options(*app, *given);
  app->callback([given, &trailing, &chosen] {
    if (!trailing.empty())
      throw UsageError("diagnose takes no filter: it captures its own packets");
    understand(*given);
    chosen = [given] {
      watch_for_interrupt();
      return diagnose_target(given->ask);
    };
  });
}

}  // namespace whohungup
